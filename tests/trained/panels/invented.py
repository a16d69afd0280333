"""Panel models made of nothing: their numbers are drawn, so that none has to be trained."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from scipy.special import expit

from deepcme.evaluation.survival.baseline import Baseline
from deepcme.network.architecture import Hyperparameters, initialise_weights
from deepcme.trained.binary.manifest import BinaryManifest
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.files import load_model, save_model
from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.learned.networks import LearnedHazardNetworks, LearnedNetworks
from deepcme.trained.model import GeneStatistics
from deepcme.trained.panels.panel import RANGE_QUANTILES, RISK_QUANTILES, Panel
from deepcme.trained.self_test import score_self_test
from deepcme.trained.survival.manifest import SurvivalManifest
from deepcme.trained.survival.model import SurvivalModel

HORIZON = 5.0
N_PATIENTS = 300


def invented_panel_model(
    kind="binary",
    refit="linear",
    genes=5,
    log2=False,
    reference=(),
    *,
    resamples=None,
    seed=0,
    slope=0.8,
):
    """A panel model as training would hand it on, written and read again; made once for all.

    Parameters
    ----------
    kind : {"binary", "survival"}
        Of a horizon of 5 years.
    refit : {"linear", "networks"}
    genes : int or list of str
        Symbols of the genes, or their number: GENE1 and so on.
    log2 : bool
        Whether values are FPKM, of which log2(x + 1) is taken, and not log2 values.
    reference : int or list of str
        The same of the reference genes: REF1 and so on.
    resamples : int, optional
        Resampled refits: 200, or 40 of networks.
    slope : float
        Of the calibration; 0 of a model that gives everybody the same.
    """
    names = _names("GENE", genes), _names("REF", reference)
    return _make(kind, refit, *names, log2, resamples, seed, slope)


@cache
def _make(kind, refit, genes, reference, log2, resamples, seed, slope):
    random = np.random.default_rng([seed, len(genes)])
    # What is standardised, of patients: the logged values, less their reference genes.
    level = 0.0 if reference else 7.0
    centre = random.normal(level, 1.0, len(genes))
    spread = random.uniform(0.8, 1.6, len(genes))
    values = (centre + spread * random.normal(size=(N_PATIENTS, len(genes)))).astype("f4")
    statistics = GeneStatistics(
        np.median(values, axis=0), values.mean(axis=0), values.std(axis=0)
    )
    Z = np.clip((values - statistics.mean) / statistics.scale, -5, 5).astype(np.float64)
    resamples = resamples or (200 if refit == "linear" else 40)
    learned, parts = _REFITS[refit](kind, len(genes), resamples, slope, random)
    score = learned.evaluate(Z).score
    shared = {
        **_shared(genes, log2, kind, refit),
        "self_test": score_self_test(learned, len(genes)),
        "panel": {
            "rule": "number",
            "ranker": "t",
            "candidates": 100,
            "refit": refit,
            "reference": {"id": list(reference), "others": {}} if reference else None,
        },
    }
    ranges = np.quantile(values.astype(np.float64), RANGE_QUANTILES, axis=0).T
    make = _make_binary if kind == "binary" else _make_survival
    model = make(shared, learned, statistics, ranges, parts, score, slope, random)
    with tempfile.TemporaryDirectory() as folder:
        save_model(model, Path(folder) / "model")
        return load_model(Path(folder) / "model")


def _names(stem, names):
    return (
        tuple(f"{stem}{n + 1}" for n in range(names)) if isinstance(names, int) else (*names,)
    )


def _linear(kind, n_genes, resamples, slope, random):
    coefficients = random.normal(0, 2 / np.sqrt(n_genes), n_genes).astype(np.float32)
    intercept = np.array([-0.4 if kind == "binary" else 0.1], np.float32)
    calibrated = slope * np.r_[intercept, coefficients].astype(np.float64)
    noise = random.normal(0, 0.15, (resamples, 1 + n_genes))
    return LearnedCoefficients(intercept, coefficients), {"resampled": calibrated + noise}


def _networks(kind, n_genes, resamples, slope, random):
    settings = {} if kind == "binary" else {"loss": "cox"}
    shape = Hyperparameters(hidden_layers=(8, 4), **settings)

    def draw(members):
        networks = []
        for _ in range(members):
            weights = initialise_weights(n_genes, shape, random)
            weights.output_weight *= np.float32(4)
            networks.append([weights])
        if kind == "binary":
            return LearnedNetworks(networks)
        return LearnedHazardNetworks(networks, random.normal(0, 0.1, members).astype("f4"))

    lines = np.column_stack([np.zeros(resamples), np.full(resamples, slope)])
    parts = {"networks": tuple(draw(1) for _ in range(resamples)), "lines": lines}
    return draw(3), parts


_REFITS = {"linear": _linear, "networks": _networks}


def _shared(genes, log2, kind, refit):
    form = {"linear": "coefficients", "networks": "networks"}[refit]
    if refit == "networks" and kind == "survival":
        form = "hazard networks"
    return {
        "package_version": "0.1.0",
        "version": "1",
        "date": "2026-11-28",
        "endpoint": "invented = 1 against 0" if kind == "binary" else "Time to relapse.",
        "cohort": {
            "name": "invented",
            "source": "drawn",
            "fingerprint": "0" * 64,
            "samples": N_PATIENTS,
            "patients": N_PATIENTS,
            "positives": 100,
            "positive_patients": 100,
            "tissue": {"primary": N_PATIENTS},
        },
        "preprocessing": {
            "scale": "fpkm" if log2 else "log2",
            "log2": log2,
            "relative": False,
            "min_prevalence": 0.1 if log2 else 0.0,
            "clip": 5.0,
        },
        "model": {"name": "panel", "form": form, "parameters": {}},
        "genes": {
            "id": [f"ENSG{number:011d}" for number in range(1, len(genes) + 1)],
            "others": {"symbol": list(genes)},
        },
        "far_distance": 2.5,
        "notes": [],
        "training_ids": {
            "salt": "0" * 32,
            "patients": ["0" * 16],
            "samples": ["0" * 16],
        },
    }


_FOUND = {"value": 0.7, "ci_low": 0.62, "ci_high": 0.77}


def _make_binary(shared, learned, statistics, ranges, parts, score, slope, random):
    risks = expit(-0.3 + slope * score)
    manifest = BinaryManifest(
        **shared,
        performance={
            "method": "cross-validation by patient; 95% intervals by patient bootstrap",
            "folds": 5,
            "repeats": 2,
            "auc": _FOUND,
            "pr_auc": _FOUND,
            "pr_auc_chance": 1 / 3,
            "prevalence": 1 / 3,
            "sensitivity": 0.7,
            "specificity": 0.6,
        },
        calibration={"intercept": -0.3, "slope": slope},
        threshold={"probability": 0.4},
    )
    panel = Panel(ranges, np.quantile(risks, RISK_QUANTILES), **_shifted(parts, -0.3))
    return BinaryModel(manifest, learned, statistics, panel=panel)


def _shifted(parts, intercept):
    """The intercept of the calibration in every resampled refit."""
    name = "resampled" if "resampled" in parts else "lines"
    shifted = parts[name].copy()
    shifted[:, 0] += intercept
    return {**parts, name: shifted}


def _make_survival(shared, learned, statistics, ranges, parts, score, slope, random):
    steps = np.arange(1, 91)
    steps = steps[(steps % 7 > 0) & (steps > 3)]  # a time without an event is no step
    baseline = Baseline(steps * HORIZON / 60, 0.006 * steps.astype(np.float64), 7.5)
    risks = baseline.risk(slope * score, HORIZON)
    low, high = np.quantile(risks, [1 / 3, 2 / 3])
    manifest = SurvivalManifest(
        **shared,
        follow_up={"unit": "years", "horizon": HORIZON, "last_time": 7.5},
        performance={
            "method": "cross-validation by patient; 95% intervals by patient bootstrap",
            "folds": 5,
            "repeats": 2,
            "n": N_PATIENTS,
            "events": 100,
            "uno_c": _FOUND,
            "harrell_c": _FOUND,
            "auc": _FOUND,
            "observed_expected": {"value": 1.0, "ci_low": 0.8, "ci_high": 1.2},
            "slope": {"value": 1.0, "ci_low": 0.6, "ci_high": 1.4},
            "brier": {"value": 0.18, "ci_low": 0.15, "ci_high": 0.21},
            "scaled_brier": {"value": 0.12, "ci_low": 0.04, "ci_high": 0.2},
            "observed_risk": 1 / 3,
        },
        calibration={"method": "Cox and Breslow, out of fold", "slope": slope},
        risk_groups={"cut_offs": (low, high) if slope else None},
    )
    grid = np.unique([*np.linspace(1.0, 7.5, 40), HORIZON])
    at_grid = -np.log(baseline.survival([0.0], grid)[0])
    n_resamples = len(parts.get("resampled", parts.get("lines")))
    factor = np.exp(random.normal(0, 0.1, n_resamples))
    panel = Panel(
        ranges,
        np.quantile(risks, RISK_QUANTILES),
        hazard_times=grid,
        resampled_hazards=factor[:, np.newaxis] * at_grid,
        **parts,
    )
    return SurvivalModel(manifest, learned, statistics, panel=panel, baseline=baseline)
