"""Train the final model of a cohort, and learn from cross-validation what to expect of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.pipeline import Pipeline

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import Rule, at_least, check_parameters, is_sentinel, or_none
from deepcme.base.processes.parallel import run_parallel
from deepcme.base.progress import show_progress
from deepcme.base.seeds import seed_for
from deepcme.base.version import __version__
from deepcme.base.workload import equal_pieces, timed
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import gene_identifiers
from deepcme.cohort.honest import (
    HONEST,
    count_folds,
    draw_honest_splits,
    final_seed,
    fit_seed,
    split_seed,
)
from deepcme.cohort.outcome import require_binary
from deepcme.cohort.scales.floors import are_relative
from deepcme.cohort.scales.scales import LINEAR_SCALES
from deepcme.cohort.splits import Split
from deepcme.cohort.strata import choose_strata, find_levels
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.measures import measures_beside_auc
from deepcme.evaluation.metrics import choose_threshold
from deepcme.evaluation.predictions import select_part, with_strata
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration, are_log_odds
from deepcme.models.checking import as_written, check_parameters_of
from deepcme.models.fitting import prepare_and_fit, scores_of
from deepcme.models.preprocessing import kept_genes, transform_rows
from deepcme.models.registry import ENSEMBLE, KINDS, ModelKind
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.trained.learned import FORMS
from deepcme.trained.manifest import (
    Calibration,
    Estimator,
    Genes,
    Interval,
    Manifest,
    Performance,
    Preprocessing,
    Threshold,
    TrainingCohort,
)
from deepcme.trained.model import GeneStatistics, Model
from deepcme.trained.prediction import compute_distances, far_out_fence
from deepcme.trained.recognition import TrainingSamples

FEWEST_FOLDS = 3

_PARAMETERS = (Rule(lambda value: isinstance(value, dict), "must be a dict"),)
_RULES = {
    "repeats": or_none(at_least(1)),
    "seed": at_least(0),
    "jobs": at_least(1),
    "parameters": _PARAMETERS,
    "ensemble": _PARAMETERS,
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
        Further `parameters` of ``DeepCME-ensemble``.
    model : str
        As a study names it; one that can be kept without its samples and a pickle.
    parameters : dict
        Those of the model that differ from its defaults.

    Raises
    ------
    DeepCMEError
        If a value is out of range, a parameter does not exist, or there is no such model or
        it cannot be kept.
    """

    repeats: int | None = None
    seed: int = 1
    jobs: int = 1
    ensemble: dict[str, Any] = field(default_factory=dict)
    model: str = ENSEMBLE
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_parameters(vars(self), _RULES)
        if self.ensemble and self.model != ENSEMBLE:
            raise DeepCMEError(
                f"ensemble is for parameters of {ENSEMBLE}: give those of {self.model} as "
                "parameters."
            )
        object.__setattr__(self, "parameters", {**self.ensemble, **self.parameters})
        _check_kept(self.model, self.parameters)
        check_parameters_of(self.kind, self.parameters)

    @property
    def kind(self) -> ModelKind:
        """What the model can do."""
        return KINDS[self.model]


def _check_kept(model: str, parameters: dict[str, Any]) -> None:
    """Refuse a model that does not exist, or cannot be kept without samples or a pickle."""
    names = [
        kind.name
        + "".join(f" with {key}={value!r} in Python" for key, value in kind.saved_with.items())
        for kind in KINDS.values()
        if kind.saved_as is not None
    ]
    choice = f"choose from {', '.join(names)}."
    if model not in KINDS:
        raise DeepCMEError(f"There is no model {model!r}: {choice}")
    kind = KINDS[model]
    if kind.saved_as is None or not kind.saved_with.items() <= parameters.items():
        raise DeepCMEError(
            f"{model} cannot be kept to predict others, as {kind.unsaved_because}: {choice}"
        )


def train_model(
    cohort: Cohort, settings: TrainingSettings | None = None, *, quiet: bool = True
) -> Model:
    """Train a model on all patients of a cohort, calibrated out of fold.

    As in the honest protocol: primary tumours only (`Cohort.keep_primary_tumours`),
    genes expressed in at least 10% of samples, standardised values clipped at 5.
    Performance, calibration and threshold come from the folds of that protocol, in
    which every step is fitted anew: a study of the same seed expects the same of the
    model of this name.

    Raises
    ------
    DeepCMEError
        If the outcome is not binary or a class has fewer than three patients.
    """
    require_binary(type(cohort.outcome), cohort.name)
    settings = settings or TrainingSettings()
    cohort = cohort.keep_primary_tumours()
    if count_folds(cohort)[0] < FEWEST_FOLDS:
        raise DeepCMEError(
            f"{cohort.name}: a model needs at least {FEWEST_FOLDS} patients with and "
            f"{FEWEST_FOLDS} without the event."
        )
    data = CohortArrays.of(cohort)
    splits = draw_honest_splits(cohort, split_seed(settings.seed), repeats=settings.repeats)
    calls = [(data, settings, *of_split) for of_split in enumerate(splits, start=1)]
    tables: list[pd.DataFrame] = []
    work = equal_pieces(len(splits) + 1, settings.jobs)
    timed_calls = [(_score_test_part, *call) for call in calls]
    with show_progress("Training", work, quiet=quiet):
        with closing(run_parallel(timed, timed_calls, settings.jobs)) as fits:
            for (_, _, number, split), (scores, seconds) in zip(calls, fits, strict=True):
                tables.append(_rows_of_split(cohort, settings, number, split, *scores))
                work.finish(number - 1, seconds)
        everyone = np.arange(cohort.n_samples)
        seed = final_seed(settings.seed)
        with one_thread_a_task():
            model, prepared, preprocessor = prepare_and_fit(
                data, everyone, HONEST, settings.kind, settings.parameters, seed
            )
        del prepared  # as large as the cohort
        work.finish(len(splits))
    return _make_model(cohort, settings, preprocessor, model, pd.concat(tables))


