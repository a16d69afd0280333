"""Every cohort trains, every other tests: whether the signal crosses over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from deepcme.baselines import TUNED_REGRESSION, make_baseline_classifier
from deepcme.bundle.expression import (
    expression_of,
    match_genes,
    standardise_within,
)
from deepcme.bundle.manifest import Genes
from deepcme.cohort import Cohort
from deepcme.ensemble import ENSEMBLE, DeepCMEEnsemble
from deepcme.errors import DeepCMEError
from deepcme.evaluation.intervals import compute_delong_interval
from deepcme.genes import gene_identifiers
from deepcme.honest import CLIP
from deepcme.network.architecture import FloatArray
from deepcme.network.engines import make_engine
from deepcme.preprocessing import Log2Transformer
from deepcme.progress import show_progress
from deepcme.scales import LINEAR_SCALES
from deepcme.seeds import integer_seed, seed_for
from deepcme.threads import single_thread

MODELS = (ENSEMBLE, TUNED_REGRESSION)


@dataclass(frozen=True)
class _Standardised:
    """A cohort at the common genes, standardised within itself."""

    Z: FloatArray
    labels: NDArray[np.int8]
    patients: NDArray[np.object_]


def compute_transfer(
    cohorts: Mapping[str, Cohort],
    *,
    seed: int = 1,
    jobs: int = 1,
    ensemble: Mapping[str, Any] | None = None,
    quiet: bool = True,
) -> pd.DataFrame:
    """Train on every cohort and test on every other.

    Only genes that all cohorts have are used. Each is standardised within its
    cohort, without the labels; this takes cohorts of a similar case mix.

    Parameters
    ----------
    cohorts : mapping of name to Cohort
    seed : int
        Root of all randomness.
    jobs : int
        Processes to use; the result does not depend on it.
    ensemble : mapping, optional
        Parameters of `DeepCMEEnsemble` that differ from its defaults.

    Returns
    -------
    DataFrame
        `train, test, model, auc, ci_low, ci_high, n, events, n_genes`; models
        are the ensemble and tuned logistic regression, intervals DeLong's.

    Raises
    ------
    DeepCMEError
        If the cohorts have no gene in common.
    """
    kept = {name: cohort.keep_primary_tumours() for name, cohort in cohorts.items()}
    standardised = _standardise_all(kept)
    make_engine()  # loads PyTorch, whose threads can only be limited once it is there
    tasks = [(train, model) for train in standardised for model in MODELS]
    run = Parallel(n_jobs=jobs, return_as="generator")
    fits = run(
        delayed(_train_and_test)(
            standardised,
            train,
            model,
            integer_seed(seed_for(seed, "transfer", train, model)),
            dict(ensemble or {}),
        )
        for train, model in tasks
    )
    tables: list[pd.DataFrame] = []
    with show_progress("Fits", len(tasks), quiet=quiet) as advance:
        for table in fits:
            tables.append(table)
            advance()
    return pd.concat(tables, ignore_index=True)


def _standardise_all(cohorts: Mapping[str, Cohort]) -> dict[str, _Standardised]:
    """Every cohort at the genes that all have, in one order."""
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
    return {
        name: _standardise(cohort, columns[name][common]) for name, cohort in cohorts.items()
    }


def _standardise(cohort: Cohort, columns: NDArray[np.int64]) -> _Standardised:
    values = cohort.X[:, columns]
    if cohort.scale in LINEAR_SCALES:
        values = Log2Transformer().fit_transform(values)
    Z = np.ascontiguousarray(np.clip(standardise_within(values), -CLIP, CLIP))
    return _Standardised(Z, cohort.labels, cohort.patients)


def _train_and_test(
    cohorts: dict[str, _Standardised],
    train: str,
    name: str,
    seed: int,
    parameters: dict[str, Any],
) -> pd.DataFrame:
    """Fit one model on one cohort, test it on all others."""
    own = cohorts[train]
    rows = []
    with single_thread():
        if name == ENSEMBLE:
            model: Any = DeepCMEEnsemble(**parameters, random_state=seed)
        else:
            model = make_baseline_classifier(name, seed)
        model.fit(own.Z, own.labels, groups=own.patients)
        for test, other in cohorts.items():
            if test == train:
                continue
            auc = compute_delong_interval(other.labels, model.decision_function(other.Z))
            rows.append(
                {
                    "train": train,
                    "test": test,
                    "model": name,
                    "auc": auc.value,
                    "ci_low": auc.ci_low,
                    "ci_high": auc.ci_high,
                    "n": auc.n,
                    "events": auc.events,
                    "n_genes": own.Z.shape[1],
                }
            )
    return pd.DataFrame(rows)
