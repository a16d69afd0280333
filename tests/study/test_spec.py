"""A study file is validated, its protocol's defaults filled in, its mistakes named."""

import math

import pytest

from deepcme import DeepCMEError
from deepcme.study.spec import load_study, make_study
from deepcme.study.template import study_template
from tests.conftest import BINARY_EXAMPLE, BINARY_EXAMPLE_TOML

TRANSBIG = BINARY_EXAMPLE


def test_defaults_of_an_honest_study():
    study = make_study(TRANSBIG)
    assert study.protocol == "honest"
    assert study.split.by == "patient"
    assert (study.split.design, study.split.folds, study.split.repeats) == ("folds", 5, None)
    assert study.split.validation == 0.25
    assert study.preprocessing.fit_on == "train"
    assert study.preprocessing.tissue == "primary"
    assert [model.name for model in study.models] == [
        *(
            "Committee",
            "DeepCME",
            "DeepCME-ensemble",
            "LR",
            "SVC",
            "RF",
            "DT",
            "KNN",
            "LR-tuned",
        )
    ]


def test_the_paper_splits_by_sample_standardises_all_rows_and_neither_filters_nor_clips():
    study = make_study({**TRANSBIG, "protocol": "paper"})
    assert study.split.by == "sample"
    assert (study.split.design, study.split.repeats) == ("repeated", 10)
    assert study.split.fractions == (0.6, 0.2, 0.2)
    assert study.preprocessing.fit_on == "all"
    assert study.preprocessing.tissue == "all"
    assert study.preprocessing.min_prevalence == 0
    assert math.isinf(study.preprocessing.clip)
    names = [model.name for model in study.models]
    assert names[:7] == ["DeepCME", "LR", "SVC", "RF", "DT", "KNN", "DeepCME-128"]
    assert all(name.startswith("DeepCME without") for name in names[7:])


def test_each_design_has_settings_of_its_own():
    nested = make_study({**TRANSBIG, "split": {"design": "nested"}}).split
    assert nested.model_dump() == {
        "by": "patient", "strata": "auto", "design": "nested", "repeats": 2, "folds": 5,
    }  # fmt: skip
    left_out = make_study({**TRANSBIG, "split": {"design": "leave-one-cohort-out"}}).split
    assert left_out.model_dump() == {
        "by": "patient", "strata": "auto", "design": "leave-one-cohort-out", "repeats": 2,
        "validation": 0.25, "cohort_column": "cohort",
    }  # fmt: skip


def test_the_command_lines_design_keeps_the_files_other_settings(tmp_path):
    (tmp_path / "study.toml").write_text(f"{BINARY_EXAMPLE_TOML}[split]\nrepeats = 7\n")
    study = load_study(tmp_path / "study.toml", {"split": {"design": "nested"}})
    assert (study.split.design, study.split.repeats, study.split.folds) == ("nested", 7, 5)


@pytest.mark.parametrize("design", ["folds", "repeated", "nested", "leave-one-cohort-out"])
def test_a_study_of_any_design_reads_back_as_itself(design, tmp_path):
    study = make_study({**TRANSBIG, "split": {"design": design}})
    (tmp_path / "study.toml").write_text(study.to_toml())
    assert load_study(tmp_path / "study.toml") == study


def test_the_resolved_study_reads_back_as_itself(tmp_path):
    for protocol in ("honest", "paper"):
        study = make_study({**TRANSBIG, "protocol": protocol, "seed": 9})
        path = tmp_path / "study.toml"
        path.write_text(study.to_toml())
        assert load_study(path) == study


def test_a_cohort_path_is_taken_from_the_files_folder(tmp_path):
    (tmp_path / "study.toml").write_text('[cohort]\npath = "data/c.h5ad"\n')
    assert load_study(tmp_path / "study.toml").cohort.path == tmp_path / "data/c.h5ad"


def test_a_written_study_holds_wherever_it_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = make_study(
        {"cohort": {"path": "cohort.h5ad"}, "nulls": {"signatures": ["mine.txt"]}}
    )
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "study.toml").write_text(study.to_toml())
    again = load_study(tmp_path / "out" / "study.toml")
    assert again.cohort.path == tmp_path / "cohort.h5ad"
    assert again.nulls.signatures == (tmp_path / "mine.txt",)


def test_models_are_names_or_tables():
    study = make_study(
        {
            **TRANSBIG,
            "models": [
                "LR",
                {
                    "name": "DeepCME-128",
                    "estimator": "DeepCME",
                    "parameters": {"hidden_layers": [128, 128, 128], "batch_size": 64},
                },
            ],
        }
    )
    assert [model.estimator for model in study.models] == ["LR", "DeepCME"]


