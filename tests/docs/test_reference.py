"""The reference has every command, every setting and every public name."""

import re
import sys
from pathlib import Path

import pytest
import typer

import deepcme
from deepcme.cli.commands import app
from deepcme.study.spec import study_type
from deepcme.study.template import study_template
from deepcme.trained.settings import TrainingSettings
from tests.interface import DOCUMENTED

DOCS = Path(__file__).resolve().parents[2] / "docs"
COMMANDS = typer.main.get_command(app).list_commands(None)


def listed():
    page = (DOCS / "reference/python.md").read_text("utf-8")
    return re.findall(r"^   (deepcme\.\S+)$", page, re.MULTILINE)


def test_every_public_name_is_in_the_reference_once():
    modules = {
        f"deepcme.{name}": getattr(deepcme, name).__all__ for name in ("datasets", "plots")
    }
    names = {name for name in dir(deepcme) if name not in ("__version__", "datasets", "plots")}
    public = {f"deepcme.{name}" for name in names}
    for home, inner in {**modules, **DOCUMENTED}.items():
        # What the front door has is listed as it gives it.
        public |= {f"{home}.{name}" for name in inner if name not in names}
    assert public - set(listed()) == set()
    assert sorted(set(listed())) == sorted(listed())


def test_every_command_has_a_page_in_the_order_of_work():
    index = (DOCS / "reference/commands/index.md").read_text("utf-8")
    assert re.findall(r"^([a-z]+)$", index, re.MULTILINE) == COMMANDS
    for name in COMMANDS:
        page = (DOCS / f"reference/commands/{name}.md").read_text("utf-8")
        assert page == f"# deepcme {name}\n\n```{{command}} {name}\n```\n"
    pages = {page.stem for page in (DOCS / "reference/commands").glob("*.md")}
    assert pages == {*COMMANDS, "index"}


@pytest.fixture(scope="module")
def settings():
    """Our extension's module of settings; needs what builds the site."""
    for library in ("sphinx", "numpydoc"):
        pytest.importorskip(library, reason="what builds the site is not installed")
    sys.path.insert(0, str(DOCS))
    try:
        from extension import settings
    finally:
        sys.path.remove(str(DOCS))
    return settings


@pytest.fixture(scope="module")
def sections(settings):
    comments = settings.read_comments(study_template("study.toml", None))
    return {title: rows for title, _, rows in settings.describe_study(comments)}


def test_every_setting_of_a_study_is_in_the_reference_and_explained(sections):
    for name, field in study_type().model_fields.items():
        of = [rows for title, rows in sections.items() if f"[{name}]" in title]
        kinds = getattr(field.annotation, "model_fields", None)
        top = [row[0] for row in sections["At the top of the file"]]
        assert of or name in top, name
        if kinds:
            assert [row[0] for row in of[0]] == list(kinds)
    for title, rows in sections.items():
        for setting in rows:
            assert all(setting), (title, setting)


def test_a_setting_is_described_under_its_own_design_and_protocol(sections):
    folds = {row[0]: row for row in sections['[split] with design = "folds"']}
    random = {row[0]: row for row in sections['[split] with design = "repeated"']}
    assert folds["repeats"][2] == "2, or 4 under 150 patients"
    assert random["repeats"][2] == "`10`"
    clip = next(row for row in sections["[preprocessing]"] if row[0] == "clip")
    assert clip[2] == "`5.0`; of the protocol `paper` `inf`"


def test_every_setting_of_training_is_in_the_reference(settings):
    rows = settings.describe_training()
    assert [row[0] for row in rows] == list(TrainingSettings.__dataclass_fields__)
    assert all(all(row) for row in rows)
