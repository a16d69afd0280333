"""Permuted outcomes keep the balance of given splits, and are as spread as any otherwise."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from deepcme.cohort.balanced import BalancedPermutations
from deepcme.cohort.folds import NestedFolds, RepeatedFolds
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import LeaveOneCohortOut, RepeatedSplits
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.nulls import compute_permutation_test

DESIGNS = {
    "folds": RepeatedFolds(5, 2),
    "repeated": RepeatedSplits(6),
    "nested": NestedFolds(4, 2),
    "leave-one-cohort-out": LeaveOneCohortOut(2),
}


def seed(number=1):
    return np.random.SeedSequence(number)


def labels_of(n, events):
    return np.repeat([1, 0], [events, n - events])


def draw_splits(design, outcome, patients, strata=None):
    if isinstance(design, LeaveOneCohortOut):
        return list(design.split(outcome, patients, strata, seed()))
    return list(design.split(outcome, patients, seed(), strata))


def draw(permutations, number):
    return permutations.draw(np.random.default_rng(number))


def count(values, patients, rows):
    """Patients of each outcome among rows: of each its highest."""
    of_patient = {}
    for row in rows:
        patient = patients[row]
        of_patient[patient] = max(of_patient.get(patient, 0), values[row])
    return np.bincount([*of_patient.values()], minlength=6)


def shares_of(values, patients, rows):
    """How many there would be in proportion."""
    everyone = count(values, patients, range(len(values)))
    return everyone * len(set(patients[rows])) / len(set(patients))


def cohort_of_times(n=120):
    random = np.random.default_rng(3)
    times, censoring = random.exponential(4, n), random.uniform(1, 8, n)
    return SurvivalOutcome(np.minimum(times, censoring), times <= censoring)


@pytest.mark.parametrize("design", [*DESIGNS])
@pytest.mark.parametrize("kind", ["labels", "times", "pairs", "strata"])
def test_every_part_keeps_its_share_in_every_design(design, kind):
    n = 120
    outcome = cohort_of_times(n) if kind == "times" else BinaryOutcome(labels_of(n, 30))
    patients, strata = np.arange(n), None
    if kind == "pairs":  # of which each has one label
        patients = np.where(np.arange(n) < 40, np.arange(n) // 2, np.arange(n))
    if kind == "strata" or design == "leave-one-cohort-out":
        strata = np.array(["a", "b", "b"])[np.arange(n) % 3]
    if strata is not None and kind == "pairs":
        strata = np.where(np.isin(patients, range(0, n, 3)), "a", "b")
    splits = draw_splits(DESIGNS[design], outcome, patients, strata)
    permutations = BalancedPermutations.of(outcome, patients, splits, strata)
    for number in range(3):
        rows = draw(permutations, number)
        values = outcome.take(rows).strata
        assert sorted(rows) == list(range(n))
        assert not np.array_equal(values, outcome.strata)
        if strata is not None:
            assert (strata[rows] == strata).all()
        for split in splits:
            for part, off in ((split.test, 1), (split.validation, 2)):
                found, now = (count(v, patients, part) for v in (values, outcome.strata))
                shares = shares_of(outcome.strata, patients, part)
                beyond = np.maximum(np.abs(now - shares), off)
                if strata is None:
                    assert (np.abs(found - shares) <= beyond + 1e-9).all()
                assert (found[now > 0] > 0).all(), "some, where there were some"


def test_balance_holds_in_each_stratum_and_in_all_together():
    labels, strata = np.tile(labels_of(40, 10), 3), np.repeat(["a", "b", "c"], 40)
    outcome, patients = BinaryOutcome(labels), np.arange(120)
    splits = draw_splits(RepeatedFolds(5, 2), outcome, patients, strata)
    permutations = BalancedPermutations.of(outcome, patients, splits, strata)
    for number in range(5):
        permuted = labels[draw(permutations, number)]
        for split in splits:
            assert abs(permuted[split.test].sum() - 6) <= 1
            for level in "abc":
                of_level = split.test[strata[split.test] == level]
                assert abs(permuted[of_level].sum() - 2) <= 1
                assert permuted[of_level].any()


def test_outcomes_go_from_patient_to_patient_with_all_samples_within_strata():
    patients = np.repeat(np.arange(30), [3] * 6 + [2] * 8 + [1] * 16)
    strata = np.where(patients % 2 == 0, "a", "b")
    labels = (patients % 3 == 0).astype(int)
    labels[0] = 0  # a patient with two labels
    outcome = BinaryOutcome(labels)
    splits = draw_splits(RepeatedFolds(4, 2), outcome, patients)
    permutations = BalancedPermutations.of(outcome, patients, splits, strata)
    for number in range(5):
        rows = draw(permutations, number)
        assert sorted(rows) == list(range(len(labels)))
        assert (strata[rows] == strata).all()
        for patient in range(30):
            given = rows[patients == patient]
            assert len(set(patients[given])) == 1
            np.testing.assert_array_equal(given, np.flatnonzero(patients == patients[given[0]]))


def test_samples_may_be_on_two_sides_where_patients_do_not_matter():
    patients, labels = np.arange(60) // 2, np.tile([1, 1, 0, 0, 0, 0], 10)
    outcome = BinaryOutcome(labels)
    splits = list(RepeatedSplits(4, by="sample").split(outcome, patients, seed()))
    permutations = BalancedPermutations.of(outcome, patients, splits, by="sample")
    permuted = labels[draw(permutations, 1)]
    for split in splits:
        assert abs(permuted[split.test].sum() - 4) <= 1


def test_a_permutation_depends_on_its_generator_alone():
    labels, patients = labels_of(50, 12), np.arange(50)
    splits = draw_splits(RepeatedFolds(5, 2), labels, patients)
    permutations = BalancedPermutations.of(BinaryOutcome(labels), patients, splits)
    first = draw(permutations, 1)
    draw(permutations, 2)
    np.testing.assert_array_equal(first, draw(permutations, 1))
    assert not np.array_equal(first, draw(permutations, 2))


def test_patients_have_equal_chances_and_true_labels_leave_no_trace():
    """Events of 60 patients, 15 of them; as many agree with the truth as by chance."""
    n, events, number = 60, 15, 100
    labels, patients = labels_of(n, events), np.arange(n)
    splits = draw_splits(RepeatedFolds(5, 2), labels, patients)
    permutations = BalancedPermutations.of(
        BinaryOutcome(labels), patients, splits, validates=False
    )
    drawn = np.array([labels[draw(permutations, i)] for i in range(number)])
    chance = events / n
    spread = (drawn.sum(axis=0) - number * chance) / np.sqrt(number * chance * (1 - chance))
    # The sum of squares is that of n - 1 freedoms, times n / (n - 1).
    assert stats.chi2.sf((spread**2).sum() * (n - 1) / n, n - 1) > 0.001
    agreeing = drawn[:, :events].sum(axis=1)
    expected = stats.hypergeom(n, events, events)
    error = expected.std() / np.sqrt(number)
    assert agreeing.mean() == pytest.approx(expected.mean(), abs=4 * error)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "events", "draws"), [(12, 4, 40), (13, 5, 12)])
def test_every_balanced_labelling_is_as_likely_as_any_other(n, events, draws):
    """Of 13 patients some labellings have twice as many others an exchange away."""
    labels, patients = labels_of(n, events), np.arange(n)
    splits = draw_splits(RepeatedFolds(4, 2), labels, patients)
    permutations = BalancedPermutations.of(
        BinaryOutcome(labels), patients, splits, validates=False
    )

    def is_balanced(chosen):
        return all(1 <= np.isin(split.test, chosen).sum() <= 2 for split in splits)

    balanced = [chosen for chosen in combinations(range(n), events) if is_balanced(chosen)]
    number = draws * len(balanced)
    drawn = [tuple(np.flatnonzero(labels[draw(permutations, i)])) for i in range(number)]
    counts = [drawn.count(chosen) for chosen in balanced]
    assert sum(counts) == number
    assert stats.chisquare(counts).pvalue > 0.001


def test_the_nearest_is_taken_where_there_are_too_few_patients():
    labels, patients = labels_of(16, 5), np.arange(16)
    splits = draw_splits(RepeatedFolds(5, 4), labels, patients)
    permutations = BalancedPermutations.of(BinaryOutcome(labels), patients, splits)
    drawn = {tuple(labels[draw(permutations, number)]) for number in range(3)}
    assert all(sum(of) == 5 for of in drawn)


def test_equal_outcomes_and_single_patients_of_a_size_stay():
    patients = np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    labels = np.array([1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0])
    splits = draw_splits(RepeatedSplits(2), labels, patients)
    permutations = BalancedPermutations.of(BinaryOutcome(labels), patients, splits)
    assert (labels[draw(permutations, 1)][:2] == 1).all()


def p_of_noise(number, permutations, n=36, events=9):
    """p of one study of noise, whose model is the difference of the means of two classes."""
    random = np.random.default_rng(number)
    X, labels, patients = random.normal(size=(n, 4)), labels_of(n, events), np.arange(n)
    splits = draw_splits(RepeatedFolds(3, 2), labels, patients)
    all_of = BalancedPermutations.of(BinaryOutcome(labels), patients, splits, validates=False)
    null = [
        mean_auc(X, labels[all_of.draw(np.random.default_rng([number, i]))], splits)
        for i in range(permutations)
    ]
    return compute_permutation_test(mean_auc(X, labels, splits), null).p_value


def mean_auc(X, labels, splits):
    aucs = []
    for split in splits:
        fitting = split.fitting_rows
        means = [X[fitting][labels[fitting] == label].mean(axis=0) for label in (0, 1)]
        rank = stats.rankdata(X[split.test] @ (means[1] - means[0]))
        is_event = labels[split.test] == 1
        n = is_event.sum()
        aucs.append((rank[is_event].sum() - n * (n + 1) / 2) / (n * (len(rank) - n)))
    return np.mean(aucs)


def require_uniform(p_values, permutations):
    # A p-value of k stands for the interval from the one before it.
    n = len(p_values)
    spread = p_values - np.random.default_rng(0).random(n) / (permutations + 1)
    assert stats.kstest(spread, "uniform").pvalue > 0.01


def test_p_is_uniform_without_a_signal():
    require_uniform(np.array([p_of_noise(number, 9) for number in range(30)]), 9)


@pytest.mark.slow
def test_p_is_uniform_without_a_signal_in_many_studies():
    p_values = np.array([p_of_noise(number, 19) for number in range(1000)])
    require_uniform(p_values, 19)
    assert stats.binomtest(int((p_values <= 0.05).sum()), 1000, 0.05).pvalue > 0.01


@pytest.mark.slow
def test_kept_splits_and_new_ones_give_the_same_null_distribution():
    """Mean and deviation of the AUC of one cohort over permutations of its labels."""
    random = np.random.default_rng(5)
    n, events, number = 80, 20, 600
    X, labels, patients = random.normal(size=(n, 10)), labels_of(n, events), np.arange(n)
    splits = draw_splits(RepeatedFolds(5, 2), labels, patients)
    all_of = BalancedPermutations.of(BinaryOutcome(labels), patients, splits)
    kept = [mean_auc(X, labels[draw(all_of, i)], splits) for i in range(number)]
    redrawn = []
    for i in range(number):
        permuted = np.random.default_rng([1, i]).permutation(labels)
        new = list(RepeatedFolds(5, 2).split(permuted, patients, seed(i)))
        redrawn.append(mean_auc(X, permuted, new))
    error = np.hypot(np.std(kept), np.std(redrawn)) / np.sqrt(number)
    assert np.mean(kept) == pytest.approx(np.mean(redrawn), abs=4 * error)
    assert np.std(kept) == pytest.approx(
        np.std(redrawn), rel=4 * 0.5 * np.sqrt(2 / number) * 1.2
    )
