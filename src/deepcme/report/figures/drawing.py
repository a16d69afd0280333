"""Charts as SVG and PDF, drawn by a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from deepcme.base.files.files import whole_file
from deepcme.base.names import with_texts, without_forbidden
from deepcme.base.processes.workers import worker_command
from deepcme.base.terminal import say
from deepcme.report.figures.journal.journal import (
    FOLDER,
    WITHOUT_TIFF,
    can_write_tiff,
    figures_among,
    write_list,
)
from deepcme.report.figures.styles import VEGA_LITE, Chart, Spec, specify

_DRAWER = "deepcme.report.figures.drawing_apart"
_ADDRESSES_TAKEN = 68 * 1024**3
"""Bytes of addresses, not of memory, that V8 sets aside before it runs anything."""


class Drawing:
    """A process that draws charts while this one goes on with its work.

    V8, in which Vega draws, ends its whole process where the addresses of memory are limited
    (``ulimit -v``): it has a process of its own, and a chart that is not drawn is said. It
    takes a while to begin, and does so before it knows what to draw.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            worker_command(_DRAWER, VEGA_LITE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        # What reads its files, which would not fit into a pipe, while this process works.
        self._reader = ThreadPoolExecutor(1)
        self._names: list[str] = []
        self._drawn: Future[tuple[bytes, bytes]] | None = None

    def draw(self, charts: Mapping[str, Chart | Spec], *, for_journal: bool = False) -> None:
        """Say what to draw, once; for a journal as well, in its widths and kinds of file."""
        self._names = list(charts)
        # What draws a chart ends the whole process at a character that XML forbids.
        specs = {
            name: with_texts(specify(chart), without_forbidden)
            for name, chart in charts.items()
        }
        journal = {
            "charts": figures_among(specs) if for_journal else {},
            "folder": FOLDER,
            "with_tiff": can_write_tiff(),
        }
        if for_journal and not journal["with_tiff"]:
            say(WITHOUT_TIFF, error=True)
        given = json.dumps({"charts": specs, "journal": journal}).encode()
        self._drawn = self._reader.submit(self._process.communicate, given)

    def write(self, folder: Path) -> list[str]:
        """Wait for the charts and write each as ``NAME.svg`` and ``NAME.pdf``.

        Those for a journal are in a folder of their own, with a list of them.

        Returns
        -------
        list of str
            Names of the files.
        """
        if self._drawn is None or not self._names:
            return []
        output, errors = self._drawn.result()
        written: list[str] = []
        rows = []
        for line in output.splitlines():
            drawn = json.loads(line)
            for file, content in drawn["files"].items():
                with whole_file(folder / file) as temporary:
                    temporary.write_bytes(b64decode(content))
                written.append(file)
            rows += [drawn["row"]] if "row" in drawn else []
        if rows:
            written.append(f"{FOLDER}/{write_list(rows, folder / FOLDER)}")
        lacking = [name for name in self._names if f"{name}.pdf" not in written]
        for name in lacking:
            for suffix in (".svg", ".pdf"):  # of an earlier chart
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
        if lacking:
            everything = len(lacking) == len(self._names)
            which = "no chart" if everything else f"not the chart {lacking[0]}"
            why = _reason(self._process.returncode, errors)
            say(f"{folder}: {which} was drawn as SVG and PDF: {why}.", error=True)
        return written

    def end(self) -> None:
        """Let the process go, whatever it is at."""
        self._process.kill()
        self._reader.shutdown()
        self._process.communicate()


@contextmanager
def begin_drawing() -> Iterator[Drawing]:
    """Begin a drawing, which ends with what is done beside it."""
    drawing = Drawing()
    try:
        yield drawing
    finally:
        drawing.end()


def write_charts(charts: Mapping[str, Chart | Spec], folder: Path) -> list[str]:
    """Write charts as ``NAME.svg`` and ``NAME.pdf``, equal ones in equal bytes.

    Returns
    -------
    list of str
        Names of the files.
    """
    if not charts:
        return []
    with begin_drawing() as drawing:
        drawing.draw(charts)
        return drawing.write(folder)


def _reason(code: int, errors: bytes) -> str:
    allowed = _addresses_allowed()
    if allowed is not None and allowed < _ADDRESSES_TAKEN:
        return (
            f"that takes {_ADDRESSES_TAKEN >> 30} GB of addresses, though little memory, and "
            f"`ulimit -v` allows {allowed / (1 << 30):.3g} GB; draw them where it is unlimited"
        )
    if code < 0:
        return f"what draws them was ended by {signal.Signals(-code).name}"
    last = errors.decode(errors="replace").strip().splitlines()[-1:]
    return f"what draws them failed ({''.join(last)})"


def _addresses_allowed() -> int | None:
    if sys.platform == "win32":
        return None
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    return None if hard == resource.RLIM_INFINITY else hard
