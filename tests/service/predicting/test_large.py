"""Large tables wait for each other, over all workers; small ones for nobody."""

import asyncio
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from deepcme.service.predicting.large import LargeTables
from deepcme.service.settings import ServiceSettings


@pytest.fixture
def large(tmp_path: Path) -> Path:
    return table_of(tmp_path / "large.csv", 4 << 20)


def table_of(path: Path, n_bytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(n_bytes)
    return path


def workers(place: Path, n_workers: int, **settings: float) -> list[LargeTables]:
    return [LargeTables(ServiceSettings(**settings), place) for _ in range(n_workers)]


def most_at_a_time(tables: list[LargeTables], table: Path) -> int:
    at_work, most = 0, 0

    async def one(of_worker: LargeTables) -> None:
        nonlocal at_work, most
        async with of_worker.alone(table):
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0.01)
            at_work -= 1

    async def all_of_them() -> None:
        await asyncio.gather(*map(one, tables))

    asyncio.run(all_of_them())
    return most


def test_one_large_table_is_worked_on_over_all_workers(tmp_path: Path, large: Path) -> None:
    first, second = workers(tmp_path, 2)
    assert most_at_a_time([first, second, first, second], large) == 1


def test_without_a_shared_folder_one_in_a_process(large: Path) -> None:
    alone = LargeTables(ServiceSettings(), None)
    assert most_at_a_time([alone, alone], large) == 1


def test_small_tables_wait_for_nobody(tmp_path: Path) -> None:
    small = table_of(tmp_path / "small.csv", 1000)
    assert most_at_a_time(workers(tmp_path, 3), small) == 3


@pytest.mark.parametrize("shared", [True, False])
def test_whoever_waits_too_long_is_told_to_come_again(
    tmp_path: Path, large: Path, shared: bool
) -> None:
    tables = workers(tmp_path, 2, prediction_seconds=0.02)
    if not shared:
        tables = [LargeTables(ServiceSettings(prediction_seconds=0.02), None)] * 2

    async def ask() -> None:
        async with tables[0].alone(large), tables[1].alone(large):
            raise AssertionError("two at a time")

    with pytest.raises(HTTPException) as refused:
        asyncio.run(ask())
    assert refused.value.status_code == 503
    assert most_at_a_time(tables[:1], large) == 1  # it was given back
