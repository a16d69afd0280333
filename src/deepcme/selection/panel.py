"""The panel curve: how well the first 1, 2, 5, ... genes predict held-out patients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.arrays import CohortArrays
from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.evaluation.predictions import with_strata
from deepcme.honest import HONEST, draw_honest_splits, split_seed
from deepcme.models.fitting import PreparedRows, fit_model, prepare_rows
from deepcme.models.logit_classifier import LogitClassifier
from deepcme.models.registry import KINDS
from deepcme.network.engines import one_thread_a_task
from deepcme.parallel import run_parallel
from deepcme.preprocessing import kept_genes, transform_rows
from deepcme.progress import show_progress
from deepcme.seeds import integer_seed, seed_for
from deepcme.selection.rankers import find_ranker
from deepcme.selection.refit import PanelClassifier
from deepcme.splits import Split
from deepcme.strata import find_levels

IntegerArray = NDArray[np.int64]

SIZES = (1, 2, 5, 10, 20, 50, 100, 200)
DEFAULT_RANKERS = ("soft-path", "l1-logistic")
ALL_GENES = "all genes"
"""Predicted by ``LR-tuned``, as in a study."""

RANDOM = "random"


@dataclass(frozen=True, kw_only=True)
class PanelSettings:
    """What a panel curve is made of.

    Parameters
    ----------
    rankers : tuple of {"soft-path", "l1-logistic", "mean-rank"}
    sizes : tuple of int
        Genes in a panel; all genes come on top.
    repeats : int, optional
        How often the patients are divided into folds; by default twice, or four times
        where they are few, as in a study.
    random_panels : int
        Random panels of each size in each split, at least 1.
    min_prevalence, clip : float
        As in `make_preprocessor`.
    seed : int
        Root of all randomness.
    """

    rankers: tuple[str, ...] = DEFAULT_RANKERS
    sizes: tuple[int, ...] = SIZES
    repeats: int | None = None
    random_panels: int = 10
    min_prevalence: float = HONEST.min_prevalence
    clip: float = HONEST.clip
    seed: int = 1

    def __post_init__(self) -> None:
        for ranker in self.rankers:
            find_ranker(ranker)
        if not self.rankers or not self.sizes or min(self.sizes) < 1:
            raise DeepCMEError("A panel curve needs a ranker, and panels of 1 gene or more.")
        if (self.repeats is not None and self.repeats < 1) or self.random_panels < 1:
            raise DeepCMEError("A panel curve needs 1 repeat and 1 random panel or more.")


@dataclass(frozen=True)
class PanelTask:
    """One order of the genes in one split; split 0 is all patients, with none held out.

    ``order`` is a ranker's name, ``random 1``, ``random 2``, ... or ``all genes``. Where no
    row is held out, the genes are only ordered. ``stage`` names the branch of the seeds. On
    the last ``n_validation`` of the training rows the regression on all genes is tuned.
    """

    order: str
    split_number: int
    train_rows: IntegerArray
    test_rows: IntegerArray
    stage: str = "panel"
    n_validation: int = 0


@dataclass(frozen=True)
class PanelOutcome:
    """What a task leaves behind.

    Attributes
    ----------
    task : PanelTask
    genes : ndarray of int64
        Positions in the cohort of the genes, best first.
    scores : dict
        For each size, the log-odds of the held-out rows.
    """

    task: PanelTask
    genes: IntegerArray
    scores: dict[int, NDArray[np.float64]]


@dataclass(frozen=True)
class PanelResults:
    """The tables of a panel curve.

    Attributes
    ----------
    predictions : DataFrame
        `order, n_genes, split, sample, patient, label, score`: one row for each
        panel and held-out sample; `n_genes` is 0 for all genes.
    rankings : DataFrame
        `ranker, split, gene, rank`: the first genes of each split; split 0 is
        the ranking on all patients.
    n_genes : int
        Genes of the cohort.
    test_to_train_ratio : float
        Mean over splits of the number of held-out over that of training samples.
    """

    predictions: pd.DataFrame
    rankings: pd.DataFrame
    n_genes: int
    test_to_train_ratio: float


def run_panels(
    cohort: Cohort, settings: PanelSettings, *, jobs: int = 1, quiet: bool = True
) -> PanelResults:
    """Rank the genes in every training part, refit panels, predict the held-out patients.

    The splits are those of an honest study of the same seed. Preprocessing, ranking and
    refit see nothing of the test part. Beside the rankers' panels there are random panels
    of the same sizes, since in breast cancer most random sets of genes predict something
    [1]_, and ``LR-tuned`` on all genes, the very fits of such a study.

    Parameters
    ----------
    cohort : Cohort
    settings : PanelSettings
    jobs : int
        Processes; the results do not depend on it.
    quiet : bool
        Show no progress.

    Raises
    ------
    DeepCMEError
        If a class has fewer than three patients.

    References
    ----------
    .. [1] Venet D, Dumont JE, Detours V (2011). Most random gene expression
       signatures are significantly associated with breast cancer outcome. PLoS
       Computational Biology 7:e1002240.
    """
    tasks = make_tasks(cohort, draw_splits(cohort, settings), settings)
    data = CohortArrays.of(cohort)
    calls = ((data, task, settings) for task in tasks)
    outcomes = run_parallel(run_task, calls, jobs, ordered=False)
    done: list[PanelOutcome] = []
    with show_progress("Panels", len(tasks), quiet=quiet) as advance:
        for outcome in outcomes:
            done.append(outcome)
            advance()
    return collect_outcomes(cohort, tasks, done, settings, find_levels(cohort))


def collect_outcomes(
    cohort: Cohort,
    tasks: Sequence[PanelTask],
    outcomes: Iterable[PanelOutcome],
    settings: PanelSettings,
    levels: Sequence[str] | None,
) -> PanelResults:
    """Tables of finished tasks, in the order of the tasks whichever finished first.

    `levels` are those of the samples within which patients are ranked, if there are any.
    """
    predictions: dict[tuple[str, int], pd.DataFrame] = {}
    rankings: dict[tuple[str, int], pd.DataFrame] = {}
    for outcome in outcomes:
        key = (outcome.task.order, outcome.task.split_number)
        predictions[key] = _predictions(cohort, outcome)
        rankings[key] = _rankings(cohort, outcome, settings)
    split_tasks = [task for task in tasks if task.split_number > 0]
    keys = [(task.order, task.split_number) for task in tasks]
    whole = pd.concat([predictions[key] for key in keys], ignore_index=True)
    return PanelResults(
        with_strata(whole, cohort.samples, levels),
        pd.concat([rankings[key] for key in keys], ignore_index=True),
        cohort.n_genes,
        float(np.mean([len(task.test_rows) / len(task.train_rows) for task in split_tasks])),
    )


def make_tasks(
    cohort: Cohort,
    splits: Sequence[Split],
    settings: PanelSettings,
) -> list[PanelTask]:
    """The tasks of a panel curve, those that take longest first.

    Parameters
    ----------
    cohort : Cohort
    splits : sequence of Split
        Nothing is tuned on the validation part here but the regression on all genes, so
        genes are ranked on it as well as on the training part.
    settings : PanelSettings
    """
    panels = [f"{RANDOM} {number}" for number in range(1, settings.random_panels + 1)]
    everybody = np.arange(cohort.n_samples)
    return [
        *(PanelTask(ranker, 0, everybody, everybody[:0]) for ranker in settings.rankers),
        *(
            PanelTask(
                order,
                number,
                np.concatenate([split.train, split.validation]),
                split.test,
                n_validation=len(split.validation),
            )
            for order in (*settings.rankers, ALL_GENES, *panels)
            for number, split in enumerate(splits, start=1)
        ),
    ]


def draw_splits(cohort: Cohort, settings: PanelSettings) -> list[Split]:
    """The splits of an honest study of the same seed."""
    n_positive = cohort.n_positive_patients
    n_negative = cohort.n_patients - n_positive
    if min(n_positive, n_negative) < 3:
        raise DeepCMEError(
            "A panel curve needs three positive and three negative patients or more, but "
            f"there are {n_positive} and {n_negative}: two to learn from, one to test on."
        )
    return draw_honest_splits(cohort, split_seed(settings.seed), repeats=settings.repeats)


def run_task(data: CohortArrays, task: PanelTask, settings: PanelSettings) -> PanelOutcome:
    """Order the genes on the training rows, refit each panel, predict the held-out rows."""
    seed = seed_for(settings.seed, task.stage, task.order, task.split_number)
    order_seed, refit_seed = seed.spawn(2)
    with one_thread_a_task():
        training, preprocessor = prepare_rows(data, task.train_rows, settings)
        order = _order_genes(task, training, np.random.default_rng(order_seed))
        scores = {}
        if len(task.test_rows):
            testing = transform_rows(preprocessor, data.X, task.test_rows)
            for size in _panel_sizes(task, len(order), settings.sizes):
                panel = order[:size]
                of_panel = replace(training, X=np.ascontiguousarray(training.X[:, panel]))
                fitted = _fit_panel(task, of_panel, integer_seed(refit_seed))
                scores[size] = fitted.decision_function(testing[:, panel])
    return PanelOutcome(task, kept_genes(preprocessor)[order], scores)


def _fit_panel(task: PanelTask, training: PreparedRows, seed: int) -> LogitClassifier:
    """The networks of a panel; of all genes, which would drown these, the tuned regression."""
    if task.order == ALL_GENES:
        tuned: LogitClassifier = fit_model(
            KINDS["LR-tuned"], {}, seed, training, task.n_validation
        )
        return tuned
    return PanelClassifier(random_state=seed).fit(training.X, training.labels)


def _order_genes(
    task: PanelTask, training: PreparedRows, random: np.random.Generator
) -> IntegerArray:
    if task.order == ALL_GENES:
        return np.arange(training.X.shape[1])
    if task.order.startswith(RANDOM):
        return random.permutation(training.X.shape[1])
    labels = training.labels.astype(np.int64)
    return find_ranker(task.order)(training.X, labels, training.patients, random)


def _panel_sizes(task: PanelTask, n_genes: int, sizes: Sequence[int]) -> list[int]:
    if task.order == ALL_GENES:
        return [n_genes]
    return [size for size in sizes if size < n_genes]


def _predictions(cohort: Cohort, outcome: PanelOutcome) -> pd.DataFrame:
    task = outcome.task
    tables = [
        pd.DataFrame(
            {
                "order": task.order,
                "n_genes": 0 if task.order == ALL_GENES else size,
                "split": task.split_number,
                "sample": cohort.samples[task.test_rows],
                "patient": cohort.patients[task.test_rows],
                "label": cohort.labels[task.test_rows],
                "score": score,
            }
        )
        for size, score in outcome.scores.items()
    ]
    return pd.concat(tables) if tables else pd.DataFrame()


def _rankings(cohort: Cohort, outcome: PanelOutcome, settings: PanelSettings) -> pd.DataFrame:
    first = outcome.genes[: max(settings.sizes)]
    if outcome.task.order not in settings.rankers:
        first = first[:0]
    return pd.DataFrame(
        {
            "ranker": outcome.task.order,
            "split": outcome.task.split_number,
            "gene": cohort.gene_ids[first],
            "rank": np.arange(1, len(first) + 1),
        }
    )
