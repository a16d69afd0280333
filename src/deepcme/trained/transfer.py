"""Every cohort trains, it and every other tests: whether the signal crosses over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.parallel import run_parallel
from deepcme.base.progress import show_progress
from deepcme.base.seeds import integer_seed, seed_for
from deepcme.base.words import counted, few
from deepcme.base.workload import Piece, Workload, timed
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.folds import choose_folds
from deepcme.cohort.genes.genes import gene_identifiers
from deepcme.cohort.honest import HONEST
from deepcme.cohort.outcome import BinaryOutcome, Outcome, labels_of
from deepcme.cohort.scales.scales import LINEAR_SCALES
from deepcme.cohort.splits import draw_folds
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.measures import AUC
from deepcme.evaluation.survival.measured import UNO
from deepcme.models.fitting import PreparedRows, fit_model, scores_of
from deepcme.models.preprocessing import Log2Transformer
from deepcme.models.registry import ENSEMBLE, KINDS
from deepcme.models.survival.target import make_target
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.trained.binary import transfer as binary
from deepcme.trained.entries import Genes
from deepcme.trained.new_samples import expression_of, match_genes
from deepcme.trained.normalisation import standardise_within
from deepcme.trained.recognition import TrainingSamples
from deepcme.trained.strangers import Strangers, brand, find_strangers
from deepcme.trained.survival import transfer as survival

__all__ = ["compute_transfer"]


@dataclass(frozen=True)
class _Kind:
    """What is asked of cohorts of a kind of outcome."""

    models: tuple[str, ...]
    networks: str
    measure: tuple[str, str]
    several_samples: str
    discriminate: Callable[
        [
            Outcome,
            NDArray[np.float64],
            NDArray[np.object_],
            np.random.Generator,
            NDArray[np.int64] | int,
        ],
        dict[str, Any],
    ]


CHANCE = 0.5
OWN, CROSSED = "own cross-validation", "other cohort"
"""What a row tells: patients that the fit did not see, of the same cohort or of another."""
FOLDS = 5
_KINDS = {
    BinaryOutcome: _Kind(
        binary.MODELS,
        ENSEMBLE,
        (AUC.name, AUC.heading),
        "so that the interval is by patient bootstrap",
        binary.discriminate_labels,
    ),
    SurvivalOutcome: _Kind(
        survival.MODELS,
        survival.NETWORKS,
        (UNO.name, UNO.heading),
        "of each of whom the first sample counts",
        survival.discriminate_times,
    ),
}


def compute_transfer(
    cohorts: Mapping[str, Cohort],
    *,
    seed: int = 1,
    jobs: int = 1,
    ensemble: Mapping[str, Any] | None = None,
    allow_training_samples: bool = False,
    quiet: bool = True,
) -> pd.DataFrame:
    """Train on every cohort and test on every other, and on itself by cross-validation.

    Only genes that all cohorts have are used. Each is standardised within its
    cohort, without the labels; this takes cohorts of a similar case mix. Patients
    whom both cohorts have, by their ids, are left out where one tests the other.

    Parameters
    ----------
    cohorts : mapping of name to Cohort
    seed : int
        Root of all randomness.
    jobs : int
        Processes to use; the result does not depend on it.
    ensemble : mapping, optional
        Parameters of `DeepCMEEnsemble`, or of times `DeepCMESurvivalEnsemble`, that differ
        from its defaults.
    allow_training_samples : bool
        Whether patients whom both cohorts have are tested all the same, and the result
        says so.

    Returns
    -------
    DataFrame
        `train, test, tested, model, auc, ci_low, ci_high, interval, n, events, n_patients,
        left_out, near_duplicates, training_patients, n_genes`.
        `tested` is ``other cohort``, or ``own cross-validation`` by patient in
        five folds (fewer of few events), whose AUC is the
        mean over the folds. Models are the ensemble
        and tuned logistic regression; the interval is DeLong's, or by patient bootstrap
        of folds and where a patient has several samples. Of times the models are the ensemble
        of times and Cox ridge regression, and `uno_c` (up to `tau`, the horizon of the tested
        cohort) stands in place of `auc`, with `auc_at_tau, auc_low, auc_high` beside it;
        the interval is by patient bootstrap, one sample a patient. `left_out` counts
        patients whom both cohorts have, `training_patients` those tested all the same;
        `near_duplicates` names tested samples with nearly the profile of a training sample.

    Raises
    ------
    DeepCMEError
        If outcomes are not of one kind, the cohorts have no gene in common, or two hold the
        same patients.
    """
    kind = _find_kind(cohorts)
    kept = {name: cohort.keep_primary_tumours() for name, cohort in cohorts.items()}
    columns = _common_genes(kept)
    meetings = _meet_all(kept, columns, seed, allow_training_samples)
    standardised = {name: _standardise(kept[name], columns[name]) for name in kept}
    parameters = {kind.networks: dict(ensemble or {})}
    calls = [
        (standardised, meetings, train, model, seed, parameters.get(model, {}))
        for train in standardised
        for model in kind.models
    ]
    pieces = {call[2:4]: Piece(kind=call[3]) for call in calls}
    work = Workload(pieces, jobs)
    tables: list[pd.DataFrame] = []
    fits = run_parallel(timed, [(_train_and_test, *call) for call in calls], jobs)
    with closing(fits), show_progress("Training", work, quiet=quiet):
        for name, (table, seconds) in zip(pieces, fits, strict=True):
            tables.append(table)
            work.finish(name, seconds)
    return pd.concat(tables, ignore_index=True)


def _find_kind(cohorts: Mapping[str, Cohort]) -> _Kind:
    """That of the first cohort, which all others must have."""
    (first, one), *others = cohorts.items()
    for name, cohort in others:
        if type(cohort.outcome) is not type(one.outcome):
            raise DeepCMEError(
                f"{name} has a {cohort.outcome.kind} outcome and {first} a {one.outcome.kind} "
                "one: give cohorts of one kind; `deepcme prepare ... --horizon T "
                "--drop-censored` makes times a question of yes or no."
            )
    return _KINDS[type(one.outcome)]


def measure_of(table: pd.DataFrame) -> tuple[str, str]:
    """Column and heading of what a transfer table measures."""
    return next(kind.measure for kind in _KINDS.values() if kind.measure[0] in table)


def _common_genes(cohorts: Mapping[str, Cohort]) -> dict[str, NDArray[np.int64]]:
    """Columns, in each cohort, of the genes that all have, in one order."""
    first = next(iter(cohorts.values()))
    identifiers = gene_identifiers(first)
    genes = Genes(id=identifiers.pop("gene_id"), others=identifiers)
    columns = {
        name: match_genes(expression_of(cohort), genes).column
        for name, cohort in cohorts.items()
    }
    common = np.all([column >= 0 for column in columns.values()], axis=0)
    if not common.any():
        raise DeepCMEError(
            f"{', '.join(cohorts)} have no gene in common: translate their genes to one kind "
            "of identifier with `deepcme genes map`."
        )
    return {name: column[common] for name, column in columns.items()}


@dataclass(frozen=True)
class _Prepared:
    """A cohort's rows, and what became of them."""

    rows: PreparedRows
    outcome: Outcome


