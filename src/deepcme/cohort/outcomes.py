"""Every kind of outcome: whoever writes one adds it here."""

from __future__ import annotations

from deepcme.cohort.outcome import BinaryOutcome, Outcome
from deepcme.cohort.survival import SurvivalOutcome

OUTCOMES: dict[str, type[Outcome]] = {
    outcome.kind: outcome for outcome in (BinaryOutcome, SurvivalOutcome)
}
"""Every class of outcomes by its kind."""
