"""What genes add to clinical columns: only where both are known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from deepcme.evaluation.survival.measured import UNO
from deepcme.report.added_value_verdict import Effect
from deepcme.report.verdict.gain import find_gain


def contents(both):
    """A study of times: columns rank with 0.62, and with genes as it is said."""
    values = {"Cox-ridge": 0.68, "clinical": 0.62, "clinical + genes": both}
    ranks = pd.DataFrame(
        {"model": [*values], "measure": UNO.name, "value": [*values.values()], "ci_low": 0.55}
    )
    row = {"measure": UNO.name, "baseline": "clinical", "difference": both - 0.62}
    added = pd.DataFrame([row | {"ci_low": both - 0.66, "ci_high": both - 0.58}])
    results = SimpleNamespace(
        is_survival=True,
        ranked_by=UNO,
        study=SimpleNamespace(clinical=SimpleNamespace(columns=("age",), genes="Cox-ridge")),
        folder=SimpleNamespace(has_table=lambda name: False),
    )
    tables = {"added_value": added, "survival_discrimination": ranks}
    return SimpleNamespace(results=results, tables=tables, headline="Cox-ridge")


def test_a_gain_of_times_is_told_by_its_interval():
    gain = find_gain(contents(0.7))
    assert (gain.clinical, gain.both, gain.effect) == (0.62, 0.7, Effect.ADDS)


def test_without_a_value_there_is_no_gain_to_tell():
    assert find_gain(contents(np.nan)) is None
