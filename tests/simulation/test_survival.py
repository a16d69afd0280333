"""A simulated cohort of times has the follow-up asked for and the truth it says it has."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from deepcme import Cohort, DeepCMEError
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.measured import UNO
from deepcme.models.survival.screening import compute_score_statistics
from deepcme.simulation.cohorts import CohortDesign, simulate_cohort
from deepcme.simulation.survival import (
    TRUTH,
    FollowUpDesign,
    SurvivalDesign,
    draw_follow_up,
    simulate_survival_cohort,
)

DESIGN = SurvivalDesign(
    samples=800, genes=1000, signal_genes=12, effect=0.3, rare_genes=0.2, batches=1,
    repeated_samples=0.0, follow_up=FollowUpDesign(horizon=5.0, risk=0.4, censored=0.2),
)  # fmt: skip
SMALL = SurvivalDesign(samples=60, genes=120, signal_genes=5, effect=0.5)


@pytest.fixture(scope="module")
def simulated() -> Cohort:
    return simulate_survival_cohort(DESIGN, seed=7)


def log2_expression(cohort):
    return np.log2(cohort.X.astype(float) + 1)


def test_follow_up_is_as_asked(simulated):
    outcome = simulated.outcome
    assert (outcome.endpoint.unit, outcome.endpoint.horizon) == ("years", 5.0)
    assert outcome.times.max() <= 10
    lost = (outcome.times < 5) & (outcome.ends == 0)
    assert lost.mean() == pytest.approx(0.2, abs=0.04)
    # Some of the events by the horizon come after the loss.
    assert 0.3 < outcome.cases_at(5.0).mean() < 0.4
    assert (outcome.times > 5).mean() == pytest.approx(0.45, abs=0.06)


def test_truth_is_written_as_that_of_labels_is_and_survives_the_disk(simulated, tmp_path):
    simulated.save(tmp_path / "sim.h5ad")
    loaded = Cohort.load(tmp_path / "sim.h5ad")
    assert loaded.fingerprint == simulated.fingerprint
    var = loaded.adata.var
    assert loaded.provenance["signal_genes"] == var.loc[var["signal"], "effect"].to_dict()
    assert set(var.loc[var["signal"], "effect"].abs()) == {0.3}
    assert loaded.provenance["design"]["follow_up"]["risk"] == 0.4
    labelled = simulate_cohort(CohortDesign(samples=60, genes=120, events=20, signal_genes=5))
    assert list(labelled.adata.var) == list(var)
    assert {*labelled.provenance, "truth"} == {*loaded.provenance}


def test_same_seed_same_bytes():
    first, again = (simulate_survival_cohort(SMALL, seed=3) for _ in range(2))
    assert first.fingerprint == again.fingerprint
    assert first.obs[TRUTH].equals(again.obs[TRUTH])
    assert simulate_survival_cohort(SMALL, seed=4).fingerprint != first.fingerprint


def test_log_hazard_is_linear_in_the_true_genes(simulated):
    var = simulated.adata.var
    signal = var["signal"].to_numpy()
    expression = stats.zscore(log2_expression(simulated)[:, signal])
    design = np.column_stack([np.ones(len(expression)), expression])
    truth = simulated.obs[TRUTH].to_numpy()
    found, *_ = np.linalg.lstsq(design, truth, rcond=None)
    # Counting noise and batches take a little from the genes.
    assert found[1:] == pytest.approx(var.loc[signal, "effect"].to_numpy(), abs=0.06)
    assert np.corrcoef(design @ found, truth)[0, 1] > 0.98


def test_hazards_are_those_of_the_true_genes(simulated):
    truth = simulated.obs[[TRUTH]].to_numpy()
    fitted = fit_cox_regression(truth, simulated.outcome.follow_up)
    assert fitted.coefficients[0] == pytest.approx(1, abs=2.5 * fitted.standard_errors[0])


def test_true_concordance_is_that_of_the_true_log_hazards(simulated):
    at = AtHorizon.draw(simulated.outcome.follow_up, 5.0, np.random.default_rng(0), 100)
    found = UNO.of(at, simulated.obs[TRUTH].to_numpy()).interval()
    true = simulated.provenance["truth"]["concordance"]
    assert found.ci_low < true < found.ci_high
    assert true == pytest.approx(found.value, abs=0.03)
    assert f"would have a C of {true:.3f}" in simulated.notes[1]


def test_true_genes_come_first(simulated):
    statistic = np.abs(
        compute_score_statistics(log2_expression(simulated), simulated.outcome.follow_up)
    )
    signal = simulated.adata.var["signal"].to_numpy()
    assert signal[np.argsort(-statistic)[:12]].mean() >= 0.5


def test_without_effect_a_tenth_of_the_score_tests_has_p_below_a_tenth():
    below = []
    for seed in range(5):
        cohort = simulate_survival_cohort(replace(DESIGN, samples=200, effect=0.0), seed)
        assert cohort.provenance["truth"]["concordance"] == pytest.approx(0.5)
        expressed = np.median(cohort.X, axis=0) > 8
        statistic = compute_score_statistics(
            log2_expression(cohort)[:, expressed], cohort.outcome.follow_up
        )
        below.append(np.mean(2 * stats.norm.sf(np.abs(statistic)) < 0.1))
    assert np.mean(below) == pytest.approx(0.1, abs=0.03)


def test_samples_of_a_patient_share_the_follow_up_of_the_first():
    cohort = simulate_survival_cohort(
        replace(SMALL, samples=200, repeated_samples=0.3, normal_tissue=0.5), seed=2
    )
    assert cohort.n_patients == 140
    per_patient = cohort.obs.groupby("patient")[["time", "event", TRUTH]].nunique()
    assert (per_patient == 1).all(axis=None)
    assert (cohort.obs["tissue"] == "normal").sum() == 30


def test_a_shape_above_1_brings_events_later_and_the_same_risk():
    random = np.random.default_rng(1)
    log_hazard = random.normal(size=4000)
    early, late = (
        draw_follow_up(log_hazard, FollowUpDesign(risk=0.5, censored=0, shape=shape), random)
        for shape in (1, 3)
    )
    for follow_up in (early, late):
        assert np.mean(follow_up.times <= 5) == pytest.approx(0.5, abs=0.025)
    assert np.mean(late.times < 1) < 0.02 < 0.1 < np.mean(early.times < 1)


def test_nobody_is_lost_before_the_horizon_where_none_should_be():
    random = np.random.default_rng(1)
    design = FollowUpDesign(unit="months", horizon=60, censored=0, longest=61)
    follow_up = draw_follow_up(random.normal(size=500), design, random)
    assert (follow_up.events[follow_up.times < 60] == 1).all()
    assert follow_up.times.max() <= 61


def test_the_mean_of_the_log_hazards_has_no_say():
    log_hazard = np.random.default_rng(1).normal(size=50)
    first, moved = (
        draw_follow_up(log_hazard + by, FollowUpDesign(), np.random.default_rng(2))
        for by in (0, 1000)
    )
    assert first.times == pytest.approx(moved.times)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"unit": "weeks"}, "unit must be days, months or years, not 'weeks'"),
        ({"horizon": 0.0}, r"The horizon must be greater than 0, not 0\."),
        ({"shape": float("nan")}, r"The shape must be 0\.1 to 10, not nan"),
        ({"risk": 1.0}, "risk by the horizon must lie between 0 and 1, not be 1"),
        ({"censored": 0.99}, r"lost before the horizon must be 0 or more and at most 0\.95"),
        ({"longest": 5.0}, r"longest follow-up must be beyond the horizon of 5, not 5\."),
    ],
)
def test_impossible_follow_up_is_refused_in_one_sentence(change, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        FollowUpDesign(**change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"samples": 1}, "takes 2 samples or more, not 1"),
        ({"signal_genes": 91}, "of 120 genes, 90 are not rare"),
        ({"effect": -0.1}, r"Effect must be 0 or more, not -0\.1"),
    ],
)
def test_impossible_numbers_are_refused_in_one_sentence(change, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        replace(SMALL, **change)


def test_more_than_can_be_is_refused_in_one_sentence():
    with pytest.raises(
        DeepCMEError, match=r"a standard deviation of .* choose a smaller effect"
    ):
        simulate_survival_cohort(replace(SMALL, effect=20))
    early = FollowUpDesign(risk=0.9, censored=0.9, shape=0.1)
    with pytest.raises(
        DeepCMEError, match=r"A share of 0\.9 cannot be lost before the horizon"
    ):
        draw_follow_up(np.zeros(20), early, np.random.default_rng(1))
