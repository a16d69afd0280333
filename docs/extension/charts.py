"""Shows a chart that ends a cell of a tutorial as a picture, which asks for no network.

A comment right before the cell's last statement is what its alternative text says.
"""

from __future__ import annotations

import ast
from typing import Any

from sphinx.errors import ExtensionError
from sphinx_gallery.scrapers import figure_rst

from deepcme.plots import Plot


def draw_chart(
    block: tuple[str, str, int], block_vars: dict[str, Any], gallery_conf: dict[str, Any]
) -> str:
    """Write the chart of a cell as SVG, as sphinx-gallery asks its scrapers to."""
    shown = block_vars["example_globals"].get("___")
    if not isinstance(shown, Plot) or not _ends_with_expression(block[1]):
        return ""
    path = block_vars["image_path_iterator"].next().removesuffix(".png") + ".svg"
    shown.save(path)
    return figure_rst([path], gallery_conf["src_dir"], said_before_last_statement(*block[1:]))


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
