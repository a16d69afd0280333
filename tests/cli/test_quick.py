"""`deepcme run --quick`, `--models` and `--repeats`: the study that they ask for."""

from pathlib import Path

import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cli.study.settings import StudyOptions
from deepcme.study.spec import load_study
from deepcme.verbs.running import default_folder, study_asked
from tests.cli.command import deepcme
from tests.trained.conftest import bundle_cohort, symbols

STUDY = """
models = ["SVC", "Committee"]
[cohort]
path = "cohort.h5ad"
[split]
repeats = 7
folds = 4
[comparator]
model = "SVC"
[nulls]
permutations = 50
[selection]
run = true
"""


@pytest.fixture
def folder(tmp_path):
    bundle_cohort(symbols()).save(tmp_path / "cohort.h5ad")
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def asked(source, **options):
    options = StudyOptions(**options)
    return study_asked(source, options.settings, quick=options.quick)[0]


def names(study):
    return [model.name for model in study.models]


def test_a_quick_study_has_two_fast_models_and_reruns_nothing(folder):
    study = asked(folder / "study.toml", quick=True)
    assert names(study) == ["LR-tuned", "RF"]
    assert (study.split.design, study.split.folds, study.split.repeats) == ("folds", 4, 1)
    assert study.comparator.model == "RF"
    assert (study.nulls.permutations, study.selection.run) == (0, False)


def test_of_times_the_models_are_of_times():
    assert names(asked(None, quick=True)) == ["Cox-ridge", "Cox-top-200"]


def test_what_is_named_beside_it_holds(folder):
    study = asked(folder / "cohort.h5ad", quick=True, models=["DT,LR"], repeats=3)
    assert names(study) == ["DT", "LR"]
    assert study.split.repeats == 3
    assert study.try_out == ""
    assert names(asked(folder / "cohort.h5ad", models=["DT, LR,", ""])) == ["DT", "LR"]


def test_columns_beside_the_genes_need_no_further_model(folder):
    study = asked(folder / "cohort.h5ad", quick=True, clinical=["age"])
    assert names(study) == ["LR-tuned", "RF"]
    assert study.clinical.genes == "LR-tuned"
    assert asked(None, quick=True, clinical=["age"]).clinical.genes == "Cox-ridge"


@pytest.mark.parametrize("design", ["folds", "repeated", "nested"])
def test_every_design_is_split_as_seldom_as_it_can(folder, design):
    study = asked(folder / "cohort.h5ad", quick=True, design=design)
    assert study.split.repeats == (2 if design == "repeated" else 1)
    assert study.try_out.startswith("This is a try-out and not a result")
    assert default_folder("cohort", study) == Path("results/cohort-quick")


def test_its_settings_are_written_as_those_of_any_study(folder):
    study = asked(folder / "study.toml", quick=True)
    (folder / "written.toml").write_text(study.to_toml())
    assert "quick" not in study.to_toml()
    again = load_study(folder / "written.toml", recorded=True)
    assert (names(again), again.split, again.try_out) == (
        names(study),
        study.split,
        study.try_out,
    )


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"permutations": 20}, "--permutations would"),
        ({"selection": True, "instability": 5}, "--instability and --selection would"),
        ({"grid": "fig7"}, "--grid would"),
    ],
)
def test_reruns_are_refused_beside_it(folder, options, named):
    with pytest.raises(DeepCMEError, match=f"--quick reruns nothing, and {named}"):
        asked(folder / "cohort.h5ad", quick=True, **options)


def test_models_and_repeats_stand_before_the_study_file(folder):
    study = asked(folder / "study.toml", models=["RF,SVC"], repeats=2)
    assert (names(study), study.split.repeats) == (["RF", "SVC"], 2)
    refused = deepcme("run", folder / "study.toml", "--models", "RF,KNN", "-o", folder / "out")
    assert refused.returncode == 2
    assert "comparator.model: 'SVC' cannot stand beside" in refused.stderr
    refused = deepcme("run", folder / "study.toml", "--models", "RFF", "-o", folder / "out")
    assert "RFF" in refused.stderr
    assert not (folder / "out").exists()


def test_a_usual_study_is_no_try_out(folder):
    assert asked(folder / "cohort.h5ad").try_out == ""
    assert Cohort.load(folder / "cohort.h5ad").n_samples == 120
