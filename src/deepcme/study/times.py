"""Whether a study is one of times to an event, as its cohort says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.origin import load_origin
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.resolved import Study


def with_times_of_cohort(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Settings with `[survival]` and its horizon, where the cohort has times to an event.

    They are as given where a study leaves out the censored, and where there is no cohort to
    read, which is told when it is read. The publication had labels, so that the protocol
    `paper` leaves out the censored unless it is told otherwise.
    """
    given, cohort = values.get("survival", {}), values.get("cohort")
    if not isinstance(cohort, Mapping) or not isinstance(given, Mapping):
        return dict(values)
    if cohort.get("leave_out_censored") or given.get("horizon") is not None:
        return dict(values)
    return with_times(values, _find_endpoint(cohort, folder))


def with_times(values: Mapping[str, Any], endpoint: Endpoint | None) -> dict[str, Any]:
    """The same for a cohort of that endpoint; as given where it has no times."""
    given, cohort = values.get("survival", {}), values["cohort"]
    if endpoint is None or cohort.get("leave_out_censored"):
        return dict(values)
    horizon = {} if endpoint.horizon is None else {"horizon": endpoint.horizon}
    told = "survival" in values or "leave_out_censored" in cohort
    if values.get("protocol") == "paper" and horizon and not told:
        return {**values, "cohort": {**cohort, "leave_out_censored": True}}
    return {**values, "survival": {**horizon, **given}}


def _find_endpoint(cohort: Mapping[str, Any], folder: Path) -> Endpoint | None:
    """The endpoint of a cohort of times to an event; None of any other, or none to read."""
    path, example = cohort.get("path"), cohort.get("example")
    if example == "transbig" and path is None:
        from deepcme.sources.examples import load_transbig

        outcome = load_transbig().outcome
        return outcome.endpoint if isinstance(outcome, SurvivalOutcome) else None
    if not isinstance(path, str | Path) or example is not None:
        return None
    try:
        origin = load_origin(folder / path)
    except (DeepCMEError, OSError, ValueError):
        return None
    return origin.endpoint if origin.outcome is SurvivalOutcome else None


def with_horizon_of(study: Study, cohort: Cohort) -> Study:
    """The study with its cohort's horizon, where it names none.

    Raises
    ------
    DeepCMEError
        If it is one of times to an event and its cohort is not, or the other way round.
    """
    outcome = cohort.outcome
    if study.survival is None:
        if isinstance(outcome, SurvivalOutcome):
            raise DeepCMEError(
                f"{cohort.name}: the cohort has times to an event, and the study asks for yes "
                "or no: add a section [survival], or leave_out_censored = true under [cohort]."
            )
        return study
    if not isinstance(outcome, SurvivalOutcome):
        raise DeepCMEError(
            f"{cohort.name}: the cohort has no times to an event, of which [survival] is: take "
            "the section out, or make the cohort anew with --time and --event of `deepcme "
            "prepare`."
        )
    if study.survival.horizon is not None:
        return study
    survival = study.survival.model_copy(update={"horizon": outcome.endpoint.horizon})
    return study.model_copy(update={"survival": survival})
