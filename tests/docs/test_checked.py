"""What the reference says statistics were checked against is there to be run."""

import csv
from importlib import import_module
from pathlib import Path

import pytest

from deepcme.explained.topics import list_topics

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "reference" / "checked.csv"
ROWS = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
PAGE = TABLE.with_suffix(".md").read_text("utf-8")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["test"].rpartition("::")[2])
def test_a_check_has_its_test_and_its_function(row):
    file, _, test = row["test"].partition("::")
    assert f"def {test}(" in (ROOT / file).read_text("utf-8")
    module, _, name = row["function"].rpartition(".")
    try:
        import_module(row["function"])
    except ModuleNotFoundError:
        assert hasattr(import_module(module), name)


def test_the_page_has_the_rows_of_the_table():
    told = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][2:]
    assert len(told) == len(ROWS)
    for cells, row in zip(told, ROWS, strict=True):
        name = row["function"].removeprefix("deepcme.")
        assert cells[1:] == [
            row["against"], row["agreement"], f"`{name}`", f"`{row['test']}` |",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "topic",
    [topic for topic in list_topics() if topic.folder == "statistics"],
    ids=lambda topic: topic.name,
)
def test_each_statistic_was_checked_or_the_page_says_why_not(topic):
    assert f"(../explained/statistics/{topic.name}.md)" in PAGE
