"""What `import deepcme` gives: the verbs, whatever else is imported."""

import importlib
import inspect
import subprocess
import sys

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
