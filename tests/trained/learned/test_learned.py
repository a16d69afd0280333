"""Every kind of model that can be handed on: the same after a round trip, told gene by gene."""

import json

import numpy as np
import pytest
from scipy.special import expit

from deepcme import DeepCMEError
from deepcme.base.seeds import integer_seed, seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration
from deepcme.models.baselines import TunedLogisticRegression
from deepcme.trained.files import load_model, save_model
from deepcme.trained.learned.forest import LearnedForest
from deepcme.trained.new_samples import expression_of, match_genes, standardise
from deepcme.trained.prediction import predict
from deepcme.trained.training import TrainingSettings, train_model
from deepcme.trained.validation import validate_model
from tests.trained.conftest import QUICK
from tests.trained.learned.profiles import require_no_profile

NETWORK = {"hidden_layers": (6, 4), "max_epochs": 25, "learning_rate": 1e-2, "penalty": None}
KINDS = {
    "DeepCME": NETWORK,
    "LR": {"C": 0.01},
    "LR-tuned": {},
    "SVC": {"kernel": "linear"},
    "RF": {"n_estimators": 20},
}
FORMS = {"DeepCME": "networks", "RF": "forest"}


def standardised(model, cohort):
    expression = expression_of(cohort)
    match = match_genes(expression, model.manifest.genes)
    return standardise(expression, match, model, "none")[0]


@pytest.fixture(scope="module", params=KINDS)
def other_kind(request, training_cohort):
    settings = TrainingSettings(repeats=1, model=request.param, parameters=KINDS[request.param])
    return train_model(training_cohort, settings)


def test_a_round_trip_gives_the_same_bytes_and_probabilities(
    other_kind, other_cohort, tmp_path
):
    save_model(other_kind, tmp_path / "model")
    read = load_model(tmp_path / "model")
    assert read.manifest == other_kind.manifest
    Z = standardised(other_kind, other_cohort)
    np.testing.assert_array_equal(read.probabilities(Z), other_kind.probabilities(Z))
    save_model(read, tmp_path / "again")
    for path in (tmp_path / "model").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_the_manifest_names_the_kind(other_kind, tmp_path):
    save_model(other_kind, tmp_path / "model")
    content = json.loads((tmp_path / "model" / "manifest.json").read_text())
    name = content["model"]["name"]
    assert content["schema_version"] == 7
    assert content["model"]["form"] == FORMS.get(name, "coefficients")
    given = json.loads(json.dumps(KINDS[name]))
    assert given.items() <= content["model"]["parameters"].items()
    assert "deprecated" not in content["model"]["parameters"].values()


def test_no_sample_is_kept(other_kind, training_cohort):
    """Arrays grow with the genes and not with the samples, and hold no sample's values."""
    n_samples = training_cohort.n_samples
    kept = dict(other_kind.learned.arrays())
    for name, array in kept.items():
        assert n_samples not in array.shape, name
    require_no_profile(kept.items(), standardised(other_kind, training_cohort))


def test_genes_add_up_to_the_score(other_kind, other_cohort):
    """They are told against the training mean, those of a forest against its roots."""
    Z, learned = standardised(other_kind, other_cohort)[:20], other_kind.learned
    score, start = learned.evaluate(Z).score, learned.evaluate(np.zeros_like(Z[:1])).score
    if isinstance(learned, LearnedForest):
        start = learned.value[learned.roots].mean()
    shares = learned.attribute(Z)
    np.testing.assert_allclose(shares.sum(axis=1), score - start, atol=0.1)


def test_one_model_has_no_spread(other_kind, other_cohort):
    table = predict(other_kind, expression_of(other_cohort)).table
    assert table["spread"].isna().all()
    assert table["probability"].between(0, 1).all()
    assert table["genes"].str.contains("GENE1 ").mean() > 0.3  # 5 of 40 by chance


def test_expectation_holds_on_new_patients(other_kind, other_cohort):
    found = validate_model(other_kind, other_cohort).tables["external_auc"].iloc[0]["value"]
    assert found == pytest.approx(other_kind.manifest.performance.auc.value, abs=0.15)


def test_tuned_regression_is_fitted_and_calibrated_as_by_hand(training_cohort, other_cohort):
    model = train_model(training_cohort, TrainingSettings(repeats=1, model="LR-tuned"))
    Z = standardised(model, training_cohort)
    seed = integer_seed(seed_for(1, "model", "final"))
    by_hand = TunedLogisticRegression(random_state=seed)
    by_hand.fit(Z, training_cohort.labels, groups=CohortArrays.of(training_cohort).patients)
    Z = standardised(model, other_cohort)
    line, oof = model.manifest.calibration, by_hand.oof_decision_function_
    platt = PlattRecalibration.fit(training_cohort.labels, oof)
    assert (line.intercept, line.slope) == (platt.intercept, platt.slope)
    expected = expit(line.intercept + line.slope * by_hand.decision_function(Z))
    np.testing.assert_allclose(model.probabilities(Z), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"model": "KNN"},
            "KNN cannot be kept to predict others, as it is made of the training samples: .* "
            "from DeepCME, DeepCME-ensem",
        ),
        ({"model": "SVC"}, "SVC cannot be kept .* SVC with kernel='linear' in Python"),
        ({"model": "SVC", "parameters": {"kernel": "poly"}}, "SVC cannot be kept"),
        ({"model": "LRR"}, "There is no model 'LRR': choose from DeepCME"),
        ({"model": "LR", "parameters": {"D": 1}}, "LR takes no parameter 'D'"),
        (
            {"model": "LR", "ensemble": {"dropout": 0.1}},
            "ensemble is for parameters of DeepCME",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(settings, sentence):
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        TrainingSettings(**settings)
    assert "\n" not in str(caught.value)


def test_parameters_of_the_ensemble_go_by_either_name(training_cohort, model):
    settings = TrainingSettings(repeats=1, parameters=QUICK.ensemble)
    assert train_model(training_cohort, settings).manifest == model.manifest
