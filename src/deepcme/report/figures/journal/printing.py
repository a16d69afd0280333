"""A fitted chart as the files that a journal takes."""

from __future__ import annotations

import io
import re

import vl_convert

from deepcme.report.figures.journal.fitting import MM_PER_INCH, UNITS_PER_MM, Fitted
from deepcme.report.figures.pdf import canonical_pdf

DOTS_PER_INCH = 600
_POINTS_PER_INCH = 72
_ROOT = re.compile(r"<svg [^>]*>")
_PAPER = re.compile(r'<rect width="[\d.]+" height="[\d.]+" fill="white"/>')


def print_chart(fitted: Fitted, *, with_tiff: bool) -> dict[str, bytes]:
    """The files of a chart by their ending: SVG with its text, PDF, PNG, and TIFF if wanted.

    The SVG names the fonts; the PDF holds what it draws of them.
    """
    height = fitted.height_mm
    points = _in_points(fitted.width_mm), _in_points(height)
    dots = round(_in_dots(fitted.width_mm)), round(_in_dots(height))
    # A little more than so many dots: what draws takes the whole ones.
    of_dots = ((dot + 0.01) * _POINTS_PER_INCH / DOTS_PER_INCH for dot in dots)
    png = vl_convert.svg_to_png(_sized(fitted, *map(_number, of_dots)), ppi=DOTS_PER_INCH)
    files = {
        "svg": _sized(fitted, f"{fitted.width_mm}mm", f"{height:.2f}mm").encode(),
        "pdf": canonical_pdf(vl_convert.svg_to_pdf(_sized(fitted, *map(_number, points)))),
        "png": png,
    }
    return files | {"tiff": _as_tiff(png)} if with_tiff else files


def _in_points(mm: float) -> float:
    return mm / MM_PER_INCH * _POINTS_PER_INCH


def _in_dots(mm: float) -> float:
    return mm / MM_PER_INCH * DOTS_PER_INCH


def _number(value: float) -> str:
    return f"{value:.4f}"


def _sized(fitted: Fitted, width: str, height: str) -> str:
    box = f"0 0 {fitted.width_mm * UNITS_PER_MM:.3f} {fitted.height:.3f}"
    root = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'version="1.1" width="{width}" height="{height}" viewBox="{box}" '
        'preserveAspectRatio="none">'  # dots are whole, and so its sides never quite match
    )
    paper = '<rect width="100%" height="100%" fill="white"/>'
    return _PAPER.sub(paper, _ROOT.sub(root, fitted.svg, count=1), count=1)


def _as_tiff(png: bytes) -> bytes:
    """The same dots without transparency, compressed without loss (LZW), with their density."""
    from PIL import Image

    written = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").save(
            written, "TIFF", compression="tiff_lzw", dpi=(DOTS_PER_INCH, DOTS_PER_INCH)
        )
    return written.getvalue()
