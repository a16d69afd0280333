"""One task tried, wherever it runs."""

from __future__ import annotations

import time
import traceback
from typing import NamedTuple

from deepcme.base.files.refusals import describe_refusal
from deepcme.cohort.arrays import CohortArrays
from deepcme.study.tasks import Arrays, Task

_NO_MEMORY = "memory ran out; give fewer --jobs, or use a computer with more memory."


class Outcome(NamedTuple):
    """A task with its result, or with the text of the error that stopped it.

    `seconds` is how long it ran; None where that is not known.
    """

    task: Task
    result: Arrays | str
    seconds: float | None = None


def try_task(data: CohortArrays, task: Task) -> Outcome:
    """Run a task; an error comes back as text, so that the others go on."""
    start = time.perf_counter()
    result: Arrays | str
    try:
        result = task.run(data)
    except MemoryError:
        result = f"{traceback.format_exc()}\n{_NO_MEMORY}"
    except OSError as error:
        result = f"{traceback.format_exc()}\n{describe_refusal(error)}"
    except Exception:
        result = traceback.format_exc()
    return Outcome(task, result, time.perf_counter() - start)
