"""Which members of a class the reference has: those that the package defines."""

from __future__ import annotations

import inspect
from typing import Any

from sphinx.application import Sphinx


def skip_foreign(
    app: Sphinx, what: str, name: str, value: Any, skip: bool, options: object
) -> bool | None:
    """Leave out what scikit-learn, pydantic or Python add to a class."""
    if what != "class":
        return None
    function = value.fget if isinstance(value, property) else inspect.unwrap(value)
    home = getattr(function, "__module__", None)
    if name.endswith("_request") or (home and not home.startswith("deepcme")):
        return True
    return None
