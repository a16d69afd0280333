"""Whether a study is one of times to an event: what its cohort says, and its settings."""

import tomllib

import pytest

from deepcme import DeepCMEError
from deepcme.study.plan import make_plan
from deepcme.study.run import load_cohort
from deepcme.study.spec import load_study, make_study
from deepcme.study.store import StudyFolder
from deepcme.study.template import study_template
from tests.conftest import BINARY_EXAMPLE, invented_cohort
from tests.study.times import HORIZON, survival_cohort

EXAMPLE = {"cohort": {"example": "transbig"}}


OF_TIMES = ["Cox-committee", "DeepCME-Cox-ensemble", "Cox-ridge", "Cox-lasso", "Cox-top-200"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Cohorts of times with and without a horizon, and one of labels."""
    folder = tmp_path_factory.mktemp("cohorts")
    survival_cohort().save(folder / "times.h5ad")
    survival_cohort(horizon=None).save(folder / "open.h5ad")
    invented_cohort().save(folder / "labels.h5ad")
    return folder


def test_a_cohort_of_times_makes_a_study_of_times_by_itself(files):
    study = make_study({"cohort": {"path": files / "times.h5ad"}})
    assert study.outcome == "survival"
    assert study.horizon == HORIZON
    assert [model.name for model in study.models] == [
        *OF_TIMES,
        *("DeepCME-ensemble", "DeepCME", "LR-tuned"),
    ]
    assert study.headline.name == "Cox-committee"
    assert study.comparator.model == "Cox-ridge"
    assert make_study(EXAMPLE).horizon == 1826.25


def test_without_a_horizon_there_are_cox_models_alone(files):
    study = make_study({"cohort": {"path": files / "open.h5ad"}})
    assert (study.survival.horizon, study.comparator.model) == (None, "Cox-ridge")
    assert [model.name for model in study.models] == OF_TIMES
    given = make_study({"cohort": {"path": files / "open.h5ad"}, "survival": {"horizon": 1}})
    assert given.horizon == 1
    assert len(given.models) == 8


def test_other_cohorts_and_those_that_leave_out_the_censored_stay_binary(files, tmp_path):
    for cohort in (
        {"path": files / "labels.h5ad"},
        {"path": tmp_path / "none.h5ad"},
        {"path": files / "times.h5ad", "leave_out_censored": True},
        BINARY_EXAMPLE["cohort"],
    ):
        study = make_study({"cohort": cohort})
        assert (study.survival, study.outcome, study.horizon) == (None, "binary", None)
        assert study.comparator.model == "LR-tuned"
    study = make_study({"cohort": {"path": files / "times.h5ad", "leave_out_censored": True}})
    assert load_cohort(study).outcome.kind == "binary"


def test_the_protocol_of_the_paper_has_labels_unless_told_otherwise(files):
    cohort = {"path": files / "times.h5ad"}
    study = make_study({"cohort": cohort, "protocol": "paper"})
    assert study.cohort.leave_out_censored
    assert study.models[0].name == "DeepCME"
    for told in ({"survival": {}}, {"cohort": {**cohort, "leave_out_censored": False}}):
        of_times = make_study({"cohort": cohort, "protocol": "paper", **told})
        assert of_times.outcome == "survival"


def test_a_binary_study_is_written_as_before(files):
    written = tomllib.loads(make_study({"cohort": {"path": files / "labels.h5ad"}}).to_toml())
    assert "survival" not in written
    assert [*written["cohort"]] == ["path"]


def test_a_study_of_times_is_written_out_and_read_again(files, tmp_path):
    study = make_study({"cohort": {"path": files / "times.h5ad"}})
    path = tmp_path / "study.toml"
    path.write_text(study.to_toml())
    assert tomllib.loads(study.to_toml())["survival"] == {"horizon": 2.0, "censoring": []}
    assert load_study(path) == study
    path.write_text(study.to_toml().replace("times.h5ad", "gone.h5ad"))
    assert StudyFolder(tmp_path).read_study().survival == study.survival


def test_a_path_in_a_study_file_is_taken_from_its_folder(files):
    (files / "study.toml").write_text('[cohort]\npath = "times.h5ad"\n')
    assert load_study(files / "study.toml").horizon == HORIZON


@pytest.mark.parametrize("version", [1, 2])
def test_the_example_of_an_older_study_file_leaves_out_the_censored(tmp_path, version):
    path = tmp_path / "study.toml"
    path.write_text(f'settings_version = {version}\n[cohort]\nexample = "transbig"\n')
    study = load_study(path)
    assert study.cohort.leave_out_censored
    assert study.survival is None


@pytest.mark.parametrize("name", ["times.h5ad", "open.h5ad", "labels.h5ad", None])
def test_the_template_of_init_is_the_default_study_of_its_cohort(files, tmp_path, name):
    path, cohort = tmp_path / "study.toml", None if name is None else str(files / name)
    path.write_text(study_template("study.toml", cohort))
    values = EXAMPLE if name is None else {"cohort": {"path": files / name}}
    assert load_study(path) == make_study(values)


def test_the_template_names_what_is_of_its_kind_of_outcome(files, tmp_path):
    of_times = study_template("study.toml", str(files / "times.h5ad"))
    assert "on permuted times and events, splits and all" in of_times
    assert "on permuted labels" in study_template("study.toml", str(files / "labels.h5ad"))
    path = tmp_path / "study.toml"
    for line in ("[clinical]\n", 'columns = ["age", "grade"]', 'genes = "Cox-ridge" '):
        of_times = of_times.replace(f"# {line}", line)
    path.write_text(of_times)
    assert load_study(path).clinical.genes == "Cox-ridge"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"survival": {"horizon": -1}}, "survival.horizon: input should be greater than 0"),
        ({"survival": {"horizon": True}}, "horizon must be a number, not true"),
        ({"survival": {"censorng": []}}, "unknown setting survival.censorng; did you mean"),
        ({"survival": {"censoring": ["a", "a"]}}, "a column is named twice: a, a"),
        (
            {"cohort": {"example": "transbig", "leave_out_censored": True}, "survival": {}},
            "cohort.leave_out_censored: it leaves no times for .survival.: take out one",
        ),
        ({"cohort": {"example": "transbig", "leave_out_censored": 1}}, "leave_out_censored"),
    ],
)
def test_settings_that_do_not_go_together_are_one_sentence(settings, sentence):
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        make_study({**EXAMPLE, **settings})
    assert "\n" not in str(caught.value)


def test_a_cohort_of_another_kind_than_its_study_is_refused(files):
    of_times = make_study({"cohort": {"path": files / "times.h5ad"}})
    with pytest.raises(DeepCMEError, match=r"no times to an event, of which .survival. is"):
        make_plan(of_times, invented_cohort())
    of_labels = make_study({"cohort": {"path": files / "labels.h5ad"}})
    with pytest.raises(DeepCMEError, match=r"the study asks for yes or no: add a section"):
        make_plan(of_labels, survival_cohort())
    study = make_study({"cohort": {"path": files / "labels.h5ad", "leave_out_censored": True}})
    with pytest.raises(DeepCMEError, match="no times, by which patients are censored"):
        load_cohort(study)
