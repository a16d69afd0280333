"""Which method made a study's results.

The integer of a part is raised in every change after which equal settings give other
numbers there. It is in the key of each of the part's tasks, so that a folder never mixes
results of two methods, and a part whose integer stays keeps its results.

1: deepcme 0.1.0.
2: the release after it (see CHANGELOG.md).
"""

from __future__ import annotations

from typing import Literal

Part = Literal["models", "nulls", "selection"]

RESULTS_VERSION: dict[Part, int] = {"models": 2, "nulls": 2, "selection": 2}
EARLIEST: dict[Part, int] = {"models": 1, "nulls": 1, "selection": 1}
"""Of folders from before this was written down."""
