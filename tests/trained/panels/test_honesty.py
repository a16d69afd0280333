"""What a panel says of itself is true: its AUC by hand, and in cohorts of which it is known."""

import numpy as np
import pytest
from scipy.stats import ttest_ind
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from deepcme import Cohort, GenePanelClassifier, simulate
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.honest import draw_honest_splits, fit_seed, split_seed
from deepcme.trained.panels import resampling
from deepcme.trained.panels.values import PanelValues
from deepcme.trained.training import TrainingSettings, train_model
from tests.trained.conftest import symbols
from tests.trained.panels.brief import make_networks_brief

PANEL = TrainingSettings(panel=5, repeats=1)
N_NEW = 2000


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """No interval of a risk is asked for here."""
    monkeypatch.setattr(resampling, "RESAMPLES", 2)


def simulate_patients(seed, n, effect):
    return simulate(
        samples=n,
        genes=80,
        events=n // 3,
        signal_genes=12 if effect else 0,
        effect=effect,
        module_size=10,
        repeated_samples=0,
        seed=seed,
    )


def true_auc(model, new):
    columns = [list(new.gene_ids).index(gene) for gene in model.manifest.genes.id]
    Z = PanelValues.of(model, new.X[:, columns]).standardised()
    return roc_auc_score(new.labels, model.learned.evaluate(Z).score)


def test_the_expected_auc_is_that_of_folds_by_hand(monkeypatch):
    make_networks_brief(monkeypatch)
    random = np.random.default_rng(3)
    labels = np.arange(60) % 3 == 0
    X = random.normal(8, 2, size=(60, 25)).astype(np.float32)
    X[:, :4] += labels[:, np.newaxis] * 1.5
    names = [f"P{patient}" for patient in range(60)]
    cohort = Cohort.from_arrays(
        X,
        labels.astype(int),
        samples=names,
        patients=names,
        genes=symbols(25),
        endpoint="invented event = 1, none = 0",
        scale="log2",
    )
    auc = train_model(cohort, PANEL).manifest.performance.auc.value

    by_hand, patients = [], CohortArrays.of(cohort).patients
    splits = draw_honest_splits(cohort, split_seed(1), repeats=1)
    for number, split in enumerate(splits, start=1):
        fitted, values = split.fitting_rows, cohort.X.astype(np.float64)
        z = (values - values[fitted].mean(axis=0)) / values[fitted].std(axis=0)
        z = np.clip(z, -5, 5)
        y = cohort.labels[fitted]
        panel = GenePanelClassifier(size=5, random_state=fit_seed(1, "Panel", number))
        panel.fit(z[fitted], y, groups=patients[fitted])
        assert panel.refit_ == "linear"
        t = ttest_ind(z[fitted][y == 1], z[fitted][y == 0], equal_var=False).statistic
        genes = np.argsort(-np.abs(t))[:5]
        ridge = LogisticRegression(C=panel.strength_, tol=1e-8).fit(z[fitted][:, genes], y)
        score = ridge.decision_function(z[split.test][:, genes])
        by_hand.append(roc_auc_score(cohort.labels[split.test], score))
    assert auc == pytest.approx(np.mean(by_hand), abs=1e-9)


@pytest.mark.slow
def test_of_noise_nothing_is_promised():
    promised = []
    for seed in range(1, 101):
        noise = simulate_patients(seed, 90, 0.0)
        promised.append(train_model(noise, PANEL).manifest.performance.auc.value)
    assert np.mean(promised) == pytest.approx(0.5, abs=0.03)


@pytest.mark.slow
def test_the_interval_holds_the_auc_of_new_patients():
    held = []
    for seed in range(1, 61):
        cohort = simulate_patients(seed, 120 + N_NEW, 0.5)
        model = train_model(cohort[:120], PANEL)
        auc = model.manifest.performance.auc
        held.append(auc.ci_low <= true_auc(model, cohort[120:]) <= auc.ci_high)
    assert np.mean(held) >= 0.9
