"""What a fit sees: rows prepared by those that may teach, and no validation row beyond that."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from deepcme.cohort.arrays import CohortArrays
from deepcme.models.fitting import PreparedRows, fit_model, prepare_rows
from deepcme.models.preprocessing import make_preprocessor
from deepcme.models.registry import KINDS
from deepcme.models.span.gram import compute_gram
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


class GramSeen:
    """Stands in for an estimator and keeps the Gram matrix that its fit is given."""

    def fit(self, X, y, gram=None):
        self.X, self.gram = X, gram
        return self


def test_what_takes_a_gram_is_given_that_of_its_rows_where_there_are_many_genes(
    random, monkeypatch
):
    labels = (np.arange(40) % 2).astype(np.int8)
    X = random.normal(size=(40, 90)).astype(np.float32)
    rows = PreparedRows(X, labels, np.arange(40))
    kind = replace(
        KINDS["LR"], estimator=f"{__name__}.GramSeen", defaults={}, takes_weights=False
    )
    kind = replace(kind, takes_gram=True)
    model = fit_model(kind, {}, 0, rows, N_VALIDATION)
    np.testing.assert_array_equal(model.X, X[TRAIN])
    np.testing.assert_allclose(model.gram, compute_gram(X[TRAIN]), rtol=1e-12, atol=1e-12)
    few_genes = PreparedRows(X[:, :50], labels, np.arange(40))
    assert fit_model(kind, {}, 0, few_genes, N_VALIDATION).gram is None
    assert fit_model(KINDS["LR"], {}, 0, rows, N_VALIDATION) is not None


def test_a_part_of_the_rows_has_a_part_of_their_gram(rows, monkeypatch):
    index = np.array([3, 1, 8])
    before = rows.rows(index)
    whole = rows.gram
    monkeypatch.setattr("deepcme.models.fitting.compute_gram", None)
    part = rows.rows(index).rows(np.array([2, 0]))
    expected = whole[np.ix_([8, 3], [8, 3])]
    np.testing.assert_array_equal(part.gram, expected)
    assert before.known_gram is None
