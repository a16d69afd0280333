"""Examples in public docstrings and pages run as they are printed, each in an empty folder."""

import doctest
import inspect
import re
from pathlib import Path

import pytest

import deepcme

DOCS = Path(__file__).resolve().parents[1] / "docs"
EXAMPLES = doctest.DocTestFinder(exclude_empty=True)
WHOLE_STUDIES = {"run", "plots"}
"""Whose examples run a study, which takes too long for every test run."""


def public_objects():
    """What the front door names, and the functions of its modules."""
    for name in dir(deepcme):
        value = getattr(deepcme, name)
        if inspect.ismodule(value):
            yield name, value
            yield from ((f"{name}.{inner}", getattr(value, inner)) for inner in value.__all__)
        elif name != "__version__":
            yield name, value


def examples():
    """Each docstring with an example, of a class also those of its members."""
    for name, value in public_objects():
        bases = value.__mro__ if inspect.isclass(value) else [value]
        ours = [
            base for base in bases if inspect.getmodule(base).__name__.startswith("deepcme")
        ]
        for found in (found for base in ours for found in EXAMPLES.find(base, name, globs={})):
            if found.examples:
                slow = found.name in WHOLE_STUDIES
                yield pytest.param(found, id=found.name, marks=pytest.mark.slow if slow else ())


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_runs_as_printed(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = []
    failed, _ = doctest.DocTestRunner().run(example, out=said.append)
    assert not failed, "".join(said)


@pytest.mark.parametrize(
    "verb",
    ["audit", "load_model", "power", "predict", "read_geo", "read_table", "run", "simulate",
     "train", "validate", "datasets.transbig", "Cohort.from_frame", "Cohort.to_frame"],
)  # fmt: skip
def test_a_verb_has_an_example(verb):
    assert verb in {parameter.values[0].name for parameter in examples()}


@pytest.mark.slow
@pytest.mark.parametrize("page", ["python.md"])
def test_a_page_runs_from_its_first_block_to_its_last(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    assert blocks
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
