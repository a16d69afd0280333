"""A try-out of a study: what makes it short."""

from __future__ import annotations

from typing import Any

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.designs import FEWEST_REPEATS
from deepcme.study.resolved import Study
from deepcme.study.spec import overridden

QUICK_MODELS = {
    BinaryOutcome.kind: ("LR-tuned", "RF"),
    SurvivalOutcome.kind: ("Cox-ridge", "Cox-top-200"),
}
"""Two fast models for a try-out, by the kind of the outcome; the first may stand for the genes
beside clinical columns, and the second is its comparator."""

_RERUNS = {
    ("grid", "search"): "--grid",
    ("nulls", "permutations"): "--permutations",
    ("nulls", "gene_sets"): "--nulls",
    ("nulls", "signatures"): "--signature",
    ("instability", "refits"): "--instability",
    ("clinical", "permutations"): "--clinical-permutations",
    ("selection", "run"): "--selection",
}


def quick_settings(study: Study, *, has_models: bool = False) -> dict[str, Any]:
    """Plain settings that make a try-out of a study, to put in the place of its own.

    Parameters
    ----------
    study : Study
    has_models : bool
        Whether its models are to be kept; else `QUICK_MODELS` take their place.
    """
    first, second = QUICK_MODELS[study.outcome]
    settings: dict[str, Any] = {
        "split": {"repeats": FEWEST_REPEATS.get(study.split.design, 1)},
        "grid": {"search": "none"},
        "nulls": {"permutations": 0, "gene_sets": 0, "sizes": [], "signatures": []},
        "instability": {"refits": 0},
        "selection": {"run": False},
    }
    if not has_models:
        settings |= {"models": [first, second], "comparator": {"model": second}}
        settings["instability"]["model"] = ""
        settings["also"] = {"models": []}
    if study.clinical is not None:
        genes = {} if has_models else {"genes": first}
        settings["clinical"] = {"permutations": 0, **genes}
    return settings


def quick_settings_asked(study: Study, asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked of a study, and what makes a try-out of it.

    Raises
    ------
    DeepCMEError
        If it was asked for something that is rerun, which a try-out leaves out.
    """
    reruns = [
        option
        for (section, setting), option in _RERUNS.items()
        if asked.get(section, {}).get(setting) not in (None, 0, "none")
    ]
    if reruns:
        raise DeepCMEError(
            f"--quick reruns nothing, and {' and '.join(reruns)} would: leave out one of both."
        )
    return overridden(quick_settings(study, has_models="models" in asked), asked)
