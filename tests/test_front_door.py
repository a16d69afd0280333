"""What `import deepcme` gives: the verbs, whatever else is imported."""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import deepcme


def test_every_name_can_be_had():
    for name in dir(deepcme):
        assert getattr(deepcme, name) is not None


@pytest.mark.parametrize("verb", ["audit", "report"])
def test_a_verb_stays_a_function_beside_the_folder_of_its_name(verb):
    folder = importlib.import_module(f"deepcme.{verb}")
    assert inspect.ismodule(folder)
    assert inspect.isfunction(getattr(deepcme, verb))
    name = {"audit": "audit", "report": "page"}[verb]
    assert inspect.ismodule(importlib.import_module(f"deepcme.{verb}.{name}"))
    assert inspect.isfunction(getattr(deepcme, verb))


@pytest.mark.parametrize("module", ["datasets", "plots"])
def test_modules_of_the_front_door_are_imported_as_any(module):
    assert importlib.import_module(f"deepcme.{module}") is getattr(deepcme, module)


def test_importing_it_loads_no_library():
    code = "import sys, deepcme; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert not {"numpy", "pandas", "sklearn", "altair"} & set(told.stdout.split())


def test_a_wrong_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        deepcme.runn  # noqa: B018


def documented():
    """Each name of the reference and of the front door, by the module that it is in."""
    page = (Path(__file__).resolve().parents[1] / "docs/reference/python.md").read_text("utf-8")
    names = re.findall(r"^   (deepcme\.\S+)\.(\w+)$", page, re.M)
    return sorted({*names, *((home, name) for name, home in deepcme._HOMES.items())})


@pytest.mark.parametrize(("module", "name"), documented())
def test_a_module_lists_what_is_documented_of_it(module, name):
    """So that `import *` and pages take no more of it."""
    assert name in importlib.import_module(module).__all__
