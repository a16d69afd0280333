"""Every help page fits a terminal, in words of its reader, and ends with an example."""

import os
import re
import subprocess
import sys

import pytest
import typer

from deepcme.cli.commands import app
from deepcme.cli.examples import EXAMPLES, WHOLE
from tests.cli.command import deepcme

PYTHON = re.compile(r"<[^>]*>|\blist\[|\bPath\b|\bNone\b|\bbool\b|\bint\b|x>=|\[default: \(")


def commands(command=None, path=()):
    """Each command, with the words that call it."""
    command = command or typer.main.get_command(app)
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = {" ".join(path): command for path, command in commands()}
every_command = pytest.mark.parametrize("path", COMMANDS)


def context(path):
    """What a command's page is written in."""
    name = f"deepcme {path}".strip()
    return typer.Context(COMMANDS[path], info_name=name, help_option_names=["-h", "--help"])


def page(path, monkeypatch, columns=80):
    monkeypatch.setenv("COLUMNS", str(columns))
    return COMMANDS[path].get_help(context(path))


def words_of(path):
    """What a page is made of, before it was laid out."""
    command = COMMANDS[path]
    texts = [command.help or "", command.epilog, command.get_usage(context(path))]
    for parameter in command.get_params(context(path)):
        written = [", ".join(sorted(parameter.opts, key=len, reverse=True)), parameter.metavar]
        told = [f"[default: {d}]" for d in (parameter.show_default, parameter.default)]
        argument = f"[{parameter.metavar}]", f"{parameter.metavar}...", parameter.help
        texts += [*map(str, written), *told, *map(str, argument), "[required]"]
    for name, inner in getattr(command, "commands", {}).items():
        texts += [name, inner.help]
    return set(" ".join(texts).split())


@every_command
def test_a_page_fits_80_columns_with_every_word_whole(path, monkeypatch):
    shown = page(path, monkeypatch)
    assert max(map(len, shown.splitlines())) <= 80
    about = [line for line in shown.splitlines()[1:] if not re.fullmatch(r"\S[^.]*:", line)]
    assert set(" ".join(about).split()) <= words_of(path)


@every_command
def test_a_page_names_values_and_no_types_of_python(path, monkeypatch):
    assert PYTHON.findall(page(path, monkeypatch)) == []
    parameters = COMMANDS[path].get_params(context(path))
    assert [p.name for p in parameters if p.metavar is None and not p.is_flag] == []
    assert [p.name for p in parameters if not p.help] == []


@every_command
def test_a_page_ends_with_an_example(path, monkeypatch):
    example = page(path, monkeypatch).partition("\nExample:\n")[2]
    assert example.strip().replace("\n  ", "\n") == (EXAMPLES[path] if path else WHOLE)
    assert path in example


@every_command
def test_a_page_on_a_narrow_terminal_breaks_no_word(path, monkeypatch):
    shown = page(path, monkeypatch, columns=48).partition("\nExample:\n")[0]
    lines = shown.splitlines()
    assert [line for line in lines if len(line) > 48 and len(line.split()) > 2] == []


def test_commands_are_in_the_order_of_work_in_groups(monkeypatch):
    shown = page("", monkeypatch)
    listed = re.findall(
        r"^(\S.*):$|^  ([a-z]+)  +[A-Z]", shown.partition("\nOptions:")[0], re.M
    )
    assert [title or name for title, name in listed] == [
        *("Data", "fetch", "prepare", "genes", "audit"),
        *("Study", "init", "run", "report", "compare", "panel", "checklist", "signatures"),
        *("Model", "train", "predict", "validate", "card", "export", "transfer", "serve"),
        *("Planning", "power", "simulate"),
        *("Help", "explain", "doctor"),
    ]


def test_one_word_for_one_thing():
    """Where it is written is --out or -o, everywhere; what prints can be quiet."""
    for path, command in COMMANDS.items():
        if hasattr(command, "commands"):
            continue
        options = {name for p in command.params for name in p.opts}
        assert not options & {"--output", "--csv", "--labels"}
        assert ("--out" in options) == ("-o" in options), path
        assert path == "explain" or {"--quiet", "-q"} <= options, path
        clinical = [p.metavar for p in command.params if "--clinical" in p.opts]
        assert set(clinical) <= {"COLUMN,COLUMN"}


def test_help_is_shown_when_it_is_asked_for(monkeypatch):
    for words in (["-h"], ["prepare", "table", "--help"], ["fetch"]):
        path = " ".join(word for word in words if not word.startswith("-"))
        shown = deepcme(*words)
        assert shown.stdout + shown.stderr == page(path, monkeypatch) + "\n"


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("deepcme tr", ["train", "transfer"]),
        ("deepcme run --models RF,LR-", ["RF,LR-tuned"]),
        ("deepcme run --comparator-signature gen", ["genomic-grade-index"]),
    ],
)
def test_a_shell_completes_names(words, completed):
    asked = {
        "_DEEPCME_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    command = [sys.executable, "-m", "deepcme"]
    ran = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True)
    assert ran.stdout.split() == completed
