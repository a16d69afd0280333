"""What to expect of a model of times: calibration and groups of held-out patients."""

from __future__ import annotations

from deepcme.audit.characteristics import take_characteristics
from deepcme.base.errors import AbsentError
from deepcme.evaluation.groups.between_levels import compute_interactions
from deepcme.evaluation.groups.levels import divide_by_columns
from deepcme.evaluation.survival.tables.calibration import compute_survival_calibration_groups
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from deepcme.evaluation.survival.tables.subgroups import (
    RANK,
    SCALES,
    compute_survival_subgroups,
)
from deepcme.trained.expected.expected import (
    RANKED_ANEW,
    Expected,
    Measured,
    RiskGroup,
    Subgroups,
    describe_subgroups,
    no_subgroups,
    rows_as,
)
from deepcme.trained.learning import Finished

_BY_OTHERS = (
    "each fold's risks by slope and baseline of the other folds of its repeat; each patient's "
    "mean over the repeats"
)
_AT_PENALTY = "at the penalty of the model itself"


def compute_expected_of_times(finished: Finished, evaluation: Evaluation) -> Expected:
    """Calibration and groups of the patients while they were held out.

    Parameters
    ----------
    finished : Finished
    evaluation : Evaluation
        Of the model's predictions, with risks by the horizon that the calibration of other
        folds gives.
    """
    of_risks = compute_survival_performance(evaluation)
    counted = of_risks.iloc[0]
    notes = []
    try:
        groups = rows_as(RiskGroup, compute_survival_calibration_groups(evaluation))
    except AbsentError as absent:
        groups = []
        notes.append(str(absent))
    return Expected(
        method=_describe_method(finished),
        rank="uno_c",
        unit="patients",
        n=int(counted["n"]),
        events=int(counted["events"]),
        n_patients=int(counted["n"]),
        n_splits=int(counted["n_splits"]),
        measures=rows_as(Measured, of_risks.rename(columns={"measure": "name"})),
        curve=[],
        groups=groups,
        histogram=[],
        notes=notes,
        subgroups=_subgroups(finished, evaluation),
    )


def _describe_method(finished: Finished) -> str:
    parameters = finished.model.get_params()
    how = ""
    if finished.settings.is_panel:
        how = f", {RANKED_ANEW}"
    elif "penalties" in parameters:
        how = f", {_AT_PENALTY}"
    return f"cross-validation by patient{how}; {_BY_OTHERS}"


def _subgroups(finished: Finished, evaluation: Evaluation) -> Subgroups:
    levels = divide_by_columns(take_characteristics(finished.cohort))
    if levels.of_sample.columns.empty:
        return no_subgroups(levels)
    try:
        table = compute_survival_subgroups(
            evaluation, levels.of_sample, recalibrated=evaluation
        )
    except AbsentError:
        return no_subgroups(levels)
    return describe_subgroups(levels, table, compute_interactions(table, SCALES), RANK)
