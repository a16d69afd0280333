"""A quick study of an invented cohort."""

import pytest

from deepcme.study.spec import make_study

QUICK_NETWORK = {"name": "DeepCME", "parameters": {"hidden_layers": [6], "max_epochs": 4}}


@pytest.fixture
def cohort_file(cohort, tmp_path):
    path = tmp_path / "cohort.h5ad"
    cohort.save(path)
    return path


@pytest.fixture
def quick_study(cohort_file):
    """Make a study of few splits and a small network; options replace settings."""

    def make(**options):
        return make_study(
            {
                "cohort": {"path": cohort_file},
                "split": {"design": "repeated", "repeats": 2},
                "models": [QUICK_NETWORK, "LR", "SVC", "RF", "DT", "KNN"],
                **options,
            }
        )

    return make
