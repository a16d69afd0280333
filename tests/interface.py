"""What users have, as text: public names of the package, and every command's options.

`python -m tests.interface` writes both to `tests/interface/`, after a change that is meant.
"""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo

import deepcme
from deepcme.cli.commands import app

FOLDER = Path(__file__).parent / "interface"

DOCUMENTED = {
    "deepcme.trained.new_samples": ["Expression", "expression_of", "read_expression"],
    "deepcme.trained.files": ["save_model"],
    "deepcme.trained.prediction": ["Predictions", "predict"],
    "deepcme.trained.training": ["TrainingSettings", "train_model"],
    "deepcme.trained.transfer": ["compute_transfer"],
    "deepcme.trained.validation": ["Validation", "validate_model"],
    "deepcme.selection.clusters": ["cluster_genes"],
    "deepcme.selection.ensemble_scores": ["compute_ensemble_gene_scores"],
    "deepcme.selection.knockoffs": ["select_against_decoys"],
    "deepcme.selection.panels.networks": ["PanelClassifier"],
    "deepcme.selection.scores": [
        "compute_gene_scores",
        "compute_score_agreement",
        "describe_genes",
    ],
    "deepcme.selection.selectors": [
        "CoxLassoSelector",
        "L1LogisticSelector",
        "MeanRankSelector",
        "SoftPathSelector",
    ],
    "deepcme.selection.stability": ["compute_stability_index", "select_on_subsamples"],
    "deepcme.simulation.survival": [
        "FollowUpDesign",
        "SurvivalDesign",
        "draw_follow_up",
        "simulate_survival_cohort",
    ],
    "deepcme.study.run": ["run_study"],
    "deepcme.study.spec": ["load_study", "make_study"],
}
"""What README and docs name beside the front door, and how a study is run from Python."""


def describe_python() -> str:
    """A line for each public name, and one for each of its attributes and methods."""
    modules = {f"deepcme.{module}": module for module in ("datasets", "plots")}
    of_modules = {home: getattr(deepcme, module).__all__ for home, module in modules.items()}
    names = {"deepcme": dir(deepcme), **of_modules, **DOCUMENTED}
    return "".join(
        f"{line}\n"
        for home, listed in names.items()
        for name in listed
        for line in _lines_of(f"{home}.{name}", getattr(import_module(home), name))
    )


def _lines_of(path: str, value: Any) -> Iterator[str]:
    yield f"{path}{_signature(value)}"
    if inspect.isclass(value):
        for name, member in _own_members(value).items():
            yield f"{path}.{name}{_signature(member)}"


def _own_members(value: type) -> dict[str, Any]:
    """Public attributes that the package defines, not those that scikit-learn adds."""
    own = (base for base in value.__mro__ if base.__module__.startswith("deepcme"))
    names = {name for base in own for name in vars(base) if not name.startswith("_")}
    kept = (name for name in names if not name.endswith("_request"))
    return {name: getattr(value, name) for name in sorted(kept)}


def _signature(value: Any) -> str:
    if not callable(value) or value is deepcme.DeepCMEError:
        return ""
    return re.sub("[\"']", "", str(inspect.signature(value)))


def describe_command_line() -> str:
    """Every command with its arguments and options, in their order."""
    return "".join(f"{line}\n" for line in _commands(app, "deepcme"))


def _commands(group: typer.Typer, path: str) -> Iterator[str]:
    for command in group.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__.replace("_", "-")
        yield f"{path} {name}: {inspect.getdoc(command.callback)}"
        yield from (f"    {line}" for line in _parameters(command.callback))
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from _commands(inner.typer_instance, f"{path} {inner.name}")


def _parameters(callback: Any) -> Iterator[str]:
    hints = get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        annotated, info = get_args(hints[name])
        default = "" if parameter.default is parameter.empty else f" = {parameter.default}"
        told = {key: getattr(info, key) for key in ("metavar", "min", "max", "help")}
        told |= {"default": info.show_default} if info.show_default is not True else {}
        details = ", ".join(
            f"{key}: {value}" for key, value in told.items() if value is not None
        )
        yield f"{_written(name, info)} {_type(annotated)}{default} ({details})"


def _written(name: str, info: Any) -> str:
    """How it is given: an option's names, or an argument's."""
    if isinstance(info, ArgumentInfo):
        return name
    given = [info.default, *(info.param_decls or ())]  # typer puts the first there
    return ", ".join(n for n in given if isinstance(n, str)) or f"--{name.replace('_', '-')}"


def _type(hint: Any) -> str:
    """An annotation in words that do not depend on the version of Python."""
    if get_origin(hint) in (Union, UnionType):
        return " | ".join(map(_type, get_args(hint)))
    if get_origin(hint) is Literal:
        return " | ".join(map(repr, get_args(hint)))
    if get_origin(hint) is list:
        return f"list of {_type(*get_args(hint))}"
    return "None" if hint is type(None) else hint.__name__


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "python.txt").write_text(describe_python(), encoding="utf-8")
    (FOLDER / "command_line.txt").write_text(describe_command_line(), encoding="utf-8")