def _score_test_part(
    data: CohortArrays, settings: TrainingSettings, number: int, split: Split
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Scores and probabilities of the test part, by a fit on the others as in a study."""
    kind, n_validation = settings.kind, len(split.validation)
    seed = fit_seed(settings.seed, settings.model, number)
    with one_thread_a_task():
        model, prepared, preprocessor = prepare_and_fit(
            data, split.fitting_rows, HONEST, kind, settings.parameters, seed, n_validation
        )
        del prepared
        return scores_of(model, transform_rows(preprocessor, data.X, split.test))


def _rows_of_split(
    cohort: Cohort,
    settings: TrainingSettings,
    number: int,
    split: Split,
    score: NDArray[np.float64],
    probability: NDArray[np.float64] | None,
) -> pd.DataFrame:
    """The test part; of a model that leaves the validation part unused, the training part too.

    Without one, whom a split does not test is taken to have trained its model.
    """
    parts = {"test": split.test} | ({} if settings.kind.refitted else {"train": split.train})
    rows = np.concatenate([*parts.values()])
    table = {
        "split": number,
        "model": settings.model,
        "sample": cohort.samples[rows],
        "patient": cohort.patients[rows],
        "part": np.repeat([*parts], [*map(len, parts.values())]),
        "label": cohort.labels[rows],
    }
    scores = pd.DataFrame({"score": score, "probability": probability}, dtype=np.float64)
    return pd.DataFrame(table).join(scores)


def _make_model(
    cohort: Cohort,
    settings: TrainingSettings,
    preprocessor: Pipeline,
    model: Any,
    predictions: pd.DataFrame,
) -> Model:
    kept = kept_genes(preprocessor)
    out_of_fold = _out_of_fold(cohort, settings.kind, model, predictions)
    calibration, notes = _calibrate(out_of_fold)
    score = out_of_fold["score"].to_numpy()
    probability = expit(calibration.intercept + calibration.slope * score)
    threshold = choose_threshold(out_of_fold["label"], probability)
    called = (probability >= threshold) & (calibration.slope > 0)
    positive = out_of_fold["label"].to_numpy() == 1
    standardised = preprocessor.transform(cohort.X)
    form = settings.kind.saved_as
    assert form is not None
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
        model=Estimator(name=settings.model, form=form, parameters=_settings_of(model)),
        genes=_describe_genes(cohort, kept),
        performance=_expected_performance(cohort, settings, predictions, called, positive),
        calibration=calibration,
        threshold=Threshold(probability=threshold),
        far_distance=far_out_fence(compute_distances(standardised)),
        notes=[*cohort.notes, *notes],
        training_ids=known.ids,
    )
    statistics = _gene_statistics(preprocessor, kept)
    return Model(manifest, FORMS[form].of(model), statistics, known.sketches)


def _settings_of(model: Any) -> dict[str, Any]:
    """Every parameter that is a setting."""
    parameters = model.get_params().items()
    return {name: as_written(value) for name, value in parameters if not is_sentinel(value)}


def _out_of_fold(
    cohort: Cohort, kind: ModelKind, model: Any, predictions: pd.DataFrame
) -> pd.DataFrame:
    """Scores that line and threshold are fitted on, on the scale of the final model.

    A fold may choose another strength of penalty, and log-odds many times as wide: a tuned
    model has scores out of fold by the strength that it was given itself.
    """
    if not kind.tuned_over_folds:
        return select_part(predictions, "test")
    score = model.oof_decision_function_
    return pd.DataFrame({"label": cohort.labels, "score": score, "probability": expit(score)})


def _calibrate(out_of_fold: pd.DataFrame) -> tuple[Calibration, list[str]]:
    """Platt's line; where the predictions do not rise with the risk, the prevalence for all."""
    platt = PlattRecalibration.fit(
        out_of_fold["label"],
        out_of_fold["score"],
        are_log_odds=are_log_odds(out_of_fold),
    )
    note = (
        "Warning: out of fold the predictions did not rise with the risk, so that every "
        "sample gets the prevalence of the training cohort; this model predicts nothing."
    )
    calibration = Calibration(intercept=platt.intercept, slope=platt.slope)
    return calibration, [] if platt.rises else [note]


def _expected_performance(
    cohort: Cohort,
    settings: TrainingSettings,
    predictions: pd.DataFrame,
    called: NDArray[np.bool_],
    positive: NDArray[np.bool_],
) -> Performance:
    levels = find_levels(cohort)
    predictions = with_strata(predictions, cohort.samples, levels)
    random = interval_generator(settings.seed, "auc")
    found = compute_discrimination(predictions, random).iloc[0]
    folds, repeats = count_folds(cohort, repeats=settings.repeats)
    within = "" if levels is None else f", AUC within levels of {choose_strata(cohort)}"
    return Performance(
        method=f"cross-validation by patient{within}; 95% intervals by patient bootstrap",
        folds=folds,
        repeats=repeats,
        auc=_interval(found["auc"], found["ci_low"], found["ci_high"]),
        **_beside_auc(found),
        prevalence=float(found["prevalence"]),
        sensitivity=float(called[positive].mean()),
        specificity=float((~called[~positive]).mean()),
    )


def _beside_auc(found: pd.Series[Any]) -> dict[str, Any]:
    """The other measures of scores, each with its level of chance."""
    expected: dict[str, Any] = {}
    for measure in measures_beside_auc():
        *estimate, chance = found[measure.columns]
        expected |= {measure.name: _interval(*estimate), measure.columns[-1]: float(chance)}
    return expected


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
