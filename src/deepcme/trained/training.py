"""Train the final model of a cohort, and learn from cross-validation what to expect of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from deepcme.base.dates import today
from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import is_sentinel
from deepcme.base.processes.parallel import run_parallel
from deepcme.base.progress import show_progress
from deepcme.base.seeds import seed_for
from deepcme.base.version import __version__
from deepcme.base.workload import equal_pieces, timed
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import (
    HONEST,
    count_folds,
    draw_honest_splits,
    final_seed,
    fit_seed,
    split_seed,
)
from deepcme.cohort.scales.floors import are_relative
from deepcme.cohort.scales.scales import LINEAR_SCALES
from deepcme.cohort.splits import Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.checking import as_written
from deepcme.models.fitting import prepare_and_fit, scores_of
from deepcme.models.preprocessing import kept_genes, transform_rows
from deepcme.models.registry import KINDS
from deepcme.models.targets import make_targets
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.trained.binary.training import make_binary_model
from deepcme.trained.entries import Genes
from deepcme.trained.learned.learned import learn_from
from deepcme.trained.learning import Finished
from deepcme.trained.manifest import (
    CommitteeEstimator,
    Estimator,
    Member,
    Preprocessing,
    TrainingCohort,
)
from deepcme.trained.model import GeneStatistics, Model
from deepcme.trained.panels.candidates import Candidates, TrainingData
from deepcme.trained.panels.choice import (
    describe_panel,
    form_of_panel,
    note_left_out,
    require_genes,
)
from deepcme.trained.panels.resampling import make_panel
from deepcme.trained.prediction import compute_distances, far_out_fence
from deepcme.trained.recognition import TrainingSamples
from deepcme.trained.self_test import score_self_test
from deepcme.trained.settings import TrainingSettings as TrainingSettings
from deepcme.trained.survival.training import make_survival_model, require_followed

__all__ = ["TrainingSettings", "train_model"]

FEWEST_FOLDS = 3


def train_model(
    cohort: Cohort, settings: TrainingSettings | None = None, *, quiet: bool = True
) -> Model:
    """Train a model on all patients of a cohort, calibrated out of fold.

    As in the honest protocol: primary tumours only (`Cohort.keep_primary_tumours`),
    genes expressed in at least 10% of samples, standardised values clipped at 5.
    Performance, calibration and threshold, or cut-offs, come from the folds of that
    protocol, in which every step is fitted anew: a study of the same seed expects the same
    of the model of this name.

    Raises
    ------
    DeepCMEError
        If the model does not learn the cohort's outcome, fewer than three patients have the
        event, or have not, or of times there is no horizon or too few are followed to it.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> from deepcme.trained.training import TrainingSettings, train_model
    >>> train_model(cohort, TrainingSettings(model="LR", repeats=1), quiet=True).n_genes
    22
    """
    settings = (settings or TrainingSettings()).for_cohort(cohort)
    cohort = cohort.keep_primary_tumours()
    candidates = Candidates.of(cohort, settings.genes, settings.reference_genes)
    if count_folds(cohort)[0] < FEWEST_FOLDS:
        raise DeepCMEError(
            f"{cohort.name}: a model needs at least {FEWEST_FOLDS} patients with and "
            f"{FEWEST_FOLDS} without the event."
        )
    require_followed(cohort, settings.horizon)
    splits = draw_honest_splits(cohort, split_seed(settings.seed), repeats=settings.repeats)
    numbered = list(enumerate(splits, start=1))
    # What reference genes cost is measured by the same fits without them.
    takes = [candidates.arrays()]
    if candidates.reference is not None:
        takes.append(candidates.arrays(without_reference=True))
    work = equal_pieces(len(takes) * len(splits) + 1, settings.jobs)
    tables: list[list[pd.DataFrame]] = [[] for _ in takes]
    with show_progress("Training", work, quiet=quiet):
        (model, preprocessor), seconds = timed(_fit_on_everybody, takes[0], settings)
        work.finish(len(takes) * len(splits), seconds)
        require_genes(settings, model, cohort.name)
        fixed = _choices_of(model)
        calls = [(data, settings, fixed, *split) for data in takes for split in numbered]
        timed_calls = [(_score_test_part, *call) for call in calls]
        with closing(run_parallel(timed, timed_calls, settings.jobs)) as fits:
            for place, (scores, seconds) in enumerate(fits):
                take, at = divmod(place, len(splits))
                rows = _rows_of_split(cohort, settings, *numbered[at], scores)
                tables[take].append(rows)
                work.finish(place, seconds)
    predictions, *without = (pd.concat(of_take, ignore_index=True) for of_take in tables)
    finished = Finished(candidates.cohort, settings, model, predictions)
    return _make_model(finished, preprocessor, cohort, candidates, without)


def _fit_on_everybody(data: TrainingData, settings: TrainingSettings) -> tuple[Any, Pipeline]:
    everyone = np.arange(len(data.arrays.X))
    seed, kind = final_seed(settings.seed), settings.kind
    arrays = data.for_rows(everyone)
    targets = make_targets(arrays, kind, everyone)
    with one_thread_a_task():
        model, _, preprocessor = prepare_and_fit(
            arrays, everyone, HONEST, kind, settings.parameters, seed, targets=targets
        )
    return model, preprocessor


def _choices_of(model: Any) -> dict[str, Any]:
    """What a model chose by folds of its own, as the only choice: a penalty, a panel's size."""
    if hasattr(model, "choices_"):
        choices: dict[str, Any] = model.choices_
        return choices
    is_chosen = "penalties" in model.get_params()
    return {"penalties": (float(model.penalty_),)} if is_chosen else {}


