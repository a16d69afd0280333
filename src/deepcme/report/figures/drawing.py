"""Charts as SVG and PDF, drawn by a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from deepcme.base.files.files import whole_file
from deepcme.base.names import with_texts, without_forbidden
from deepcme.base.processes.workers import worker_command
from deepcme.base.terminal import say
from deepcme.report.figures.styles import VEGA_LITE, Chart, specify

_DRAWER = "deepcme.report.figures.drawing_apart"
_ADDRESSES_TAKEN = 68 * 1024**3
"""Bytes of addresses, not of memory, that V8 sets aside before it runs anything."""


def write_charts(charts: Mapping[str, Chart], folder: Path) -> list[str]:
    """Write charts as ``NAME.svg`` and ``NAME.pdf``, equal ones in equal bytes.

    V8, in which Vega draws, ends its whole process where the addresses of memory are limited
    (``ulimit -v``): it has a process of its own, and a chart that is not drawn is said.

    Returns
    -------
    list of str
        Names of the files.
    """
    if not charts:
        return []
    # What draws a chart ends the whole process at a character that XML forbids.
    specs = {
        name: with_texts(specify(chart), without_forbidden) for name, chart in charts.items()
    }
    ended = subprocess.run(
        worker_command(_DRAWER, VEGA_LITE),
        input=json.dumps(specs).encode(),
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )
    written: list[str] = []
    for line in ended.stdout.splitlines():
        for file, content in json.loads(line).items():
            with whole_file(folder / file) as temporary:
                temporary.write_bytes(b64decode(content))
            written.append(file)
    lacking = [name for name in charts if f"{name}.pdf" not in written]
    for name in lacking:
        for suffix in (".svg", ".pdf"):  # of an earlier chart
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
    if lacking:
        which = "no chart" if len(lacking) == len(charts) else f"not the chart {lacking[0]}"
        say(f"{folder}: {which} was drawn as SVG and PDF: {_reason(ended)}.", error=True)
    return written


def _reason(ended: subprocess.CompletedProcess[bytes]) -> str:
    allowed = _addresses_allowed()
    if allowed is not None and allowed < _ADDRESSES_TAKEN:
        return (
            f"that takes {_ADDRESSES_TAKEN >> 30} GB of addresses, though little memory, and "
            f"`ulimit -v` allows {allowed / (1 << 30):.3g} GB; draw them where it is unlimited"
        )
    if ended.returncode < 0:
        return f"what draws them was ended by {signal.Signals(-ended.returncode).name}"
    last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
    return f"what draws them failed ({''.join(last)})"


def _addresses_allowed() -> int | None:
    if sys.platform == "win32":
        return None
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    return None if hard == resource.RLIM_INFINITY else hard
