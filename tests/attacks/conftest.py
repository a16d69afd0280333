"""One case of each cause is for every day; the others are for `make test-attacks`.

A run of this folder ends with a table of the causes: their cases, and how many were survived.
`--write-table` puts it into docs/explanations/robustness.md, with what earlier runs here said of the other cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.attacks.survival import Survival, cause_of

ROOM_MB = 250
"""By which memory may grow while something is refused: a table within the limits takes some."""

if TYPE_CHECKING:
    from tests.attacks.service import AttackedService

ATTACKS = Path(__file__).parent
SURVIVAL = pytest.StashKey[Survival]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-table", action="store_true", help="write docs/explanations/robustness.md"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SURVIVAL] = Survival(config)
    config.pluginmanager.register(config.stash[SURVIVAL])


@pytest.fixture(scope="session")
def cases(pytestconfig: pytest.Config) -> dict[str, str]:
    """The cause of every case; tests of it are skipped where only some files were collected."""
    survival = pytestconfig.stash[SURVIVAL]
    if survival.files != {path.name for path in ATTACKS.glob("test_*.py")}:
        pytest.skip("needs all of tests/attacks: some files were not collected")
    return survival.cases


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedService]:
    """A service that demands a token, with small limits; whoever attacks it leaves it standing."""
    pytest.importorskip("uvicorn", reason="deepcme[serve] is not installed")
    from tests.attacks.service import attacked_service

    with attacked_service(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def stands(service: AttackedService) -> Iterator[AttackedService]:
    """The service; after the attack it must say the same of the same patient, in the same memory."""
    before, expected = service.forget_peaks(), service.predicted()
    yield service
    assert service.predicted() == expected
    assert service.growth_mb(before) < ROOM_MB


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    attacks = [item for item in items if item.path.parent == ATTACKS]
    config.stash[SURVIVAL].collect(attacks)
    seen: set[tuple[str, str]] = set()
    for item in attacks:
        if item.get_closest_marker("slow") or item.get_closest_marker("attack"):
            continue
        name, _, parameters = item.nodeid.partition("[")
        stated, comma, _ = parameters.partition(", ")  # an id such as "links, external"
        named = cause_of(item)
        cause = ("", named) if named else (name, stated if comma else "")
        if cause in seen:
            item.add_marker("attack")
        seen.add(cause)