def test_the_template_of_init_is_a_valid_study_with_the_default_models(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(study_template("study.toml", None))
    assert load_study(path) == make_study({"cohort": {"example": "transbig"}})
    path.write_text(study_template("study.toml", 'C:\\data\\"my" cohort.h5ad'))
    assert load_study(path).cohort.path.name.endswith('"my" cohort.h5ad')


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"split": {"repeat": 3}}, "unknown setting split.repeat; did you mean repeats"),
        ({"protocl": "paper"}, "unknown setting protocl; did you mean protocol"),
        ({"grid": {"serch": "full"}}, "unknown setting grid.serch; did you mean search"),
        (
            {"models": [{"name": "LR", "parameter": {}}]},
            "unknown setting models.0.parameter; did you mean parameters",
        ),
        ({"protocol": "fair"}, "protocol: input should be 'honest' or 'paper', not 'fair'"),
        ({"split": {"repeats": 0}}, "split.repeats: .*greater than or equal to 1, not 0"),
        (
            {"split": {"design": "repeated", "train": 0.7}},
            "split: train, validation and test must sum to 1",
        ),
        (
            {"split": {"train": 0.5}},
            "unknown setting split.train; it belongs to design = repeated, not folds",
        ),
        (
            {"split": {"design": "repeated", "folds": 4}},
            "unknown setting split.folds; it belongs to design = folds or nested",
        ),
        (
            {"split": {"design": "nested", "train": 0.5}},
            "unknown setting split.train; it belongs to design = repeated, not nested",
        ),
        (
            {"split": {"design": "nested", "fold": 5}},
            "unknown setting split.fold; did you mean folds",
        ),
        ({"split": {"design": "nested", "folds": 2}}, "split.folds: .*equal to 3, not 2"),
        (
            {"split": {"design": "nests"}},
            "split: there is no design 'nests'; choose from folds, repeated, nested, leave",
        ),
        ({"split": {"design": ["nested"]}}, "split: there is no design"),
        (
            {"protocol": "paper", "split": {"design": "nested"}},
            "protocol paper splits as the publication did, not nested",
        ),
        (
            {"models": ["XGB"]},
            "there is no estimator 'XGB'; choose from DeepCME, DeepCME-ensemble, Committee, LR",
        ),
        ({"models": ["LR", "LR"]}, "two models have the same name"),
        ({"models": []}, "models: .*at least 1 item"),
        (
            {"models": [{"name": "LR", "parameters": {"c": 1}}]},
            "model LR: LR takes no parameter 'c'",
        ),
        ({"cohort": {}}, "give either a path or an example"),
        ({"cohort": {"example": "metabric"}}, "cohort.example: input should be 'transbig'"),
        ({"nulls": {"permutation": 9}}, "unknown setting nulls.permutation; did you mean"),
        ({"nulls": {"sizes": [0]}}, "nulls.sizes.0: .*greater than or equal to 1, not 0"),
        (
            {"nulls": {"signatures": ["a/x.txt", "b/x.txt"]}},
            "nulls: two signatures have the same name: x, x",
        ),
    ],
)
def test_mistakes_are_named(values, sentence):
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        make_study({**TRANSBIG, **values})
    assert "\n" not in str(caught.value)


def test_files_that_are_no_study_are_refused(tmp_path):
    path = tmp_path / "study.toml"
    with pytest.raises(DeepCMEError, match="there is no such file"):
        load_study(path)
    path.write_text("seed = = 1")
    with pytest.raises(DeepCMEError, match="not valid TOML"):
        load_study(path)
    path.write_text("seed = 1")
    with pytest.raises(DeepCMEError, match="names no cohort"):
        load_study(path)


def test_clinical_columns_bring_the_model_that_stands_for_the_genes():
    study = make_study({**TRANSBIG, "models": ["KNN"], "clinical": {"columns": ["age"]}})
    assert study.clinical.genes == "DeepCME-ensemble"
    assert [model.name for model in study.models] == ["KNN", "DeepCME-ensemble"]
    paper = make_study({**TRANSBIG, "protocol": "paper", "clinical": {"columns": ["age"]}})
    assert paper.models[-1].name == "DeepCME-ensemble"
    assert make_study(TRANSBIG).clinical is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"clinical": {"columns": []}}, "clinical.columns: .*at least 1 item"),
        ({"clinical": {"columns": ["age", "age"]}}, "clinical: a column is named twice"),
        (
            {"clinical": {"columns": ["age"], "gene": "LR-tuned"}},
            "unknown setting clinical.gene; did you mean genes",
        ),
        (
            {"clinical": {"columns": ["age"], "genes": "SVC"}},
            "clinical.genes: 'SVC' cannot stand for the genes; name a model of the study whose "
            "estimator is DeepCME-ensemble or Committee or LR-tuned",
        ),
        (
            {
                "clinical": {"columns": ["age"]},
                "models": [{"name": "clinical", "estimator": "LR"}],
            },
            "a model must not be called 'clinical'",
        ),
    ],
)
def test_mistakes_about_clinical_columns_are_named(values, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        make_study({**TRANSBIG, **values})


def test_decisions_are_clinical_defaults_in_order():
    assert make_study(TRANSBIG).decisions.thresholds == (0.05, 0.1, 0.2, 0.3)
    study = make_study({**TRANSBIG, "decisions": {"thresholds": [0.3, 0.1]}})
    assert study.decisions.thresholds == (0.1, 0.3)
    assert study.decisions.specificities == (0.8, 0.9)


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ({"thresholds": [5]}, "thresholds: each lies above 0 and below 1, such as 0.2, not 5."),
        ({"thresholds": [0]}, "thresholds: each lies above 0 and below 1, such as 0.2, not 0."),
        ({"thresholds": [math.nan]}, "above 0 and below 1, such as 0.2, not nan."),
        ({"thresholds": []}, "thresholds: name at least one, such as 0.2."),
        ({"specificities": [0.9, 0.9]}, "specificities: one is named twice: 0.9, 0.9."),
        ({"specificities": ["high"]}, "decisions.specificities.0: input should be a valid"),
        ({"threshold": [0.2]}, "unknown setting decisions.threshold; did you mean thresholds?"),
    ],
)
def test_decisions_that_cannot_be_are_refused(decisions, said):
    with pytest.raises(DeepCMEError) as refused:
        make_study({**TRANSBIG, "decisions": decisions})
    assert said in str(refused.value)
