"""A folder in which commands are run, killed and run again, and what must be there in the end."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from tests.conftest import invented_cohort

_MAIN = "from deepcme.cli.main import main; main()"
_MARK = "DEEPCME_TEST_MARK"
_SHARED_MEMORY = Path("/dev/shm")
SECONDS_TO_GO = 5.0
"""After a signal no process is left, and nothing in shared memory, within so many seconds."""

STUDY = """
models = ["LR", "KNN"]
[cohort]
path = "cohort.h5ad"
[split]
design = "repeated"
repeats = 3
"""
COMMANDS = {
    "run": "run study.toml --out outer/out --jobs 2 -q",
    "prepare": "prepare table --expression x.csv --samples samples.csv --label y -o outer/out.h5ad",
    "train": "train cohort.h5ad -o outer/out --model LR-tuned --repeats 1 --jobs 2 -q",
    "panel": "panel cohort.h5ad --out outer/out --ranker l1-logistic --repeats 1 "
    "--random-panels 1 --jobs 2 -q",
    "fetch": "fetch gdc TCGA-BRCA -o outer/out -q --base-url ",
}


class Place:
    """Inputs of every command in a folder; what commands write goes to `outer`, and `tmp`."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self._url = folder, url
        self.outer, self.tmp = folder / "outer", folder / "tmp"
        invented_cohort(n_patients=40, positives=16, scale="log2").save(folder / "cohort.h5ad")
        (folder / "study.toml").write_text(STUDY)
        _write_tables(folder)
        self.clear()

    def clear(self) -> None:
        """As before every command."""
        for written in (self.outer, self.tmp):
            shutil.rmtree(written, ignore_errors=True)
            written.mkdir()

    def arguments(self, command: str) -> list[str]:
        return [*COMMANDS[command].split(), *([self._url] * (command == "fetch"))]

    def environment(self, mark: str) -> dict[str, str]:
        return {**os.environ, _MARK: mark, "TMPDIR": str(self.tmp)}

    def start(self, command: str) -> "Started":
        """Start it as the leader of a group of processes."""
        return Started(self, self.arguments(command))

    def tree(self) -> dict[str, str]:
        """Every file and folder that commands wrote, hidden ones too, with what files hold."""
        return {
            str(path.relative_to(self.folder)): _digest(path)
            for written in (self.outer, self.tmp)
            for path in sorted(written.rglob("*"))
        }


def _write_tables(folder: Path) -> None:
    random = np.random.default_rng(2)
    samples = [f"S{i}" for i in range(60)]
    values = pd.DataFrame(random.gamma(2.0, 20.0, (60, 400)), index=samples).round(3)
    values.add_prefix("G").rename_axis("sample").to_csv(folder / "x.csv")
    label = pd.DataFrame({"sample": samples, "y": np.arange(60) % 3 // 2})
    label.to_csv(folder / "samples.csv", index=False)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "a folder"


class Started:
    """A command under way, whose processes can be found whatever they are called."""

    def __init__(self, place: Place, arguments: list[str]) -> None:
        self._mark = str(uuid.uuid4())
        self._said = place.folder / f"said-{self._mark}"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, *arguments],
                cwd=place.folder,
                env=place.environment(self._mark),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )

    def end(self, after: float, number: int, *, group: bool) -> None:
        """Send a signal after so many seconds, to the process alone or to its whole group."""
        try:
            self.process.wait(after)
        except subprocess.TimeoutExpired:
            send = os.killpg if group else os.kill
            send(self.process.pid, number)

    def wait(self, timeout: float = 300) -> tuple[int, str]:
        """Its exit code, and what it said."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        said = self._said.read_text(errors="replace")
        self._said.unlink()
        return code, said

    def remains(self) -> list[str]:
        """Its processes that still run, and what it left in shared memory."""
        pid = self.process.pid
        of_it = re.compile(rf"[-_]{pid}([-_]|$)")
        shared = [path.name for path in _SHARED_MEMORY.glob("*") if of_it.search(path.name)]
        return [*_processes_with(f"{_MARK}={self._mark}"), *shared]


def _processes_with(setting: str) -> list[str]:
    """Processes in whose environment a setting is, with the start of their command lines."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if setting.encode() in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append(f"{folder.name}: {words[:120]}")
        except OSError:
            continue  # it ended, or is another user's
    return found


def wait_until_empty(
    look: Callable[[], list[str]], seconds: float = SECONDS_TO_GO
) -> list[str]:
    """What is left after the time, or nothing as soon as nothing is."""
    give_up = time.monotonic() + seconds
    while (left := look()) and time.monotonic() < give_up:
        time.sleep(0.05)
    return left


def differences(found: dict[str, str], right: dict[str, str]) -> list[str]:
    """What is missing, too much or of other bytes."""
    return [
        f"{name}: {found.get(name, 'missing')[:9]} for {right.get(name, 'nothing')[:9]}"
        for name in sorted(found.keys() | right.keys())
        if found.get(name) != right.get(name)
    ]


class Forks:
    """The process of `renames.py`, which kills commands at their renames."""

    def __init__(self, place: Place) -> None:
        self._said = place.folder / "said-by-fork"
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("renames.py"))],
            cwd=place.folder,
            env=place.environment("forks"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, arguments: list[str], at: int = 0, side: str = "before") -> tuple[int, str]:
        """The exit code of a command that is killed at a rename, or at none, and its words."""
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {"arguments": arguments, "at": at, "side": side, "said": str(self._said)}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        return code, self._said.read_text(errors="replace")
