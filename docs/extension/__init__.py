"""What the site makes of the program itself: commands, settings, the search."""

from __future__ import annotations

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    return {"parallel_read_safe": True, "parallel_write_safe": True}
