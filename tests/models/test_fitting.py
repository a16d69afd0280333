"""What a fit sees: rows prepared by those that may teach, and no validation row beyond that."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from deepcme.cohort.arrays import CohortArrays
from deepcme.models.fitting import PreparedRows, fit_model, prepare_rows
from deepcme.models.preprocessing import make_preprocessor
from deepcme.models.registry import KINDS
from tests.conftest import invented_cohort

N_VALIDATION = 10
TRAIN, VALIDATION = np.arange(30), np.arange(30, 40)


@dataclass(frozen=True)
class Settings:
    fit_on: str = "train"
    min_prevalence: float = 0.2
    clip: float = 3.0


@pytest.fixture
def rows(random):
    labels = (np.arange(40) % 2).astype(np.int8)
    X = random.normal(size=(40, 6)).astype(np.float32) + labels[:, None]
    return PreparedRows(X, labels, np.arange(40))


def test_rows_are_prepared_by_those_that_teach():
    data = CohortArrays.of(invented_cohort())
    rows, teachers = np.array([3, 1, 8]), np.arange(20, 50)
    expected = make_preprocessor(
        data.scale, absent_up_to=data.absent_up_to, min_prevalence=0.2, clip=3.0
    )
    prepared, preprocessor = prepare_rows(data, rows, Settings(), teachers)
    np.testing.assert_array_equal(
        prepared.X, expected.fit(data.X[teachers]).transform(data.X[rows])
    )
    np.testing.assert_array_equal(preprocessor.transform(data.X[rows]), prepared.X)
    assert prepared.labels.tolist() == data.labels[rows].tolist()
    assert prepared.patients.tolist() == data.patients[rows].tolist()
    of_all, _ = prepare_rows(data, rows, Settings(fit_on="all"), teachers)
    np.testing.assert_array_equal(of_all.X, expected.fit(data.X).transform(data.X[rows]))
    own, _ = prepare_rows(data, teachers, Settings())
    same, _ = prepare_rows(data, teachers, Settings(), teachers)
    np.testing.assert_array_equal(own.X, same.X)


@pytest.mark.parametrize("name", ["LR", "KNN"])
def test_what_is_not_fitted_on_the_validation_part_does_not_see_it(rows, name):
    poisoned = replace(rows, X=np.vstack([rows.X[TRAIN], 1e3 * rows.X[VALIDATION]]))
    clean, dirty = (fit_model(KINDS[name], {}, 0, r, N_VALIDATION) for r in (rows, poisoned))
    alone = fit_model(KINDS[name], {}, 0, rows.rows(TRAIN))
    for model in (dirty, alone):
        np.testing.assert_array_equal(model.predict_proba(rows.X), clean.predict_proba(rows.X))


def test_what_chooses_by_a_validation_part_takes_the_last_rows(rows):
    strengths = {"inverse_strengths": [0.1, 1.0]}
    expected = KINDS["LR-tuned"].make(strengths, 0)
    expected.fit(rows.X, rows.labels, groups=rows.patients, validation_rows=VALIDATION)
    model = fit_model(KINDS["LR-tuned"], strengths, 0, rows, N_VALIDATION)
    np.testing.assert_array_equal(model.oof_decision_function_, expected.oof_decision_function_)


@pytest.mark.parametrize("name", ["DeepCME", "LR-tuned"])
def test_samples_may_be_split_where_patients_are_not(rows, name):
    """As the paper's protocol does; then the patients cannot be groups."""
    pairs = replace(rows, patients=np.arange(40) % 20)
    quick = {"max_epochs": 2} if name == "DeepCME" else {"inverse_strengths": [0.1]}
    fit_model(KINDS[name], quick, 0, pairs, N_VALIDATION)
