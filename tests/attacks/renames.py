"""A process that runs commands in forks of itself, and kills them at one of their renames.

It reads a line of JSON for each: its arguments, at which rename it dies ("at", from 1; 0 for
none) and on which side of it ("before", "after"), and the file for what it says. It answers
with a line: the exit code, -9 for one that was killed. That it was imported already saves most
of a command's time.
"""

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

IMPORTED = (
    *(
        "deepcme.cli.main",
        "deepcme.study.run",
        "deepcme.report.outline",
        "deepcme.trained.training",
    ),
    *("anndata", "altair", "vl_convert", "pyarrow.parquet", "sklearn.linear_model", "joblib"),
)
RENAMES = ("rename", "replace", "link", "renames")


def kill_at(at: int, side: str) -> None:
    """Count every rename from now on; this process does not live to see what follows one."""
    count = 0

    def counted(rename: Callable[..., Any]) -> Callable[..., Any]:
        def rename_or_die(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count == at and side == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            done = rename(*arguments, **options)
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return rename_or_die

    for name in RENAMES:  # pathlib and shutil look them up in os
        setattr(os, name, counted(getattr(os, name)))


def run(arguments: list[str], at: int, side: str, said: str) -> None:
    """The command, in the process that this one became."""
    os.setsid()
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["deepcme", *arguments]
    kill_at(at, side)
    importlib.import_module("deepcme.cli.main").main()


def serve() -> None:
    """Answer until there are no more lines."""
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        process = os.fork()
        if process == 0:
            run(**asked)
            sys.exit(0)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
