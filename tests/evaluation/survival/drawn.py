"""Follow-up drawn from a known truth, or at random with many ties."""

import numpy as np
from hypothesis import strategies as st

from deepcme.cohort.follow_up import FollowUp

EVENT_RATE, COMPETING_RATE, CENSORING_RATE = 0.1, 0.06, 0.08


def draw_follow_up(n: int, random: np.random.Generator, *, competing: bool = False) -> FollowUp:
    """Patients with constant hazards, censored independently."""
    of_event = random.exponential(1 / EVENT_RATE, n)
    of_other = random.exponential(1 / COMPETING_RATE, n) if competing else np.full(n, np.inf)
    censored = random.exponential(1 / CENSORING_RATE, n)
    ends = np.stack([censored, of_event, of_other])
    return FollowUp(ends.min(axis=0), ends.argmin(axis=0))


def true_risk(horizon: float, *, competing: bool = False) -> float:
    """Risk of the event up to the horizon of such patients."""
    rate = EVENT_RATE + COMPETING_RATE * competing
    return EVENT_RATE / rate * (1 - np.exp(-rate * horizon))


def tied_follow_ups(codes: tuple[int, ...] = (0, 1, 2)) -> st.SearchStrategy[FollowUp]:
    """Few patients at few times."""
    patient = st.tuples(st.integers(0, 6), st.sampled_from(codes))
    return st.lists(patient, min_size=1, max_size=25).map(
        lambda of: FollowUp(*zip(*of, strict=True))
    )


def repeat(follow_up: FollowUp, counts: np.ndarray) -> FollowUp:
    """The patients of one draw, one entry each time a patient is drawn."""
    return follow_up.rows(np.repeat(np.arange(follow_up.n), counts))
