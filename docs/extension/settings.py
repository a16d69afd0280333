"""The reference of settings: from the classes that check them, and the file of `init`."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from docutils import nodes
from numpydoc.docscrape import ClassDoc
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sphinx.util.docutils import SphinxDirective

from deepcme.study.designs import DESIGNS
from deepcme.study.resolved import Protocol
from deepcme.study.settings import Settings
from deepcme.study.spec import make_study, study_type
from deepcme.study.template import study_template
from deepcme.trained.settings import TrainingSettings
from extension.nodes_of import paragraphs, section, table, with_code
from extension.said import DEFAULTS, SAID

HEAD = ("Setting", "Type", "Default", "What it is")

_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_WORDS = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    Path: "path",
}
_HUGE = 1e15
"""A bound beyond it is that of the type."""


class StudySettings(SphinxDirective):
    """A section for each section of a study file, with all of its settings."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        comments = read_comments(study_template("study.toml", None))
        made: list[nodes.Node] = []
        for title, about, rows in describe_study(comments):
            part = section(self.state.document, title)
            part += [*paragraphs(about), _table_of(rows)]
            made.append(part)
        return made


class TrainingSettingsTable(SphinxDirective):
    """What a model that is handed on is trained with."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        return [_table_of(describe_training())]


def describe_study(
    comments: dict[tuple[str, str], str],
) -> Iterator[tuple[str, str, list[tuple[str, str, str, str]]]]:
    """Each section's title, what it is, and its settings as rows."""
    top, sections = {}, {}
    for name, field in study_type().model_fields.items():
        found = _settings_in(field.annotation)
        (sections if found else top)[name] = found or field
    rows = [_row("", name, field, comments) for name, field in top.items()]
    yield "At the top of the file", "These stand before the first section.", rows
    for name, kinds in sections.items():
        for kind in kinds:
            title = f"[[{name}]]" if name == "models" else f"[{name}]"
            if name == "split":
                title += f' with design = "{_of_design(kind)}"'
            prose = inspect.cleandoc(kind.__doc__ or "")
            told = {p.name: " ".join(p.desc) for p in ClassDoc(kind)["Attributes"]}
            named = {each: text for key, text in told.items() for each in key.split(", ")}
            of = f"{name} {_of_design(kind)}" if name == "split" else name
            rows = [
                _row(of, each, field, comments, named.get(each, ""))
                for each, field in kind.model_fields.items()
            ]
            yield title, prose.split("\n\nAttributes\n")[0], rows


def describe_training() -> list[tuple[str, str, str, str]]:
    """Each setting of training as a row."""
    told = {p.name: p for p in ClassDoc(TrainingSettings)["Parameters"]}
    return [
        (
            field.name,
            told[field.name].type.removesuffix(", optional"),
            _shown(field.default if field.default_factory is dataclasses.MISSING else {}),
            " ".join(told[field.name].desc),
        )
        for field in dataclasses.fields(TrainingSettings)
    ]


def read_comments(template: str) -> dict[tuple[str, str], str]:
    """What the file that `deepcme init` writes says of a setting, by section and name."""
    found: dict[tuple[str, str], str] = {}
    of, last = "", None
    for line in template.splitlines():
        if heading := re.match(r"(?:# )?\[\[?(\w+)\]", line):
            of, last = heading[1], None
        elif setting := re.match(r"(?:# )?(\w+) = (.*?)(?:\s+# (.*))?$", line):
            last = (of, setting[1])
            if setting[3] and last not in found:
                found[last] = setting[3]
            elif not setting[3]:
                last = None
        elif last and (more := re.match(r"#?\s{8,}# (.*)", line)):
            found[last] += f" {more[1]}"
        else:
            last = None
    return found


def _settings_in(hint: Any) -> list[type[Settings]]:
    """The classes of settings of a section, which are several for a split."""
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return [hint]
    if get_origin(hint) in (Literal, None):
        return []
    return [kind for inner in get_args(hint) for kind in _settings_in(inner)]


def _of_design(kind: type[Settings]) -> str:
    return next(name for name, design in DESIGNS.items() if design is kind)


def _row(
    of: str,
    name: str,
    field: FieldInfo,
    comments: dict[tuple[str, str], str],
    told: str = "",
) -> tuple[str, str, str, str]:
    kind = "; ".join([_in_words(field.annotation), *_bounds_of(field)])
    section = of.split()[0] if of else ""
    default = DEFAULTS.get((of, name)) or DEFAULTS.get((section, name))
    default = default or _default_of(of, name, field)
    about = SAID.get((of, name)) or SAID.get((section, name))
    about = about or told or comments.get((section, name), "")
    return name, kind, default, about[:1].upper() + about[1:].rstrip(",.") + "."


def _default_of(of: str, name: str, field: FieldInfo) -> str:
    """What holds without it; where the protocols differ, that of each."""
    section = of.split()[0] if of else ""
    if section == "preprocessing" or (section == "split" and name in ("by", "strata")):
        honest, paper = (
            _shown(getattr(getattr(_study(protocol), section), name))
            for protocol in get_args(Protocol)
        )
        # The protocol of the publication has one design.
        one = honest == paper or (section == "split" and of != "split repeated")
        return honest if one else f"{honest}; of the protocol `paper` {paper}"
    if field.is_required():
        return "must be given"
    return _shown(field.get_default(call_default_factory=True))


@cache
def _study(protocol: str) -> Any:
    return make_study({"cohort": {"example": "transbig"}, "protocol": protocol})


def _bounds_of(field: FieldInfo) -> list[str]:
    bounds = []
    for rule in field.metadata:
        bounds += [
            f"{words} {getattr(rule, name):,g}"
            for name, words in _BOUNDS.items()
            if getattr(rule, name, None) is not None and getattr(rule, name) < _HUGE
        ]
        if getattr(rule, "min_length", None):
            bounds.append("not empty")
    return bounds


def _in_words(hint: Any) -> str:
    """A type as one would say it."""
    if hint in _WORDS:
        return _WORDS[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _in_words(inner[0])
    if origin is Literal:
        return " or ".join(f'`"{value}"`' for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_in_words(each) for each in inner if each is not type(None))
    if origin is tuple:
        return f"list of {_in_words(inner[0])}"
    if origin is dict or hint is dict:
        return "table"
    return str(getattr(hint, "__name__", hint))


def _shown(value: Any) -> str:
    """A default as it is written in a file."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, tuple):
        return "`[" + ", ".join(_shown(each).strip("`") for each in value) + "]`"
    return "`{}`" if value == {} else f"`{value}`"


def _table_of(rows: Sequence[tuple[str, str, str, str]]) -> nodes.table:
    return table(
        HEAD, [[[nodes.literal("", row[0])], *map(with_code, row[1:])] for row in rows]
    )
