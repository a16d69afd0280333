"""Drawing charts in a process of its own: Vega-Lite from standard input to files."""

from __future__ import annotations

import json
import os
import sys
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import vl_convert

from deepcme.report.figures.pdf import canonical_pdf


def main() -> None:
    """Draw each of the charts, and print a line of JSON with its files in base 64."""
    _use_all_addresses()
    # What else is printed, by the charts' scripts, is no line of ours.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        _begin()
        asked = json.load(sys.stdin)
        for drawn in (*_draw(asked["charts"]), *_draw_for_journal(**asked["journal"])):
            print(json.dumps(drawn), file=out, flush=True)


def _draw(charts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, spec in charts.items():
        svg = _as_svg(spec)
        pdf = canonical_pdf(vl_convert.svg_to_pdf(svg))
        yield {"files": _packed({f"{name}.svg": svg.encode(), f"{name}.pdf": pdf})}


def _draw_for_journal(
    charts: dict[str, Any], folder: str, *, with_tiff: bool
) -> Iterator[dict[str, Any]]:
    """Each chart in each width, and a row of the list of them."""
    from deepcme.report.figures.journal.fitting import WIDTHS, fit
    from deepcme.report.figures.journal.printing import print_chart

    for name, spec in charts.items():
        for width in WIDTHS:
            row = {"figure": name, "width_mm": width, "note": ""}
            fitted = fit(spec, width, _as_svg)
            if fitted is None:
                note = "What stands beside the plot, in letters of 7 pt, leaves it no room."
                yield {"files": {}, "row": row | {"note": note}}
                continue
            files = print_chart(fitted, with_tiff=with_tiff)
            made = {"height_mm": round(fitted.height_mm, 1), "files": " ".join(files)}
            named = {f"{folder}/{name}-{width}mm.{kind}": of for kind, of in files.items()}
            yield {"files": _packed(named), "row": row | made}


def _as_svg(spec: dict[str, Any]) -> str:
    return vl_convert.vegalite_to_svg(spec, vl_version=sys.argv[1])


def _packed(files: dict[str, bytes]) -> dict[str, str]:
    return {file: b64encode(content).decode() for file, content in files.items()}


def _begin() -> None:
    """Draw something at once: until Vega can, half of the time goes by."""
    _as_svg({"data": {"values": []}, "mark": "point"})


def _use_all_addresses() -> None:
    """Lift the limit of addresses as far as the user may, and leave no core file behind."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
