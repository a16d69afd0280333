"""One task tried, wherever it runs."""

from __future__ import annotations

import traceback

from deepcme.cohort.arrays import CohortArrays
from deepcme.study.tasks import Arrays, Task

Outcome = tuple[Task, Arrays | str]
"""A task with its result, or with the text of the error that stopped it."""


def try_task(data: CohortArrays, task: Task) -> Outcome:
    """Run a task; an error comes back as text, so that the others go on."""
    try:
        return task, task.run(data)
    except Exception:
        return task, traceback.format_exc()