class _Scores(NamedTuple):
    """Of a test part: those of a fit as in a study, and of one that chose as the final."""

    score: NDArray[np.float64]
    probability: NDArray[np.float64] | None
    of_final_penalty: NDArray[np.float64]


def _score_test_part(
    data: TrainingData,
    settings: TrainingSettings,
    fixed: dict[str, Any],
    number: int,
    split: Split,
) -> _Scores:
    """Scores of the test part by a fit on the others as in a study.

    A fold may choose another penalty, and scores many times as wide: calibration needs those
    by the choices of the final model.
    """
    kind, n_validation = settings.kind, len(split.validation)
    seed = fit_seed(settings.seed, settings.name, number)
    learn_on = split.fitting_rows if kind.refitted else split.train
    arrays = data.for_rows(learn_on)
    targets = make_targets(arrays, kind, learn_on)

    def fit(parameters: dict[str, Any]) -> tuple[Any, NDArray[np.float32]]:
        model, _, preprocessor = prepare_and_fit(
            arrays,
            split.fitting_rows,
            HONEST,
            kind,
            parameters,
            seed,
            n_validation,
            targets,
        )
        return model, transform_rows(preprocessor, arrays.X, split.test)

    with one_thread_a_task():
        score, probability = scores_of(*fit(settings.parameters))
        of_final = score
        if fixed:
            of_final, _ = scores_of(*fit({**settings.parameters, **fixed}))
    return _Scores(score, probability, of_final)


def _rows_of_split(
    cohort: Cohort, settings: TrainingSettings, number: int, split: Split, scores: _Scores
) -> pd.DataFrame:
    """The test part; of a model that leaves the validation part unused, the training part too.

    Without one, whom a split does not test is taken to have trained its model.
    """
    parts = {"test": split.test} | ({} if settings.kind.refitted else {"train": split.train})
    rows = np.concatenate([*parts.values()])
    table = {
        "split": number,
        "model": settings.name,
        "sample": cohort.samples[rows],
        "patient": cohort.patients[rows],
        "part": np.repeat([*parts], [*map(len, parts.values())]),
        **{name: values[rows] for name, values in cohort.outcome.values.items()},
    }
    told = pd.DataFrame(scores._asdict(), dtype=np.float64)
    return pd.DataFrame(table).join(told)


def _make_model(
    finished: Finished,
    preprocessor: Pipeline,
    cohort: Cohort,
    candidates: Candidates,
    without_reference: list[pd.DataFrame],
) -> Model:
    """The model of what was found; `cohort` is that of all genes."""
    settings, at_candidates = finished.settings, finished.cohort
    kept = kept_genes(preprocessor)
    standardised = preprocessor.transform(candidates.arrays().arrays.X)
    statistics = _gene_statistics(preprocessor, kept)
    n_candidates, fitted = len(kept), finished.model
    if settings.is_panel:
        genes = fitted.genes_
        kept, standardised, fitted = kept[genes], standardised[:, genes], fitted.model_
        statistics = GeneStatistics(*(values[genes] for values in vars(statistics).values()))
    known = TrainingSamples.of(
        cohort.samples,
        cohort.patients,
        at_candidates.X,
        kept,
        seed_for(settings.seed, "model", "training samples", cohort.fingerprint),
    )
    learned = learn_from(described := _describe_model(finished), fitted, standardised)
    shared = {
        "package_version": __version__,
        "version": settings.version,
        "date": today().isoformat(),
        "endpoint": cohort.endpoint,
        "cohort": _describe_cohort(cohort),
        "preprocessing": _describe_preprocessing(at_candidates),
        "model": described,
        "genes": Genes.of_cohort(at_candidates, kept),
        "far_distance": far_out_fence(compute_distances(standardised)),
        "self_test": score_self_test(learned, len(kept)),
        "notes": [*cohort.notes, *candidates.notes, *note_left_out(finished, n_candidates)],
        "training_ids": known.ids,
    }
    if settings.is_panel:
        shared["panel"] = describe_panel(
            finished, n_candidates, candidates.reference, without_reference
        )
    make = (
        make_survival_model
        if isinstance(cohort.outcome, SurvivalOutcome)
        else make_binary_model
    )
    model = make(finished, shared, learned, statistics, known.sketches)
    if settings.is_panel:
        panel = make_panel(finished, model, candidates.values_of(kept), standardised)
        model = replace(model, panel=panel)
    return model


def _describe_model(finished: Finished) -> Estimator | CommitteeEstimator:
    name, form = finished.settings.name, finished.settings.kind.saved_as
    parameters = _settings_of(finished.model)
    if finished.settings.is_panel:
        form = form_of_panel(finished)
        parameters["strength"] = finished.model.strength_
    assert form is not None
    if form != "committee":
        return Estimator(name=name, form=form, parameters=parameters)
    members = [
        Member.model_validate({"name": member, "form": KINDS[member].saved_as})
        for member in finished.model.members
    ]
    return CommitteeEstimator(name=name, form=form, parameters=parameters, members=members)


def _settings_of(model: Any) -> dict[str, Any]:
    """Every parameter that is a setting."""
    parameters = model.get_params().items()
    return {name: as_written(value) for name, value in parameters if not is_sentinel(value)}


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


def _gene_statistics(preprocessor: Pipeline, kept: NDArray[np.int64]) -> GeneStatistics:
    """Median, mean and deviation of the kept genes, on the scale after any log."""
    medians = preprocessor.named_steps["impute"].medians_
    scaler = preprocessor.named_steps["standardise"]
    return GeneStatistics(
        median=medians[kept].astype(np.float32),
        mean=scaler.mean_,
        scale=np.where(scaler.constant_, np.float32(0), scaler.scale_),
    )