def _standardise(cohort: Cohort, columns: NDArray[np.int64]) -> _Prepared:
    """A cohort at the common genes, standardised within itself."""
    values = cohort.X[:, columns]
    if (empty := np.isnan(values).all(axis=1)).any():
        raise DeepCMEError(
            f"{cohort.name}: {counted(int(empty.sum()), 'sample')} "
            f"({few(cohort.samples[empty], 6)}) without a value of any gene that all cohorts "
            "have: leave them out."
        )
    if cohort.scale in LINEAR_SCALES:
        values = Log2Transformer().fit_transform(values)
    Z = np.ascontiguousarray(np.clip(standardise_within(values), -HONEST.clip, HONEST.clip))
    outcome = cohort.outcome
    return _prepare(Z, outcome, cohort.patients)


def _prepare(
    Z: NDArray[np.float32], outcome: Outcome, patients: NDArray[np.object_]
) -> _Prepared:
    learned = (
        make_target(outcome.follow_up)
        if isinstance(outcome, SurvivalOutcome)
        else labels_of(outcome)
    )
    return _Prepared(PreparedRows(Z, learned, patients), outcome)


@dataclass(frozen=True)
class _Meeting:
    """Whom of one cohort a model of another is tested on, and copies among them by name."""

    strangers: Strangers
    near_duplicates: str


_Meetings = dict[tuple[str, str], _Meeting]


def _meet_all(
    cohorts: Mapping[str, Cohort],
    columns: Mapping[str, NDArray[np.int64]],
    seed: int,
    allow: bool,
) -> _Meetings:
    """Look in every cohort for patients and samples of every other."""
    meetings = {}
    for train, own in cohorts.items():
        known = TrainingSamples.of(
            own.samples,
            own.patients,
            own.X,
            columns[train],
            seed_for(seed, "transfer", "training samples", train),
        )
        for test, other in cohorts.items():
            if test == train:
                continue
            found = known.recognise(
                other.samples, other.patients, other.X, columns[test], within=True
            )
            same = own.fingerprint == other.fingerprint
            strangers = find_strangers(
                f"{train} to {test}", other, found, same=same, allow=allow
            )
            copies = found.samples[found.by_profile]
            meetings[train, test] = _Meeting(strangers, ", ".join(copies))
    return meetings


