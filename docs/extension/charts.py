"""Shows a chart that ends a cell of a tutorial as a picture, which asks for no network.

A comment right before the cell's last statement is what its alternative text says.
"""

from __future__ import annotations

import ast
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import vl_convert
from sphinx.errors import ExtensionError
from sphinx_gallery.scrapers import figure_rst

from deepcme.plots import Plot


def draw_chart(
    block: tuple[str, str, int], block_vars: dict[str, Any], gallery_conf: dict[str, Any]
) -> str:
    """Write the chart of a cell as PNG, as sphinx-gallery asks its scrapers to.

    An SVG is drawn in the fonts of each reader, which may be wider than there is room for.
    """
    shown = block_vars["example_globals"].get("___")
    if not isinstance(shown, Plot) or not _ends_with_expression(block[1]):
        return ""
    path = Path(block_vars["image_path_iterator"].next())
    twice = path.with_stem(f"{path.stem}_2_00x")
    with TemporaryDirectory() as folder:
        drawn = Path(folder, "chart.svg")
        shown.save(drawn)
        svg = drawn.read_text("utf-8")
    path.write_bytes(vl_convert.svg_to_png(svg, scale=1))
    twice.write_bytes(vl_convert.svg_to_png(svg, scale=2))
    words = said_before_last_statement(*block[1:])
    sizes = [{0: str(path), 2.0: str(twice)}]  # for screens of one and of two dots a pixel
    return figure_rst([str(path)], gallery_conf["src_dir"], words, sizes)


def said_before_last_statement(code: str, line: int = 0) -> str:
    """The comment right before the last statement of a cell."""
    lines = code.splitlines()
    above = lines[: ast.parse(code).body[-1].lineno - 1]
    said: list[str] = []
    while above and above[-1].startswith("#"):
        said.insert(0, above.pop().removeprefix("#").strip())
    if not said:
        raise ExtensionError(
            f"The chart of the cell at line {line} has no words: say in a comment right before "
            "the last statement what it shows."
        )
    return " ".join(said)


def _ends_with_expression(code: str) -> bool:
    body = ast.parse(code).body
    return bool(body) and isinstance(body[-1], ast.Expr)
