"""Options of a time to an event, and what `prepare` says of the follow-up it has read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cli.options import ENDPOINT

if TYPE_CHECKING:
    from deepcme.cohort.endpoints.survival import TimeToEvent
    from deepcme.cohort.survival import SurvivalOutcome


@dataclass(frozen=True)
class FollowUpOptions:
    """A time to an event as the outcome, and the horizon at which it is asked for."""

    time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=ENDPOINT,
            help="Time to the event or the last follow-up, or both columns of these as "
            "COLUMN,COLUMN.",
        ),
    ] = None
    event: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", rich_help_panel=ENDPOINT, help="Whether the event was seen."
        ),
    ] = None
    time_unit: Annotated[
        Literal["days", "months", "years"] | None,
        typer.Option(
            metavar="UNIT",
            rich_help_panel=ENDPOINT,
            help="Unit of the times: days, months or years.",
            show_default="as their column is called",
        ),
    ] = None
    competing: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            rich_help_panel=ENDPOINT,
            help="What rules the event out, such as vital_status=Dead where the event is a "
            "metastasis.",
        ),
    ] = None
    horizon: Annotated[
        float | None,
        typer.Option(
            metavar="TIME",
            rich_help_panel=ENDPOINT,
            help="Up to which time the event is asked for, in the unit of the times.",
        ),
    ] = None
    drop_censored: Annotated[
        bool,
        typer.Option(
            "--drop-censored",
            rich_help_panel=ENDPOINT,
            help="Leave out who was censored before --horizon, for an outcome of 1 and 0 "
            "without times.",
        ),
    ] = False

    @property
    def times(self) -> TimeToEvent | None:
        """The columns of the times, None where none are asked for."""
        from deepcme.cohort.endpoints.survival import TimeToEvent

        if self.time is None or self.event is None:
            if not any(getattr(self, field.name) for field in fields(FollowUpOptions)):
                return None
            raise DeepCMEError(
                "A time to an event takes both --time COLUMN and --event COLUMN."
            )
        if self.drop_censored and self.horizon is None:
            raise DeepCMEError(
                "--drop-censored leaves out who was censored before --horizon: give it too."
            )
        competing = None if self.competing is None else condition("--competing", self.competing)
        return TimeToEvent(self.time, self.event, self.time_unit, competing, self.horizon)


def condition(option: str, text: str) -> tuple[str, str]:
    """The column and the value of an option.

    Raises
    ------
    DeepCMEError
        If it is not so written.
    """
    column, separator, value = text.partition("=")
    if not separator or not column:
        raise DeepCMEError(f"{option} takes COLUMN=VALUE, not {text!r}.")
    return column, value


def lines_about_follow_up(outcome: SurvivalOutcome) -> list[str]:
    """How many ended how, how long they were followed, and what is not known at the horizon."""
    from deepcme.cohort.follow_up import COMPETING
    from deepcme.evaluation.survival.kaplan_meier import compute_median_follow_up

    endpoint, unit = outcome.endpoint, f" {outcome.endpoint.unit}".rstrip()
    try:
        median = f"{compute_median_follow_up(outcome.follow_up).value:g}{unit}"
    except AbsentError:
        median = "not reached"
    n, n_events, n_competing = (
        len(outcome.ends),
        int(outcome.events.sum()),
        int((outcome.ends == COMPETING).sum()),
    )
    competing = f"{n_competing:,} with the competing event ({endpoint.competing}), "
    lines = [
        f"- Of {n:,} samples {n_events:,} with the event, {competing if n_competing else ''}"
        f"{n - n_events - n_competing:,} censored; median follow-up {median} (reverse "
        "Kaplan-Meier)."
    ]
    if endpoint.horizon is not None:
        n_cases = int(outcome.cases_at(endpoint.horizon).sum())
        n_unknown = int((~outcome.known_at(endpoint.horizon)).sum())
        kept = f"{n_unknown:,} censored, who are kept and weighted for"
        lines.append(
            f"- By the horizon of {endpoint.horizon:g}{unit}: {n_cases:,} with the event, "
            f"{kept if n_unknown else 'nobody censored'}."
        )
    return lines
