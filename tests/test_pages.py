"""What the README and the pages print can be typed: Python blocks run, commands exist."""

import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest
import typer

import deepcme as package
from deepcme.cli.commands import app
from tests.cli.command import deepcme
from tests.cli.invented import invent_cohort, invent_tables
from tests.conftest import drawn_charts

ROOT = Path(__file__).resolve().parents[1]
EXPLAINED = sorted((ROOT / "src/deepcme/explained").rglob("*.md"))
"""Whose Python `tests/explained` runs, and compares with what they show."""

PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text("utf-8")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *EXPLAINED)
}
BLOCK = re.compile(r"(?:<!-- (slow|not run): ([^>]+) -->\n)?```python\n(.*?)```", re.DOTALL)
"""A block, and before it why it isn't run in every test run, or at all."""

CODE = {
    name: [*BLOCK.findall(text)]
    for name, text in PAGES.items()
    if "```python" in text and ROOT / name not in EXPLAINED
}
RUN = {
    name: [code for mark, _, code in found if mark != "not run"] for name, found in CODE.items()
}
SLOW = {name for name, found in CODE.items() if any(mark == "slow" for mark, *_ in found)}


def commands_of(text):
    """Each command of the fenced blocks of a page, in one line, without its comment.

    A unit of systemd starts one too.
    """
    for line in re.findall(r"^ExecStart=\S*/deepcme (.*)$", text, re.MULTILINE):
        yield shlex.split(line)
    for block in re.findall(r"```(?:sh|bash)\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("deepcme "):
                yield shlex.split(line, comments=True)[1:]


COMMANDS = [
    (name, " ".join(words), words)
    for name, text in PAGES.items()
    for words in commands_of(text)
]


def assumed(folder):
    """The files that pages take for granted."""
    invent_tables(folder)
    invent_cohort(folder)
    (folder / "new.h5ad").rename(folder / "new-patients.h5ad")
    (folder / "new.csv").rename(folder / "new-samples.csv")
    package.read_table(
        folder / "expression.csv", folder / "patients.csv", label="metastasis"
    ).save(folder / "cohort.h5ad")
    known, new = (
        package.simulate(
            samples=120, genes=60, signal_genes=5, module_size=5, horizon=5, risk=0.4, seed=seed
        )
        for seed in (1, 2)
    )
    known.save(folder / "times.h5ad")
    new.to_frame().rename("new-{}".format).rename_axis("sample").to_csv(
        folder / "new-times.csv"
    )


def run_page(name, folder, monkeypatch):
    assumed(folder)
    monkeypatch.chdir(folder)
    names = {}
    for block in RUN[name]:
        exec(compile(block, name, "exec"), names)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
        for name in RUN
        if RUN[name]
    ],
)
def test_the_python_of_a_page_runs_from_its_first_block_to_its_last(
    name, tmp_path, monkeypatch
):
    run_page(name, tmp_path, monkeypatch)


@pytest.mark.parametrize("name", sorted(SLOW))
def test_python_that_takes_long_names_what_there_is(name):
    for block in RUN[name]:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names)
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "deepcme"
            ):
                assert hasattr(package, node.attr), node.attr


@pytest.mark.parametrize(
    "words", [pytest.param(words, id=f"{name}: {line}") for name, line, words in COMMANDS]
)
def test_a_command_of_a_page_exists_with_its_options(words):
    command, path, rest = typer.main.get_command(app), "deepcme", list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        path = f"{path} {rest[0]}"
        command = command.commands[rest.pop(0)]
    context = typer.Context(command, info_name=path)
    command.make_parser(context).parse_args(rest)
    assert not hasattr(command, "commands") or all(word.startswith("-") for word in rest), path


@pytest.mark.parametrize("name", PAGES)
def test_a_link_to_a_page_or_picture_leads_to_one(name):
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", PAGES[name])
    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


@pytest.mark.slow
def test_the_commands_of_the_readme_run_in_their_order(tmp_path):
    invent_tables(tmp_path)
    with drawn_charts():
        for words in commands_of(PAGES["README.md"]):
            ran = deepcme(*words, cwd=tmp_path)
            assert ran.returncode == 0, (words, ran.stderr)
    assert (tmp_path / "results/first/figures/journal/figures.csv").exists()


def test_the_readme_has_the_commands_of_a_bare_checkout():
    assert {"make run", "make test"} <= {
        line.split("  ")[0]
        for line in PAGES["README.md"].splitlines()
        if line.startswith("make")
    }
