"""Train the final model of a cohort, and learn from cross-validation what to expect of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.pipeline import Pipeline

from deepcme import __version__
from deepcme.arrays import CohortArrays
from deepcme.bundle.manifest import (
    Calibration,
    Genes,
    Interval,
    Manifest,
    Performance,
    Preprocessing,
    Threshold,
    TrainingCohort,
)
from deepcme.bundle.model import GeneStatistics, Model
from deepcme.bundle.prediction import compute_distances, far_out_fence
from deepcme.bundle.recognition import TrainingSamples
from deepcme.cohort import Cohort
from deepcme.ensemble import DeepCMEEnsemble
from deepcme.errors import DeepCMEError
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.metrics import choose_threshold
from deepcme.evaluation.predictions import with_strata
from deepcme.evaluation.recalibration import PlattRecalibration
from deepcme.floors import are_relative
from deepcme.genes import gene_identifiers
from deepcme.honest import (
    HONEST,
    count_folds,
    draw_honest_splits,
    fit_seed,
    split_seed,
)
from deepcme.models.fitting import fit_model, prepare_rows, scores_of
from deepcme.models.registry import KINDS
from deepcme.network.engines import one_thread_a_task
from deepcme.parallel import run_parallel
from deepcme.parameters import Rule, at_least, check_names, check_parameters, or_none
from deepcme.preprocessing import kept_genes, transform_rows
from deepcme.progress import show_progress
from deepcme.scales import LINEAR_SCALES
from deepcme.seeds import integer_seed, seed_for
from deepcme.splits import RowIndex
from deepcme.strata import choose_strata, find_levels

ENSEMBLE = KINDS["DeepCME-ensemble"]
FEWEST_FOLDS = 3

_RULES = {
    "repeats": or_none(at_least(1)),
    "seed": at_least(0),
    "jobs": at_least(1),
    "ensemble": (Rule(lambda value: isinstance(value, dict), "must be a dict"),),
}


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Parameters
    ----------
    repeats : int, optional
        How often the patients are divided into folds; by default twice, or four times
        where they are few, as in a study.
    seed : int
        Root of all randomness.
    jobs : int
        Processes to use; the model does not depend on it.
    ensemble : dict
        Parameters of `DeepCMEEnsemble` that differ from its defaults.

    Raises
    ------
    DeepCMEError
        If a value is out of range, or a parameter does not exist.
    """

    repeats: int | None = None
    seed: int = 1
    jobs: int = 1
    ensemble: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_parameters(vars(self), _RULES)
        ensemble = DeepCMEEnsemble()
        names = ensemble.get_params(deep=False).keys() - {"random_state"}
        check_names(self.ensemble, names, "DeepCMEEnsemble")
        ensemble.set_params(**self.ensemble).check_parameters()


@dataclass(frozen=True)
class _Fold:
    """Rows to train on and rows to predict."""

    number: int
    train: RowIndex
    test: RowIndex
    seed: int


def train_model(
    cohort: Cohort, settings: TrainingSettings | None = None, *, quiet: bool = True
) -> Model:
    """Train a `DeepCMEEnsemble` on all patients of a cohort, calibrated out of fold.

    As in the honest protocol: primary tumours only (`Cohort.keep_primary_tumours`),
    genes expressed in at least 10% of samples, standardised values clipped at 5.
    Performance, calibration and threshold come from the folds of that protocol, in
    which every step is fitted anew: a study of the same seed expects the same of the
    model of this name.

    Raises
    ------
    DeepCMEError
        If a class has fewer than three patients.
    """
    settings = settings or TrainingSettings()
    cohort = cohort.keep_primary_tumours()
    if count_folds(cohort)[0] < FEWEST_FOLDS:
        raise DeepCMEError(
            f"{cohort.name}: a model needs at least {FEWEST_FOLDS} patients with and "
            f"{FEWEST_FOLDS} without the event."
        )
    data = CohortArrays.of(cohort)
    folds = list(_cross_validation(cohort, settings))
    calls = ((data, fold, settings.ensemble) for fold in folds)
    predicted = run_parallel(_predict_fold, calls, settings.jobs)
    rows = []
    with show_progress("Fits", len(folds) + 1, quiet=quiet) as advance:
        for fold, log_odds in zip(folds, predicted, strict=True):
            rows.append(_out_of_fold_rows(cohort, fold, log_odds))
            advance()
        everyone = np.arange(cohort.n_samples)
        seed = integer_seed(seed_for(settings.seed, "model", "final"))
        preprocessor, ensemble = _fit(data, everyone, seed, settings.ensemble)
        advance()
    return _make_model(cohort, settings, preprocessor, ensemble, pd.concat(rows))


def _cross_validation(cohort: Cohort, settings: TrainingSettings) -> Iterator[_Fold]:
    splits = draw_honest_splits(cohort, split_seed(settings.seed), repeats=settings.repeats)
    for number, split in enumerate(splits, start=1):
        rest = np.concatenate([split.train, split.validation])
        yield _Fold(number, rest, split.test, fit_seed(settings.seed, ENSEMBLE.name, number))


def _fit(
    data: CohortArrays, rows: RowIndex, seed: int, parameters: dict[str, Any]
) -> tuple[Pipeline, DeepCMEEnsemble]:
    with one_thread_a_task():
        prepared, preprocessor = prepare_rows(data, rows, HONEST)
        return preprocessor, fit_model(ENSEMBLE, parameters, seed, prepared)


def _predict_fold(
    data: CohortArrays, fold: _Fold, parameters: dict[str, Any]
) -> NDArray[np.float64]:
    """Log-odds of the held-out rows by an ensemble fitted on the others."""
    preprocessor, ensemble = _fit(data, fold.train, fold.seed, parameters)
    with one_thread_a_task():
        return scores_of(ensemble, transform_rows(preprocessor, data.X, fold.test))[0]


