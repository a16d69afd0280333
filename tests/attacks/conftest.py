"""One case of each cause is for every day; the others are for `make test-attacks`."""

from pathlib import Path

import pytest

ATTACKS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    causes: set[tuple[str, str]] = set()
    for item in items:
        if item.path.parent != ATTACKS or item.get_closest_marker("slow"):
            continue
        name, _, parameters = item.nodeid.partition("[")
        stated, comma, _ = parameters.partition(", ")  # an id such as "links, external"
        cause = (name, stated if comma else "")
        if cause in causes:
            item.add_marker("attack")
        causes.add(cause)
