"""Every estimator reads patients, weights and held-out rows alike, or says what is wrong."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from deepcme import (
    ClippedStandardScaler,
    CoxRidge,
    DeepCMEClassifier,
    DeepCMECommittee,
    DeepCMEEnsemble,
    DeepCMEError,
    MedianImputer,
)
from deepcme.cohort.follow_up import FollowUp
from deepcme.models.baselines import TunedLogisticRegression
from deepcme.models.clinical import ClinicalRegression
from deepcme.models.estimator_inputs import read_groups, read_validation_rows
from deepcme.models.survival.target import make_target
from deepcme.selection.selectors import L1LogisticSelector, MeanRankSelector, SoftPathSelector

N = 60
QUICK = {"hidden_layers": (4,), "max_epochs": 3, "random_state": 0}

CLASSIFIER = DeepCMEClassifier(**QUICK)
ENSEMBLE = DeepCMEEnsemble(**QUICK, n_networks=3)
TUNED = TunedLogisticRegression(inverse_strengths=(0.001, 0.1, 10.0), random_state=0)
HOLDING_OUT = [CLASSIFIER, TUNED]
WEIGHING = [CLASSIFIER, ENSEMBLE]
GROUPING = [CLASSIFIER, ENSEMBLE, TUNED, L1LogisticSelector(n_folds=2, random_state=0)]


def named(estimator):
    return type(estimator).__name__


@pytest.fixture
def data(random):
    y = np.tile([0, 1, 0], N // 3)
    X = random.normal(size=(N, 8)).astype(np.float32)
    X[:, :2] += y[:, np.newaxis]
    return X, y


def learned(fitted, X):
    """What a fit has learned, whichever estimator it is."""
    return fitted.decision_function(X) if hasattr(fitted, "predict") else fitted.coefficients_


def clinical(X):
    return pd.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])])


@pytest.mark.parametrize("estimator", HOLDING_OUT, ids=named)
@pytest.mark.parametrize(
    "spelled",
    [
        np.isin(np.arange(N), np.arange(40, 60)),
        np.isin(np.arange(N), np.arange(40, 60)).tolist(),
        pd.Series(np.isin(np.arange(N), np.arange(40, 60)), dtype="boolean"),
        pd.Series(np.arange(40, 60), dtype="Int64"),
        np.arange(-20, 0),
        np.arange(59, 39, -1, dtype=np.uint8),
        [*range(40, 50), *range(-10, 0)],
    ],
    ids=["mask", "list", "series", "nullable", "negative", "unsigned", "mixed"],
)
def test_masks_and_negative_rows_hold_out_what_positive_ones_do(estimator, spelled, data):
    X, y = data
    by_number = learned(estimator.fit(X, y, validation_rows=np.arange(40, 60)), X)
    np.testing.assert_array_equal(
        learned(estimator.fit(X, y, validation_rows=spelled), X), by_number
    )


@pytest.mark.parametrize("estimator", HOLDING_OUT, ids=named)
@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (np.ones(N - 1, dtype=bool), f"mask of 59 for {N} samples"),
        (np.zeros(N, dtype=bool), "holds out none of 60 samples"),
        (np.ones(N, dtype=bool), "holds out all of 60 samples"),
        (np.arange(N), "holds out all of 60 samples"),
        ([], "not nothing"),
        ([1, 1, 2], "names a row more than once: 1"),
        ([59, -1], "names a row more than once: 59"),
        ([60], "between 0 and 59, or -60 and -1 from the end, not 60"),
        ([-61], "not -61"),
        ([0.0, 1.0], r"not 0\.0"),
        (["1"], "not '1'"),
        ([True, None], "not None"),
        (3, "one list of values"),
        ((np.arange(4), np.arange(3)), "one list of values"),
        (np.flatnonzero(np.tile([0, 1, 0], N // 3)), "No sample of the positive class is left"),
    ],
)
def test_rows_that_cannot_be_held_out_are_refused(estimator, rows, sentence, data):
    with pytest.raises(DeepCMEError, match=sentence):
        estimator.fit(*data, validation_rows=rows)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_any_spelling_of_rows_names_the_same(chosen):
    n = chosen.draw(st.integers(2, 30))
    rows = chosen.draw(st.sets(st.integers(0, n - 1), min_size=1, max_size=n - 1))
    spelled = [chosen.draw(st.sampled_from([row, row - n])) for row in rows]
    mask = np.isin(np.arange(n), sorted(rows))
    for given_rows in (spelled, mask):
        fitted, held_out = read_validation_rows(given_rows, n)
        assert held_out.tolist() == sorted(rows)
        assert sorted([*fitted, *held_out]) == list(range(n))


@pytest.mark.parametrize("estimator", HOLDING_OUT, ids=named)
def test_a_patient_is_not_held_out_by_half(estimator, data):
    with pytest.raises(DeepCMEError, match=r"2 patients on both sides \(p4, p5\)"):
        estimator.fit(
            *data,
            groups=[f"p{row // 10}" for row in range(N)],
            validation_rows=[*range(45, 55)],
        )


@pytest.mark.parametrize("estimator", HOLDING_OUT, ids=named)
@pytest.mark.parametrize("fraction", [0, 1, 1.5, np.nan, "half", None])
def test_a_share_is_one(estimator, fraction, data):
    model = clone(estimator).set_params(validation_fraction=fraction)
    with pytest.raises(
        DeepCMEError, match=r"validation_fraction must (lie between 0 and 1|be a finite number)"
    ):
        model.fit(*data)


NOBODY = [None, np.nan, pd.NA, pd.NaT, "", " ", "unknown", "NA", "n/a", "none", "-", "missing"]


@pytest.mark.parametrize("nobody", NOBODY, ids=repr)
def test_a_row_without_a_patient_is_a_patient_of_its_own(nobody):
    groups = np.array(["a", nobody, "a", nobody], dtype=object)
    read = read_groups(groups, 4)
    assert read[0] == read[2]
    assert len(set(read)) == 3


def test_one_patient_in_several_spellings_is_one():
    assert len(set(read_groups(np.array([7, 7.0, "7", "7 ", "\u00a07"], dtype=object), 5))) == 1
    assert len(set(read_groups([1.0, 2.0, np.nan, np.nan], 4))) == 4
    assert len(set(read_groups(pd.Series(["P1", "P1 "], dtype="category"), 2))) == 1


@pytest.mark.parametrize("estimator", GROUPING, ids=named)
def test_every_estimator_takes_nobody_for_its_own_patient(estimator, data):
    """As if each such row were given a name that no other has and sorts alike."""
    X, y = data
    mixed = np.array([None] * 10 + [1, "b", np.nan] * 10 + [f"p{i}" for i in range(20)], object)
    spelled_out = [f"!{row}" if pd.isna(g) else g for row, g in enumerate(mixed)]
    np.testing.assert_array_equal(
        learned(estimator.fit(X, y, groups=mixed), X),
        learned(estimator.fit(X, y, groups=spelled_out), X),
    )
    nobody_known = learned(estimator.fit(X, y, groups=[None] * N), X)
    one_patient = ["p"] * N
    with pytest.raises(ValueError):
        estimator.fit(X, y, groups=one_patient)
    assert np.isfinite(nobody_known).all()


def test_clinical_columns_take_nobody_for_its_own_patient(data):
    X, y = data
    fitted = ClinicalRegression(random_state=0).fit(clinical(X[:, :3]), y, groups=[None] * N)
    assert np.isfinite(fitted.oof_decision_function_).all()
    with pytest.raises(DeepCMEError, match="59 patients for 60 samples"):
        ClinicalRegression().fit(clinical(X), y, groups=[None] * 59)


@pytest.mark.parametrize("estimator", GROUPING, ids=named)
@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (["a"] * 59, "59 patients for 60 samples"),
        ([["a", "b"]] * N, r"not of shape \(60, 2\)"),
        ("a", r"not of shape \(\)"),
        ([["a"], *[["a", "b"]] * 59], "one patient for each sample, not"),
    ],
)
def test_groups_that_are_not_one_a_row_are_refused(estimator, groups, sentence, data):
    with pytest.raises(DeepCMEError, match=sentence):
        estimator.fit(*data, groups=groups)


def without_weight(rows):
    weight = np.ones(N)
    weight[rows] = 0
    return weight


@pytest.mark.parametrize("estimator", WEIGHING, ids=named)
@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        (without_weight(slice(None)), "have a weight of zero"),
        (
            without_weight(slice(1, None, 3)),
            "All samples of the positive class .* a weight of zero",
        ),
        (np.r_[-1, np.ones(N - 1)], "finite and 0 or more, not -1 as in row 0"),
        (np.r_[np.ones(N - 1), np.nan], "not nan as in row 59"),
        (np.r_[np.inf, np.ones(N - 1)], "not inf as in row 0"),
        (np.r_[1e300, np.ones(N - 1)], "not 1e\\+300"),
        (np.ones(N - 1), "59 weights for 60 samples"),
        (np.ones((N, 2)), "not of shape"),
        (["heavy"] * N, "must hold numbers"),
        ([None] * N, "must hold numbers"),
    ],
)
def test_weights_that_weigh_nothing_or_are_none_are_refused(estimator, weight, sentence, data):
    with pytest.raises(DeepCMEError, match=sentence):
        estimator.fit(*data, sample_weight=weight)


@pytest.mark.parametrize("estimator", WEIGHING, ids=named)
def test_weights_are_numbers_whatever_holds_them(estimator, data):
    X, _ = data
    weight = np.linspace(0.5, 1.5, N)
    expected, found = (
        clone(estimator).fit(*data, sample_weight=given).decision_function(X)
        for given in (weight, weight.astype(object))
    )
    np.testing.assert_array_equal(found, expected)


def test_held_out_rows_without_any_weight_are_refused(data):
    with pytest.raises(
        DeepCMEError, match="All 20 samples to validate on have a weight of zer"
    ):
        CLASSIFIER.fit(
            *data, sample_weight=without_weight(range(20)), validation_rows=range(20)
        )


@pytest.mark.parametrize("weight", [{0: 1, 1: 0}, {0: -1, 1: 1}, {0: 1, 1: np.nan}])
@pytest.mark.parametrize("estimator", WEIGHING, ids=named)
def test_class_weights_follow_the_same_rule(estimator, weight, data):
    with pytest.raises(DeepCMEError, match="weight"):
        clone(estimator).set_params(class_weight=weight).fit(*data)


@pytest.mark.parametrize("n_genes", [None, "all", 0, -1, 2.5, True, 9])
@pytest.mark.parametrize("selector", [SoftPathSelector, L1LogisticSelector, MeanRankSelector])
def test_a_number_of_genes_that_cannot_be_kept_is_refused(selector, n_genes, data):
    with pytest.raises(DeepCMEError, match="n_genes"):
        selector(n_genes=n_genes).fit(*data)


@pytest.mark.parametrize("n_folds", [None, 1, 2.5, "5"])
def test_a_number_of_folds_is_a_whole_one(n_folds, data):
    with pytest.raises(DeepCMEError, match="n_folds must be"):
        L1LogisticSelector(n_folds=n_folds).fit(*data)


@pytest.mark.parametrize("setting", ["n_networks", "n_snapshots", "snapshot_interval"])
@pytest.mark.parametrize("value", [None, "5", 2.5, 0])
def test_settings_of_the_ensemble_are_whole_numbers(setting, value, data):
    with pytest.raises(DeepCMEError, match=f"{setting} must be"):
        DeepCMEEnsemble(**QUICK, **{setting: value}).fit(*data)


MISSING = [
    CLASSIFIER, ENSEMBLE, TUNED, DeepCMECommittee(), CoxRidge(), ClippedStandardScaler(),
    MeanRankSelector(),
]  # fmt: skip


@pytest.mark.parametrize("estimator", MISSING, ids=named)
def test_the_first_missing_value_is_named_with_the_way_out(data, estimator):
    X, y = data
    frame = pd.DataFrame(X, [f"S{i}" for i in range(N)], [f"gene{i}" for i in range(8)])
    frame.loc["S7", "gene3"] = np.nan
    frame.loc["S9", "gene1"] = None
    target = make_target(FollowUp(np.arange(1.0, N + 1), y)) if "Cox" in named(estimator) else y
    with pytest.raises(DeepCMEError) as caught:
        clone(estimator).fit(frame, target)
    assert str(caught.value) == (
        f"{named(estimator)} takes no missing values, and X holds 2 (NaN), the first of sample "
        "S7, gene gene3. Fill them with each gene's median of the training samples: "
        f"sklearn.pipeline.make_pipeline(deepcme.MedianImputer(), {named(estimator)}())."
    )


def test_the_way_out_of_missing_values_works(data):
    X, y = data
    X[7, 3] = np.nan
    make_pipeline(MedianImputer(), clone(CLASSIFIER)).fit(X, y).predict(X)


def test_an_array_has_its_missing_values_named_by_number(data):
    X, y = data
    fitted = clone(CLASSIFIER).fit(X, y)
    X[7, 3] = np.nan
    with pytest.raises(DeepCMEError, match="the first of sample 7, gene 3"):
        fitted.predict(X)


@pytest.mark.parametrize("estimator", WEIGHING, ids=named)
def test_gene_scores_have_the_genes_of_a_data_frame(data, estimator):
    X, y = data
    genes = [f"gene{i}" for i in range(8)]
    by_gene = clone(estimator).fit(pd.DataFrame(X, columns=genes), y).gene_scores_
    assert by_gene.index.tolist() == genes
    plain = clone(estimator).fit(X, y).gene_scores_
    assert isinstance(plain, np.ndarray)
    np.testing.assert_array_equal(by_gene.to_numpy(), plain)
