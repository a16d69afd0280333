"""A committee is kept member by member, and says what its members say."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from deepcme.trained.learned.arrays import UnfitArraysError
from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.learned.committee import LearnedCommittee
from deepcme.trained.learned.forest import LearnedForest

N_GENES = 12
FORMS = ["coefficients", "forest", "coefficients"]


@pytest.fixture(scope="module")
def Z():
    return np.random.default_rng(0).normal(size=(80, N_GENES)).astype(np.float32)


def linear(seed, intercept=0.0):
    coefficients = np.random.default_rng(seed).normal(size=N_GENES).astype(np.float32)
    return LearnedCoefficients(np.array([intercept], np.float32), coefficients)


@pytest.fixture(scope="module")
def committee(Z):
    """The last of three members does not count."""
    forest = RandomForestClassifier(10, random_state=0).fit(Z, Z[:, 0] > 0)
    members = [linear(1, 0.5), LearnedForest.of(forest, Z), linear(2)]
    numbers = np.array([0.5, 0.4, 0.0]), np.array([2.0, 0.1, 0.0]), np.array([-1.0, 0.8])
    return LearnedCommittee(members, *numbers)


def test_the_score_is_the_line_at_the_mean_deviation_of_who_counts(committee, Z):
    scores = committee.evaluate(Z)
    first, second, _ = (member.evaluate(Z).score for member in committee.members)
    deviations = np.stack([(first - 0.5) / 2, (second - 0.4) / 0.1], axis=1)
    np.testing.assert_allclose(scores.score, -1 + 0.8 * deviations.mean(axis=1))
    np.testing.assert_allclose(scores.by_member, -1 + 0.8 * deviations)
    assert committee.counting == [0, 1]


def test_genes_add_up_to_the_score(committee, Z):
    """Against the training mean, and of the forest against its roots."""
    shares = committee.attribute(Z).sum(axis=1)
    start = committee.evaluate(Z).score - shares
    np.testing.assert_allclose(start, start[0])
    forest = committee.members[1]
    of_roots = forest.value[forest.roots].mean()
    np.testing.assert_allclose(start[0], -1 + 0.8 * (0 + (of_roots - 0.4) / 0.1) / 2)


def test_nobody_who_counts_gives_everybody_the_same(Z):
    committee = LearnedCommittee([linear(1)], np.zeros(1), np.zeros(1), np.array([-1.0, 0.8]))
    scores = committee.evaluate(Z)
    np.testing.assert_array_equal(scores.score, -1.0)
    assert scores.by_member is None
    assert not committee.attribute(Z).any()


def test_a_round_trip_through_arrays(committee, Z):
    read = LearnedCommittee.from_arrays(dict(committee.arrays()), N_GENES, FORMS)
    np.testing.assert_array_equal(read.evaluate(Z).score, committee.evaluate(Z).score)
    assert [name for name, _ in read.arrays()] == [name for name, _ in committee.arrays()]


def cut(name):
    return lambda a: a.update({name: a[name][:-1]})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: a.pop("committee.centres"), "not those of 3 members"),
        (cut("committee.spreads"), "not those of 3 members"),
        (cut("committee.line"), "not those of 3 members"),
        (lambda a: a.update({"committee.more": np.ones(3)}), "not those of 3 members"),
        (lambda a: a.update({"committee.line": np.ones(2, int)}), "not hold finite"),
        (lambda a: a.update({"committee.spreads": -np.ones(3)}), "deviation is negative"),
        (lambda a: a.update({"members.3.x": np.ones(3)}), "members.3.x belongs to no member"),
        (
            lambda a: a.update({"members.0.linear.intercept": np.ones(1)}),
            "of member 0 of the committee, the array linear.intercept does not hold",
        ),
        (cut("members.2.linear.coefficients"), "of member 2 .* not those of 12 genes"),
        (lambda a: a.pop("members.1.forest.left"), "of member 1 .* not those of a forest"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(committee, change, sentence):
    arrays = dict(committee.arrays())
    change(arrays)
    with pytest.raises(UnfitArraysError, match=sentence):
        LearnedCommittee.from_arrays(arrays, N_GENES, FORMS)
