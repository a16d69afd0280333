"""The `deepcme` command: what it ends with, whatever happens."""

from __future__ import annotations

import atexit
import gc
import sys

from deepcme.base.errors import DeepCMEError, StoppedError
from deepcme.base.files.refusals import describe_refusal
from deepcme.base.processes.shared import remove_shared_leftovers
from deepcme.base.processes.stopping import stoppable, tell
from deepcme.explained.of_errors import topic_of


def main() -> None:
    """Run the command line: a problem with the input is one sentence and exit code 2."""
    atexit.register(gc.freeze)  # or Python looks through all its objects, for seconds
    try:
        with stoppable():
            from deepcme.cli.commands import app

            remove_shared_leftovers()
            app(prog_name="deepcme")  # also as python -m deepcme
    except DeepCMEError as error:
        tell(error, topic_of(error))
        sys.exit(2)
    except MemoryError:
        tell(
            DeepCMEError(
                "this takes more memory than is free: leave out what is not needed, or use "
                "a computer with more memory."
            ),
            "memory",
        )
        sys.exit(2)
    except OSError as error:
        tell(DeepCMEError(describe_refusal(error)))
        sys.exit(2)
    except StoppedError as stop:
        tell(stop)
        sys.exit(stop.exit_code)
