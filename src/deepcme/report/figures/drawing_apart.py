"""Drawing charts in a process of its own: Vega-Lite from standard input to SVG and PDF."""

from __future__ import annotations

import json
import os
import sys
from base64 import b64encode

import vl_convert

from deepcme.report.figures.pdf import canonical_pdf


def main() -> None:
    """Draw each of the charts, and print a line of JSON with its files in base 64."""
    _use_all_addresses()
    # What else is printed, by the charts' scripts, is no line of ours.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        _begin()
        for name, spec in json.load(sys.stdin).items():
            svg = vl_convert.vegalite_to_svg(spec, vl_version=sys.argv[1])
            pdf = canonical_pdf(vl_convert.svg_to_pdf(svg))
            files = {f"{name}.svg": svg.encode(), f"{name}.pdf": pdf}
            packed = {file: b64encode(content).decode() for file, content in files.items()}
            print(json.dumps(packed), file=out, flush=True)


def _begin() -> None:
    """Draw something at once: until Vega can, half of the time goes by."""
    nothing = {"data": {"values": []}, "mark": "point"}
    vl_convert.vegalite_to_svg(nothing, vl_version=sys.argv[1])


def _use_all_addresses() -> None:
    """Lift the limit of addresses as far as the user may, and leave no core file behind."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
