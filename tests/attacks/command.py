"""The command as a process of its own, with what it said, used and left behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_MAIN = "from deepcme.cli.main import main; main()"
_MAXRSS_PER_MB = 1024 if sys.platform != "darwin" else 1024 * 1024


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its code, what it printed, its peak memory in MB, its time."""

    code: int
    out: str
    err: str
    peak_mb: float
    seconds: float

    def require_one_sentence(self, *words: str) -> None:
        """It ended with code 2 and one line of error that holds the words."""
        assert self.code == 2, self
        self.require_no_crash()
        lines = self.err.strip().splitlines()
        assert len(lines) == 1 and lines[0].startswith("deepcme: "), self.err[:2000]
        for word in words:
            assert word in lines[0], f"{word!r} is not in {lines[0]!r}"

    def require_no_crash(self) -> None:
        """It ended by itself, in time, with no traceback."""
        assert self.code in (0, 2), f"code {self.code}: {self.err[-2000:]}"
        assert "Traceback" not in self.err, self.err[-2000:]
        assert self.seconds < 60


def deepcme(*arguments: str | Path, timeout: float = 60, folder: Path | None = None) -> Outcome:
    """Run `deepcme` with these arguments; a run over the time limit is killed (code -9)."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=folder,
        )
        killer = threading.Timer(timeout, os.kill, (process.pid, signal.SIGKILL))
        killer.start()
        watch = _MemoryWatch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        killer.cancel()
        watch.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (out, err):
            stream.seek(0)
        return Outcome(
            process.returncode,
            out.read().decode(errors="replace"),
            err.read().decode(errors="replace"),
            watch.peak_mb or usage.ru_maxrss / _MAXRSS_PER_MB,
            time.monotonic() - start,
        )


class _MemoryWatch(threading.Thread):
    """Follows the peak memory of a process; what wait4 tells begins at that of the tests."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{process}/status")
        self.peak_mb = 0.0

    def run(self) -> None:
        while (found := self._peak()) is not None:
            self.peak_mb = found
            time.sleep(0.01)

    def _peak(self) -> float | None:
        try:
            text = self._status.read_text(encoding="utf-8")
        except OSError:
            return None
        peak = re.search(r"VmHWM:\s+(\d+) kB", text)
        return int(peak[1]) / 1024 if peak else None
