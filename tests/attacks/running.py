"""A command that runs beside the tests, with every process that it started."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import invented_cohort

PROMISED_SECONDS = 5
ROOM = 15
"""Seconds on top where other programs share the machine."""
PATIENCE = 120

_MAIN = "from deepcme.cli.main import main; main()"
_IN_PLACE_OF_THE_APP = """
import ctypes, hashlib, os, signal, time
from deepcme.base.processes.parallel import run_parallel
from deepcme.cli import commands
commands.app = lambda prog_name: {call}
"""
_HELD = """
import os, pathlib, time
import {module} as module
def hold(*_, **__):
    pathlib.Path(os.environ["HELD"]).touch()
    time.sleep(600)
module.{name} = hold
"""


@dataclass
class Running:
    """A started command: its main process, a mark of all its processes, a folder of its own."""

    process: subprocess.Popen[str]
    mark: str
    folder: Path

    @property
    def held(self) -> Path:
        """The file that is there once the command is at the moment where it is held."""
        return self.folder / "held"

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Go on when the condition is true, and while the command runs."""
        give_up = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < give_up, "it did not come"
            time.sleep(0.02)

    def workers(self) -> list[int]:
        return [process for process, what in self.processes() if "LokyProcess" in what]

    def wait_for_workers(self) -> None:
        self.wait_for(self.workers)

    def send(self, number: int, *, to_all: bool = False) -> None:
        """Send a signal to the main process, or to all as terminals and batch systems do."""
        if to_all:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def require_stopped(self, number: int, *words: str) -> None:
        """It ended in time with all its processes, one line and the code of the signal."""
        start = time.monotonic()
        out, err = self.process.communicate(timeout=PATIENCE)
        self.require_all_gone(start)
        assert self.process.returncode == 128 + number, err
        said = [line for line in err.splitlines() if line.startswith("deepcme: Stopped ")]
        assert len(said) == 1 and err.endswith(f"{said[0]}\n"), err
        assert "Traceback" not in out + err and "Warning" not in out + err, out + err
        for word in words:
            assert word in said[0], said[0]

    def require_all_gone(self, start: float) -> None:
        """No process of the command is left in time, and no memory map of an array."""
        while (left := self.processes()) and time.monotonic() - start < PROMISED_SECONDS + ROOM:
            time.sleep(0.05)
        assert not left
        assert time.monotonic() - start < PROMISED_SECONDS + ROOM
        maps = f"joblib_memmapping_folder_{self.process.pid}_*"
        for place in (Path("/dev/shm"), self.folder):
            assert not [*place.glob(maps)]

    def processes(self) -> list[tuple[int, str]]:
        """Numbers and command lines of the living processes that bear the mark."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() not in (folder / "environ").read_bytes():
                    continue
                state = (folder / "stat").read_text().rpartition(") ")[2][0]
                if state not in "ZX":
                    what = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found.append((int(folder.name), what))
            except OSError:  # it has ended meanwhile
                continue
        return found

    def end(self) -> None:
        for process, _ in self.processes():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.communicate()


@contextmanager
def running(
    folder: Path,
    *arguments: str | Path,
    call: str | None = None,
    held: str | None = None,
    before: str = "",
    ignored: tuple[int, ...] = (),
) -> Iterator[Running]:
    """Start `deepcme` with these arguments.

    call : an expression that runs in place of the commands.
    held : `module:name` of a function that holds the command where it is called.
    before : code that runs first.
    ignored : signals that are ignored from the start.
    """
    mark = f"deepcme-{uuid.uuid4().hex}"
    code = [before]
    if call is not None:
        code.append(_IN_PLACE_OF_THE_APP.format(call=call))
    if held is not None:
        module, _, name = held.partition(":")
        code.append(_HELD.format(module=module, name=name))

    def begin() -> None:
        """As from a terminal, whatever the tests themselves were started with."""
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            kept = signal.SIG_IGN if number in ignored else signal.SIG_DFL
            signal.signal(number, kept)

    process = subprocess.Popen(
        [sys.executable, "-c", "\n".join([*code, _MAIN]), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"MARK": mark, "HELD": str(folder / "held"), "TMPDIR": str(folder)},
        start_new_session=True,
        preexec_fn=begin,
    )
    command = Running(process, mark, folder)
    try:
        yield command
    finally:
        command.end()


def write_study(folder: Path) -> Path:
    """A study of 20 fits, and its cohort beside it, whose matrix workers share."""
    invented_cohort(n_patients=120, n_genes=3000, positives=40).save(folder / "cohort.h5ad")
    study = folder / "study.toml"
    study.write_text(
        'models = ["LR", "RF"]\n[cohort]\npath = "cohort.h5ad"\n'
        '[split]\ndesign = "repeated"\nrepeats = 10\n'
    )
    return study
