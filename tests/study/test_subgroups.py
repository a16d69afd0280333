"""Groups of patients that a study names: what is planned, and that a change refits nothing."""

import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort


@pytest.fixture
def study_of(tmp_path):
    """A study of two linear models on a cohort that knows receptors and centres."""
    base = invented_cohort(n_patients=120, n_genes=4, positives=60)
    Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        genes=base.gene_ids.tolist(),
        clinical=pd.DataFrame({"er": ["neg", "pos"] * 60, "centre": [*"aab"] * 40}),
        endpoint=base.endpoint,
        scale="fpkm",
    ).save(tmp_path / "cohort.h5ad")

    def make(columns="auto"):
        return make_study(
            {
                "cohort": {"path": tmp_path / "cohort.h5ad"},
                "split": {"folds": 3, "repeats": 1},
                "models": ["LR", "LR-tuned"],
                "subgroups": {"columns": columns},
            }
        )

    return make


def test_what_is_named_for_a_new_folder_is_planned_and_later_it_is_not(study_of, tmp_path):
    folder = run_study(study_of(["er"]), tmp_path / "out", jobs=1, quiet=True)
    assert folder.read_planned_subgroups() == ["er"]
    fits = {path: path.stat().st_mtime_ns for path in folder.path.glob("tasks/*.npz")}
    again = run_study(study_of(["centre", "er"]), tmp_path / "out", jobs=1, quiet=True)
    assert {path: path.stat().st_mtime_ns for path in fits} == fits
    assert again.read_planned_subgroups() == ["er"]
    assert again.read_study().subgroups.named == ("centre", "er")


def test_what_is_found_is_not_planned(study_of, tmp_path):
    folder = run_study(study_of(), tmp_path / "out", jobs=1, quiet=True)
    assert folder.read_planned_subgroups() == []


def test_a_column_that_is_not_there_is_refused_before_there_is_a_folder(study_of, tmp_path):
    with pytest.raises(DeepCMEError, match="'grade', which is no column of its samples"):
        run_study(study_of(["er", "grade"]), tmp_path / "out", jobs=1, quiet=True)
    assert not (tmp_path / "out" / "identity.json").exists()


def test_the_settings_are_written_and_read_as_they_are(study_of):
    assert 'columns = "auto"' in study_of().to_toml()
    assert study_of(["er, PR"]).subgroups.named == ("er, PR",)


@pytest.mark.parametrize("columns", ["er", [], [1], 3])
def test_what_is_no_list_of_names_is_refused(study_of, columns):
    with pytest.raises(DeepCMEError, match=r'subgroups.columns: name columns .* or "auto"'):
        study_of(columns)


def test_a_column_named_twice_is_refused(study_of):
    with pytest.raises(DeepCMEError, match="named twice: er, er"):
        study_of(["er", "er"])
