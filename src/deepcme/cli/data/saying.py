"""How `prepare` says what it found: warnings first, then facts, then the patient flow."""

from __future__ import annotations

from collections.abc import Sequence

from deepcme.base.notes import warnings_first
from deepcme.cohort.flow import FlowStep

_WIDTH = 9


def lines_about(
    notes: Sequence[str], flow: Sequence[FlowStep], having: str = "positive"
) -> list[str]:
    """What a command has to say of a cohort, whose samples with the event are called so."""
    return [*(f"- {note}" for note in warnings_first(notes)), *flow_lines(flow, having)]


def flow_lines(flow: Sequence[FlowStep], having: str = "positive") -> list[str]:
    """The patient flow as aligned lines; none where it was not counted."""
    if not flow:
        return []
    widest = max(len("Patient flow"), *(2 + len(step.step) for step in flow))
    lines = ["Patient flow".ljust(widest) + _aligned(("samples", "patients", having))]
    for step in flow:
        counts = (step.samples, step.patients, step.positives)
        lines.append(
            f"  {step.step}".ljust(widest)
            + _aligned(["" if count is None else f"{count:,}" for count in counts]).rstrip()
        )
        if step.left_out:
            lines.append(f"    left out: {step.describe_left_out()}")
    return lines


def _aligned(cells: Sequence[str]) -> str:
    return "".join(cell.rjust(_WIDTH + 1) for cell in cells)