def notes_on_transfer(table: pd.DataFrame) -> list[str]:
    """What is to be said of the patients that were tested, for each pair of cohorts."""
    notes = []
    measured, _ = measure_of(table)
    kind = next(kind for kind in _KINDS.values() if kind.measure[0] == measured)
    crossed = table[table["tested"] == CROSSED]
    for row in crossed.drop_duplicates(["train", "test"]).to_dict("records"):
        pair = f"{row['train']} to {row['test']}"
        if row["left_out"]:
            notes.append(
                f"Warning: {pair}: left out {counted(row['left_out'], 'patient')} whom both "
                "cohorts have."
            )
        if branded := brand(row["training_patients"], row["n_patients"]):
            notes.append(f"Warning: {pair}: {branded}")
        if row["near_duplicates"]:
            notes.append(
                f"Warning: {pair}: these samples have nearly the profile of a training sample "
                f"under another id: {row['near_duplicates']}."
            )
        if row["n_patients"] < row["n"]:
            notes.append(
                f"{pair}: {row['n']:,} samples are of {row['n_patients']:,} patients, "
                f"{kind.several_samples}."
            )
    nobody = table[(table[measured] == CHANCE) & table["ci_low"].isna()]
    notes += [
        f"{row['train']} to {row['test']}: {row['model']} tells nobody apart, as it gives all "
        "the same score."
        for row in nobody.to_dict("records")
    ]
    return notes


def _train_and_test(
    cohorts: dict[str, _Prepared],
    meetings: _Meetings,
    train: str,
    name: str,
    seed: int,
    parameters: dict[str, Any],
) -> pd.DataFrame:
    """Fit one model on one cohort, test it on all others; and cross-validate it there."""
    own = cohorts[train]
    fit_seed = integer_seed(seed_for(seed, "transfer", train, name))
    rows = []
    with one_thread_a_task():
        model = fit_model(KINDS[name], parameters, fit_seed, own.rows)
        for test, other in cohorts.items():
            if test == train:
                rows.append(_cross_validate(own, train, name, seed, parameters))
                continue
            meeting = meetings[train, test]
            keep = meeting.strangers.keep
            random = np.random.default_rng(seed_for(seed, "transfer bootstrap", train, test))
            rows.append(
                {
                    "train": train,
                    "test": test,
                    "tested": CROSSED,
                    "model": name,
                    **_KINDS[type(own.outcome)].discriminate(
                        other.outcome.take(keep),
                        scores_of(model, other.rows.X[keep])[0],
                        other.rows.patients[keep],
                        random,
                        1,
                    ),
                    "left_out": meeting.strangers.n_left_out,
                    "near_duplicates": meeting.near_duplicates,
                    "training_patients": meeting.strangers.n_training_patients,
                    "n_genes": own.rows.X.shape[1],
                }
            )
    return pd.DataFrame(rows)


def _cross_validate(
    own: _Prepared, train: str, name: str, seed: int, parameters: dict[str, Any]
) -> dict[str, Any]:
    """What the cohort says of itself: each fold is scored by a fit on the others.

    As where others test, its standardisation saw all expression and no outcome.
    """
    outcome, patients, X = own.outcome, own.rows.patients, own.rows.X
    n_folds = choose_folds(outcome, patients, FOLDS)
    random = np.random.default_rng(seed_for(seed, "transfer folds", train))
    scores, fold_of = np.empty(len(X)), np.empty(len(X), dtype=np.int64)
    for fold, rows in enumerate(draw_folds(outcome.strata, patients, n_folds, random)):
        rest = np.ones(len(X), dtype=bool)
        rest[rows] = False
        others = _prepare(X[rest], outcome.take(rest), patients[rest])
        fit_seed = integer_seed(seed_for(seed, "transfer", train, name, "fold", fold))
        model = fit_model(KINDS[name], parameters, fit_seed, others.rows)
        scores[rows], fold_of[rows] = scores_of(model, X[rows])[0], fold
    random = np.random.default_rng(seed_for(seed, "transfer bootstrap", train, train))
    return {
        "train": train,
        "test": train,
        "tested": OWN,
        "model": name,
        **_KINDS[type(outcome)].discriminate(outcome, scores, patients, random, fold_of),
        "left_out": 0,
        "near_duplicates": "",
        "training_patients": 0,
        "n_genes": X.shape[1],
    }