def _out_of_fold_rows(
    cohort: Cohort, fold: _Fold, log_odds: NDArray[np.float64]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "split": fold.number,
            "model": ENSEMBLE.name,
            "sample": cohort.samples[fold.test],
            "patient": cohort.patients[fold.test],
            "part": "test",
            "label": cohort.labels[fold.test],
            "score": log_odds,
        }
    )


def _make_model(
    cohort: Cohort,
    settings: TrainingSettings,
    preprocessor: Pipeline,
    ensemble: DeepCMEEnsemble,
    out_of_fold: pd.DataFrame,
) -> Model:
    kept = kept_genes(preprocessor)
    calibration, notes = _calibrate(out_of_fold)
    log_odds = out_of_fold["score"].to_numpy()
    probability = expit(calibration.intercept + calibration.slope * log_odds)
    threshold = choose_threshold(out_of_fold["label"], probability)
    called = (probability >= threshold) & (calibration.slope > 0)
    standardised = preprocessor.transform(cohort.X)
    parameters = ensemble.get_params()
    parameters["hidden_layers"] = list(parameters["hidden_layers"])
    known = TrainingSamples.of(
        cohort.samples,
        cohort.patients,
        cohort.X,
        kept,
        seed_for(settings.seed, "model", "training samples", cohort.fingerprint),
    )
    manifest = Manifest(
        package_version=__version__,
        endpoint=cohort.endpoint,
        cohort=_describe_cohort(cohort),
        preprocessing=_describe_preprocessing(cohort),
        network=parameters,
        genes=_describe_genes(cohort, kept),
        performance=_expected_performance(cohort, settings, out_of_fold, called),
        calibration=calibration,
        threshold=Threshold(probability=threshold),
        far_distance=far_out_fence(compute_distances(standardised)),
        notes=[*cohort.notes, *notes],
        training_ids=known.ids,
    )
    statistics = _gene_statistics(preprocessor, kept)
    return Model(manifest, ensemble.networks_, statistics, known.sketches)


def _calibrate(out_of_fold: pd.DataFrame) -> tuple[Calibration, list[str]]:
    """Platt's line; where the predictions do not rise with the risk, the prevalence for all."""
    platt = PlattRecalibration.fit(out_of_fold["label"], out_of_fold["score"])
    note = (
        "Warning: out of fold the predictions did not rise with the risk, so that every "
        "sample gets the prevalence of the training cohort; this model predicts nothing."
    )
    calibration = Calibration(intercept=platt.intercept, slope=platt.slope)
    return calibration, [] if platt.rises else [note]


def _expected_performance(
    cohort: Cohort,
    settings: TrainingSettings,
    out_of_fold: pd.DataFrame,
    called: NDArray[np.bool_],
) -> Performance:
    levels = find_levels(cohort)
    out_of_fold = with_strata(out_of_fold, cohort.samples, levels)
    random = interval_generator(settings.seed, "auc")
    found = compute_discrimination(out_of_fold, random).iloc[0]
    folds, repeats = count_folds(cohort, repeats=settings.repeats)
    within = "" if levels is None else f", AUC within levels of {choose_strata(cohort)}"
    positive = out_of_fold["label"].to_numpy() == 1
    return Performance(
        method=f"cross-validation by patient{within}; 95% intervals by patient bootstrap",
        folds=folds,
        repeats=repeats,
        auc=_interval(found["auc"], found["ci_low"], found["ci_high"]),
        pr_auc=_interval(found["pr_auc"], found["pr_auc_ci_low"], found["pr_auc_ci_high"]),
        pr_auc_chance=float(found["pr_auc_chance"]),
        prevalence=float(found["prevalence"]),
        sensitivity=float(called[positive].mean()),
        specificity=float((~called[~positive]).mean()),
    )


def _interval(value: float, low: float, high: float) -> Interval:
    ends = [float(end) if np.isfinite(end) else None for end in (low, high)]
    return Interval(value=float(value), ci_low=ends[0], ci_high=ends[1])


def _describe_cohort(cohort: Cohort) -> TrainingCohort:
    tissue = cohort.obs["tissue"].value_counts()
    return TrainingCohort(
        name=cohort.name,
        source=str(cohort.provenance.get("source", "")),
        fingerprint=cohort.fingerprint,
        samples=cohort.n_samples,
        patients=cohort.n_patients,
        positives=cohort.n_positives,
        positive_patients=cohort.n_positive_patients,
        tissue={str(kind): int(count) for kind, count in tissue.items()},
    )


def _describe_preprocessing(cohort: Cohort) -> Preprocessing:
    return Preprocessing(
        scale=cohort.scale,
        log2=cohort.scale in LINEAR_SCALES,
        relative=cohort.scale == "log2" and are_relative(cohort.X),
        min_prevalence=0.0 if cohort.absent_up_to is None else HONEST.min_prevalence,
        clip=HONEST.clip,
    )


def _describe_genes(cohort: Cohort, kept: NDArray[np.int64]) -> Genes:
    identifiers = gene_identifiers(cohort)
    names = {kind: [every[gene] for gene in kept] for kind, every in identifiers.items()}
    return Genes(id=names.pop("gene_id"), others=names)


def _gene_statistics(preprocessor: Pipeline, kept: NDArray[np.int64]) -> GeneStatistics:
    """Median, mean and deviation of the kept genes, on the scale after any log."""
    medians = preprocessor.named_steps["impute"].medians_
    scaler = preprocessor.named_steps["standardise"]
    return GeneStatistics(
        median=medians[kept].astype(np.float32),
        mean=scaler.mean_,
        scale=np.where(scaler.constant_, np.float32(0), scaler.scale_),
    )
