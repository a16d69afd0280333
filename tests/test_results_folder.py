"""The reference of files names every table and file that the code writes."""

import ast
import re
from pathlib import Path

import pytest

from deepcme.study.parts.listed import PARTS
from deepcme.trained.binary.manifest import BinaryManifest
from deepcme.trained.files import ARRAYS_FILE, EXPECTED_FILE, MANIFEST_FILE
from deepcme.trained.survival.manifest import SurvivalManifest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/reference/results-folder.md").read_text("utf-8")
ROWS = {
    name: line
    for line in PAGE.splitlines()
    if line.startswith("| ")
    for name in re.findall(r"`([\w.]+)`", line.split(" | ")[0])
}
"""The line of each file, by its name."""


def tables_added_by(folder):
    """The names that sections of the report give to their tables."""
    for path in sorted((ROOT / "src/deepcme/report" / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "add"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield node.args[0].value


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_table_of_a_part_of_a_study_is_listed_with_its_columns_of_text(part):
    for file, texts in part.tables.items():
        assert file in ROWS, file
        missing = [name for name in texts if not re.search(rf"\b{name}\b", ROWS[file])]
        assert missing == [], (file, missing)


@pytest.mark.parametrize("folder", ["sections", "survival"])
def test_every_table_of_the_report_is_listed(folder):
    names = set(tables_added_by(folder))
    assert names, folder
    assert {name for name in names if not re.search(rf"`{name}(\.csv)?`", PAGE)} == set()


def test_a_models_files_and_all_that_its_manifest_holds_are_listed():
    assert {MANIFEST_FILE, ARRAYS_FILE, EXPECTED_FILE} <= set(ROWS)
    fields = {*BinaryManifest.model_fields, *SurvivalManifest.model_fields}
    assert {name for name in fields if f"`{name}`" not in ROWS[MANIFEST_FILE]} == set()
