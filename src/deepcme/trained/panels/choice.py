"""How a panel came to its genes, and what its reference genes cost, for its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted
from deepcme.cohort.strata import find_levels
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.paired import compute_bootstrap_difference
from deepcme.evaluation.predictions import with_strata
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.selection.targets import kind_of_outcome
from deepcme.trained.entries import Interval
from deepcme.trained.learning import Finished, as_interval
from deepcme.trained.manifest import SingleForm
from deepcme.trained.panels.candidates import Reference
from deepcme.trained.panels.manifest import PanelChoice, ReferenceCost, SizeTried
from deepcme.trained.settings import TrainingSettings

_WITH, _WITHOUT = "with reference genes", "without"


def form_of_panel(finished: Finished) -> SingleForm:
    """What is kept of a panel's refit."""
    if finished.model.refit_ == "linear":
        return "coefficients"
    is_of_times = isinstance(finished.cohort.outcome, SurvivalOutcome)
    return "hazard networks" if is_of_times else "networks"


def require_genes(settings: TrainingSettings, model: Any, name: str) -> None:
    """Refuse a panel of more genes than there are to choose from.

    Raises
    ------
    DeepCMEError
        Naming the cohort and how many there are.
    """
    if settings.is_panel and isinstance(settings.panel, int) and model.size_ < settings.panel:
        raise DeepCMEError(
            f"{name}: a panel of {settings.panel:,} genes cannot be chosen from "
            f"{counted(model.size_, 'gene')} that enough samples express: ask for fewer."
        )


def note_left_out(finished: Finished, n_candidates: int) -> list[str]:
    """How many genes of a list are no part of its panel, which preprocessing leaves out."""
    n_listed = finished.cohort.n_genes
    if not finished.settings.is_panel or finished.model.size != "all":
        return []
    if n_candidates == n_listed:
        return []
    return [
        f"{n_listed - n_candidates:,} of the {counted(n_listed, 'gene')} listed are no part of "
        "the panel, as too few samples express them."
    ]


def describe_panel(
    finished: Finished,
    n_candidates: int,
    reference: Reference | None,
    without_reference: Sequence[pd.DataFrame],
) -> PanelChoice:
    """What the manifest says of a panel.

    Parameters
    ----------
    finished : Finished
    n_candidates : int
        Genes among which it was chosen.
    reference : Reference, optional
    without_reference : sequence of DataFrame
        Where there is one, the predictions of the same folds without it.
    """
    panel, size = finished.model, finished.model.size
    rules = {"all": "list", "auto": "one standard error"}
    criterion = kind_of_outcome(finished.cohort.outcome.kind).criterion
    return PanelChoice.model_validate(
        {
            "rule": rules.get(size, "number"),
            "ranker": None if size == "all" else panel.ranker,
            "candidates": n_candidates,
            "refit": panel.refit_,
            "reference": None if reference is None else reference.genes,
            "reference_cost": (
                _compute_cost(finished, *without_reference) if without_reference else None
            ),
            "inner_sizes": [
                SizeTried(
                    n_genes=row["n_genes"], loss=row[criterion], se=row[f"{criterion}_se"]
                )
                for row in panel.stages_.to_dict("records")
            ],
        }
    )


def _compute_cost(finished: Finished, without: pd.DataFrame) -> ReferenceCost | None:
    """What the same folds give with and without, on the same held-out patients."""
    cohort, settings = finished.cohort, finished.settings
    levels = find_levels(cohort)
    both = [
        with_strata(table.assign(model=name), cohort.samples, levels)
        for name, table in ((_WITH, finished.predictions), (_WITHOUT, without))
    ]
    if isinstance(cohort.outcome, SurvivalOutcome):
        return _compare_in_time(
            pd.concat(both, ignore_index=True), settings.horizon, settings.seed
        )
    random = interval_generator(settings.seed, "auc")
    found = compute_discrimination(pd.concat(both, ignore_index=True), random)
    found = found.set_index("model")
    first, second = both
    difference = compute_bootstrap_difference(
        first, second, interval_generator(settings.seed, "reference genes")
    )
    ends = ["auc", "ci_low", "ci_high"]
    return ReferenceCost(
        measure="auc",
        with_reference=as_interval(*found.loc[_WITH, ends]),
        without_reference=as_interval(*found.loc[_WITHOUT, ends]),
        difference=as_interval(difference.difference, difference.ci_low, difference.ci_high),
    )


def _compare_in_time(
    both: pd.DataFrame, horizon: float | None, seed: int
) -> ReferenceCost | None:
    random = interval_generator(seed, "survival")
    evaluation = Evaluation.draw(both, horizon, random, refitted=[_WITH, _WITHOUT])
    found = compute_survival_discrimination(evaluation, [UNO]).set_index("model")
    of_difference = compute_survival_differences(
        evaluation, _WITH, [_WITHOUT], measures=[UNO]
    ).iloc[0]
    if np.isnan(of_difference["difference"]):
        return None
    ends = ["ci_low", "ci_high"]

    def interval(name: str) -> Interval:
        return as_interval(*found.loc[name, ["value", *ends]])

    return ReferenceCost(
        measure="uno_c",
        with_reference=interval(_WITH),
        without_reference=interval(_WITHOUT),
        difference=as_interval(*of_difference[["difference", *ends]]),
    )
