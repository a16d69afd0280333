"""The `deepcme` command: what it ends with, whatever happens."""

from __future__ import annotations

import sys
from contextlib import suppress

from deepcme.base.errors import DeepCMEError, StoppedError
from deepcme.base.refusals import describe_refusal
from deepcme.base.stopping import stoppable
from deepcme.base.terminal import say


def main() -> None:
    """Run the command line: a problem with the input is one sentence and exit code 2."""
    try:
        with stoppable():
            from deepcme.cli.commands import app

            app()
    except DeepCMEError as error:
        _end(str(error), 2)
    except MemoryError:
        _end(
            "this takes more memory than is free: leave out what is not needed, or "
            "use a computer with more memory.",
            2,
        )
    except OSError as error:
        _end(describe_refusal(error), 2)
    except StoppedError as stop:
        _end(str(stop), stop.exit_code)


def _end(sentence: str, code: int) -> None:
    with suppress(OSError):  # the disk that the words go to may be the full one
        say(f"deepcme: {sentence}", error=True)
    sys.exit(code)
