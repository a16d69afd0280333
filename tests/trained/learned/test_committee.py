"""A committee is kept member by member, and says what its members say."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier

from deepcme import DeepCMEError
from deepcme.evaluation.metrics import compute_auc
from deepcme.models.committee.committee import DeepCMECommittee
from deepcme.models.preprocessing import make_preprocessor
from deepcme.models.registry import KINDS
from deepcme.trained import files
from deepcme.trained.files import load_model, save_model
from deepcme.trained.learned.arrays import UnfitArraysError
from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.learned.committee import LearnedCommittee
from deepcme.trained.learned.forest import LearnedForest
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.training import TrainingSettings, train_model
from deepcme.trained.validation import validate_model
from tests.trained.learned.profiles import require_no_profile

N_GENES = 12
MEMBERS = ("LR-tuned", "SVC-linear", "RF")
FORMS = ["coefficients", "forest", "coefficients"]


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(0).normal(size=(80, N_GENES)).astype(np.float32)


def linear(seed, intercept=0.0):
    coefficients = np.random.default_rng(seed).normal(size=N_GENES).astype(np.float32)
    return LearnedCoefficients(np.array([intercept], np.float32), coefficients)


@pytest.fixture(scope="module")
def committee(values):
    """The last of three members does not count."""
    forest = RandomForestClassifier(10, random_state=0).fit(values, values[:, 0] > 0)
    members = [linear(1, 0.5), LearnedForest.of(forest, values), linear(2)]
    numbers = np.array([0.5, 0.4, 0.0]), np.array([2.0, 0.1, 0.0]), np.array([-1.0, 0.8])
    return LearnedCommittee(members, *numbers)


def test_the_score_is_the_line_at_the_mean_deviation_of_who_counts(committee, values):
    scores = committee.evaluate(values)
    first, second, _ = (member.evaluate(values).score for member in committee.members)
    deviations = np.stack([(first - 0.5) / 2, (second - 0.4) / 0.1], axis=1)
    np.testing.assert_allclose(scores.score, -1 + 0.8 * deviations.mean(axis=1))
    np.testing.assert_allclose(scores.by_member, -1 + 0.8 * deviations)
    assert committee.counting == [0, 1]


def test_genes_add_up_to_the_score(committee, values):
    """Against the training mean, and of the forest against its roots."""
    shares = committee.attribute(values).sum(axis=1)
    start = committee.evaluate(values).score - shares
    np.testing.assert_allclose(start, start[0])
    forest = committee.members[1]
    of_roots = forest.value[forest.roots].mean()
    np.testing.assert_allclose(start[0], -1 + 0.8 * (0 + (of_roots - 0.4) / 0.1) / 2)


def test_nobody_who_counts_gives_everybody_the_same(values):
    committee = LearnedCommittee([linear(1)], np.zeros(1), np.zeros(1), np.array([-1.0, 0.8]))
    scores = committee.evaluate(values)
    np.testing.assert_array_equal(scores.score, -1.0)
    assert scores.by_member is None
    assert not committee.attribute(values).any()


def test_a_round_trip_through_arrays(committee, values):
    read = LearnedCommittee.from_arrays(dict(committee.arrays()), N_GENES, FORMS)
    np.testing.assert_array_equal(read.evaluate(values).score, committee.evaluate(values).score)
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


@pytest.fixture(scope="module")
def fitted(values):
    y = (values[:, 0] - values[:, 1] + np.random.default_rng(1).normal(size=80) > 0).astype(int)
    return DeepCMECommittee(MEMBERS, random_state=0).fit(values, y)


@pytest.fixture(scope="module")
def kept(fitted, values):
    forms = [KINDS[name].saved_as for name in MEMBERS]
    return LearnedCommittee.of(fitted, values, forms)


def test_what_is_kept_scores_as_what_was_fitted(fitted, kept, values):
    new = np.random.default_rng(2).normal(size=(50, N_GENES)).astype(np.float32)
    scores = kept.evaluate(new)
    np.testing.assert_allclose(scores.score, fitted.decision_function(new), atol=1e-5)
    of_members = fitted.intercept_ + fitted.slope_ * fitted.score_members(new)
    np.testing.assert_allclose(scores.by_member, of_members, atol=1e-5)


def test_nothing_kept_is_a_patients_profile_or_weight(fitted, kept, values):
    """A support vector machine is its support vectors and their weights, and is not kept so."""
    machine = fitted.members_[MEMBERS.index("SVC-linear")]
    of_samples = [machine.dual_coef_[0], fitted.oof_decision_function_, *fitted.oof_members_.T]
    require_no_profile(kept.arrays(), values, of_samples)
    for held in (machine.support_vectors_[:1], machine.dual_coef_):
        with pytest.raises(AssertionError):  # what would be found, is
            require_no_profile([("held", held)], values, of_samples)


@pytest.fixture(scope="module")
def in_use(training_cohort):
    settings = TrainingSettings(
        repeats=1, model="Committee", parameters={"members": ("LR", "SVC-linear", "DT")}
    )
    return train_model(training_cohort, settings)


@pytest.fixture(scope="module")
def folder(in_use, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "committee"
    save_model(in_use, path)
    return path


def test_a_committees_file_round_trips(folder, in_use, other_cohort, tmp_path):
    read = load_model(folder)
    assert read.manifest == in_use.manifest
    predicted = [predict(model, expression_of(other_cohort)).table for model in (read, in_use)]
    pd.testing.assert_frame_equal(*predicted)
    save_model(read, tmp_path / "again")
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_the_manifest_names_the_members(folder):
    content = json.loads((folder / "manifest.json").read_text())
    assert content["schema_version"] == 7
    assert content["model"]["members"] == [
        {"name": "LR", "form": "coefficients"},
        {"name": "SVC-linear", "form": "coefficients"},
        {"name": "DT", "form": "forest"},
    ]


def test_no_training_sample_is_in_the_file(folder, training_cohort):
    arrays = load_file(folder / "model.safetensors")
    preprocessor = make_preprocessor("fpkm", absent_up_to=0.0, min_prevalence=0.1, clip=5.0)
    X = training_cohort.X
    for rows in (X, np.log2(X + 1), preprocessor.fit_transform(X)):
        require_no_profile(arrays.items(), rows)


def test_an_older_version_asks_for_an_update(folder, monkeypatch):
    """What was the newest schema before this one refuses its models."""
    monkeypatch.setattr(files, "SCHEMA_VERSION", 6)
    with pytest.raises(DeepCMEError, match=r"newer deepcme wrote this model \(schema 7"):
        load_model(folder)


def test_predictions_show_what_each_member_says(in_use, other_cohort):
    """The spread is that of what is shown, and their mean in log-odds is what is told."""
    table = predict(in_use, expression_of(other_cohort)).table
    shown = table["members"].str.extractall(r"(?P<name>\S+) (?P<value>[\d.]+)(?:;|$)")
    assert list(shown["name"].unique()) == ["LR", "SVC-linear", "DT"]
    by_member = shown["value"].astype(float).unstack().to_numpy()
    np.testing.assert_allclose(by_member.std(axis=1), table["spread"], atol=1e-3)
    inner = ((by_member > 0.05) & (by_member < 0.95)).all(axis=1)
    mean = expit(logit(by_member[inner]).mean(axis=1))
    np.testing.assert_allclose(mean, table.loc[inner, "probability"], atol=5e-3)
    assert table["genes"].str.contains("GENE1 ").mean() > 0.3


def test_a_sample_without_a_prediction_shows_no_member(in_use, other_cohort):
    X = other_cohort.X.copy()
    X[3] = 1.0
    table = predict(in_use, replace(expression_of(other_cohort), X=X)).table
    assert table.loc[3, "members"] == ""
    assert np.isnan(table.loc[3, "spread"])


def test_a_committee_is_validated_as_any_model(in_use, other_cohort):
    found = validate_model(in_use, other_cohort).tables["external_auc"].iloc[0]["value"]
    assert found == pytest.approx(in_use.manifest.performance.auc.value, abs=0.15)


def test_members_that_cannot_be_kept_are_named():
    with pytest.raises(
        DeepCMEError, match=r"Committee with KNN cannot be kept .* leave it out"
    ):
        TrainingSettings(model="Committee", parameters={"members": ["KNN", "RF"]})
    with pytest.raises(DeepCMEError, match="Committee with SVC cannot be kept"):
        TrainingSettings(model="Committee", parameters={"members": ["SVC", "RF"]})


@pytest.mark.slow
def test_the_default_members_are_kept(training_cohort, other_cohort, tmp_path):
    trained = train_model(training_cohort, TrainingSettings(repeats=1, model="Committee"))
    save_model(trained, tmp_path / "model")
    read = load_model(tmp_path / "model")
    found = predict(read, expression_of(other_cohort)).table["probability"]
    assert compute_auc(other_cohort.labels, found.to_numpy()) > 0.75
    require_no_profile(read.learned.arrays(), training_cohort.X)
