"""A trained model knows its genes, its cohort, and what to expect of it."""

import numpy as np
import pytest
from scipy.special import expit

from deepcme import Cohort, DeepCMEEnsemble, DeepCMEError
from deepcme.evaluation.metrics import compute_auc
from deepcme.models.ensemble import compute_network_probabilities
from deepcme.models.preprocessing import make_preprocessor
from deepcme.trained.binary.training import calibrate
from deepcme.trained.new_samples import expression_of, match_genes, standardise
from deepcme.trained.training import train_model
from tests.trained.conftest import QUICK, bundle_cohort, ensembl_ids, symbols


def test_the_manifest_describes_cohort_genes_and_preprocessing(model, training_cohort):
    manifest = model.manifest
    assert manifest.endpoint == "invented = 1 against 0"
    assert manifest.cohort.samples == 120
    assert manifest.cohort.patients == 90
    assert manifest.cohort.positive_patients == 30
    assert manifest.cohort.fingerprint == training_cohort.fingerprint
    assert manifest.genes.id == ensembl_ids(version=3)
    assert manifest.genes.others == {"symbol": symbols()}
    assert manifest.preprocessing.log2
    assert not manifest.preprocessing.relative
    assert manifest.model.parameters["n_networks"] == 5


def test_expected_performance_comes_with_its_interval(model):
    performance = model.manifest.performance
    assert performance.folds == 5
    assert 0.5 < performance.auc.ci_low < performance.auc.value < performance.auc.ci_high < 1
    assert performance.sensitivity + performance.specificity > 1
    cohort = model.manifest.cohort
    prevalence = cohort.positive_patients / cohort.patients
    assert prevalence < performance.pr_auc_chance < performance.pr_auc.value


def test_expectation_holds_on_new_patients(model, other_cohort):
    expression = expression_of(other_cohort)
    match = match_genes(expression, model.manifest.genes)
    Z, _ = standardise(expression, match, model, "none")
    auc = compute_auc(other_cohort.labels, model.probabilities(Z))
    expected = model.manifest.performance.auc
    assert expected.ci_low - 0.1 < auc < expected.ci_high + 0.1


def test_standardised_values_are_those_of_the_training_pipeline(model, training_cohort):
    preprocessor = make_preprocessor("fpkm", absent_up_to=0.0, min_prevalence=0.1, clip=5.0)
    expected = preprocessor.fit_transform(training_cohort.X)
    expression = expression_of(training_cohort)
    match = match_genes(expression, model.manifest.genes)
    Z, notes = standardise(expression, match, model, "none")
    np.testing.assert_array_equal(Z, expected)
    assert notes == []


def test_the_model_does_not_depend_on_the_number_of_processes(training_cohort, model):
    from dataclasses import replace

    parallel = train_model(training_cohort, replace(QUICK, jobs=2))
    assert parallel.manifest == model.manifest
    first, second = (m.learned.networks[0][0].blocks[0].weight for m in (parallel, model))
    np.testing.assert_array_equal(first, second)


def test_cross_validation_holds_out_whole_patients(training_cohort, monkeypatch):
    """Every ensemble but the first, the final one, sees four fifths of the patients."""
    seen = []
    fit = DeepCMEEnsemble.fit

    def noting(self, X, y, groups):
        seen.append(set(groups))
        return fit(self, X, y, groups=groups)

    monkeypatch.setattr(DeepCMEEnsemble, "fit", noting)
    train_model(training_cohort, QUICK)
    assert [len(patients) for patients in seen] == [90] + [72] * 5
    left_out = [seen[0] - patients for patients in seen[1:]]
    assert set.union(*left_out) == seen[0]
    assert sum(map(len, left_out)) == 90


def test_calibration_is_fitted_out_of_fold(model, other_cohort):
    """Mean risk on new patients is near the share of events."""
    expression = expression_of(other_cohort)
    match = match_genes(expression, model.manifest.genes)
    Z, _ = standardise(expression, match, model, "none")
    probability = model.probabilities(Z)
    assert probability.mean() == pytest.approx(other_cohort.labels.mean(), abs=0.15)
    networks = model.learned.networks
    by_network = compute_network_probabilities(networks, Z).mean(axis=1)
    line = model.manifest.calibration
    log_odds = np.log(by_network / (1 - by_network))
    np.testing.assert_allclose(probability, expit(line.intercept + line.slope * log_odds))


def test_predictions_that_fall_with_the_risk_become_the_prevalence(random):
    import pandas as pd

    label = np.r_[np.ones(20), np.zeros(60)].astype(int)
    table = pd.DataFrame({"label": label, "score": -label + random.normal(size=80)})
    calibration, notes = calibrate(table)
    assert calibration.slope == 0
    assert expit(calibration.intercept) == pytest.approx(0.25)
    assert "predicts nothing" in notes[0]


def test_too_few_patients_is_told():
    cohort = bundle_cohort(ensembl_ids(5), n_patients=6)
    with pytest.raises(DeepCMEError, match="invented: a model needs at least 3 patients with"):
        train_model(cohort, QUICK)


def test_genes_rarely_expressed_and_normal_tissue_are_left_out():
    cohort = bundle_cohort(ensembl_ids(6), n_patients=45)
    X = cohort.X.copy()
    X[5:, 4] = 0.0
    tissue = ["normal" if i % 10 == 1 else "primary" for i in range(len(X))]
    changed = Cohort.from_arrays(
        X,
        cohort.labels,
        samples=list(cohort.samples),
        patients=list(cohort.patients),
        genes=list(cohort.gene_ids),
        tissue=tissue,
        endpoint="e",
        scale="fpkm",
    )
    model = train_model(changed, QUICK)
    assert model.manifest.genes.id == [g for g in ensembl_ids(6) if not g.endswith("5")]
    assert model.manifest.cohort.tissue == {"primary": 54}
