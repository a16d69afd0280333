"""Every cause has its cases, and the page for users tells of each."""

from collections import Counter

import pytest

from tests.attacks.causes import CAUSES
from tests.attacks.survival import PAGE, TABLE, compute_table, write_page


def test_every_cause_has_at_least_five_cases(cases):
    counted = Counter(cases.values())
    assert {cause: counted[cause] for cause in CAUSES if counted[cause] < 5} == {}


def test_the_page_lists_every_cause_with_its_cases(cases):
    (text,) = TABLE.findall(PAGE.read_text(encoding="utf-8"))
    told = [line.strip("| ").split(" | ")[:2] for line in text.splitlines()[2:]]
    counted = compute_table(cases, {})[["cause", "cases"]]
    assert told == counted.astype(str).to_numpy().tolist(), (
        "run `make test-attacks-table`, which writes the page again"
    )


@pytest.fixture
def page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- attacks -->\n\n<!-- end -->\nafter\n")
    return page


def test_the_table_counts_what_was_run_and_survived(page):
    cases = {"a": "killed", "b": "killed", "c": "killed", "d": "signals"}
    table = compute_table(cases, {"a": True, "b": False}).set_index("cause")
    assert table.loc["A command killed at any moment (kill -9)"].tolist() == [3, 2, 1]
    assert table.loc["all"].tolist() == [4, 2, 1]
    write_page(table.reset_index(), page)
    lines = page.read_text().splitlines()
    assert lines[2:5] == [
        "| cause | cases | run | survived |",
        "| --- | ---: | ---: | ---: |",
        "| A command killed at any moment (kill -9) | 3 | 2 | 1 |",
    ]
    assert lines[-3:] == ["| all | 4 | 2 | 1 |", "<!-- end -->", "after"]
