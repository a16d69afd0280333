"""Tutorials use what a reader has: public names, and files of their own folder. `make docs` runs them."""

import ast
import importlib
from pathlib import Path

import pytest

import deepcme as package

FOLDER = Path(__file__).resolve().parents[1] / "docs/tutorials"
TUTORIALS = {page.name: page.read_text("utf-8") for page in sorted(FOLDER.glob("*.py"))}


@pytest.fixture(params=TUTORIALS)
def code(request):
    return TUTORIALS[request.param]


def test_the_gallery_of_figures_draws_each_that_there_is_a_function_for():
    drawn = {
        node.attr
        for node in ast.walk(ast.parse(TUTORIALS["6_figures.py"]))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "deepcme.plots"
    }
    assert drawn == {*package.plots.__all__} - {"Plot", "plot"}
    table = (FOLDER.parent / "reference/figures.md").read_text("utf-8")
    assert [name for name in drawn if f"`{name}`" not in table] == []


def test_a_tutorial_uses_names_that_there_are(code):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names)
        if isinstance(node, ast.Attribute):
            parent = ast.unparse(node.value)
            if parent == "deepcme":
                assert node.attr in package.__all__
            if parent == "deepcme.plots":
                assert node.attr in package.plots.__all__


def test_a_tutorial_checks_its_numbers_and_leaves_nothing_behind(code):
    assert sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(code))) >= 2
    assert "tempfile.TemporaryDirectory()" in code
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "deepcme.run":
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert given["out"].startswith("work /") and given["quiet"] == "True"


def test_a_chart_of_a_tutorial_has_words_for_those_who_do_not_see_it(code):
    for cell in code.split("# %%"):
        last = ast.parse(cell).body[-1:]
        if last and ast.unparse(last[0]).startswith("deepcme.plots."):
            assert cell.splitlines()[last[0].lineno - 2].startswith("# ")
