"""All that is printed goes through one door, which shows control characters escaped."""

import ast
import io
import sys
from pathlib import Path

import pytest

from deepcme.base.terminal import say, say_lines

SOURCES = Path(__file__).resolve().parents[2] / "src" / "deepcme"
DOOR = SOURCES / "base" / "terminal.py"
BARS = SOURCES / "base" / "progress.py"  # draws bars with rich, whose words are its own
# Their standard output is a pipe to their parent.
CHILDREN = {
    SOURCES / "base" / "hdf5" / "apart.py",
    SOURCES / "report" / "figures" / "drawing_apart.py",
    SOURCES / "service" / "requests" / "parquet_copy.py",
}
END = (
    SOURCES / "base" / "processes" / "stopping.py"
)  # closes standard error, says nothing there


def test_a_line_is_one_line_and_steers_nothing(capsys):
    say("a\x1b]0;title\x07\nb\r\x9b2J\u202e")
    assert capsys.readouterr().out == "a\\x1b]0;title\\x07\\nb\\r\\x9b2J\\u202e\n"


def test_an_error_goes_to_standard_error(capsys):
    say("wrong", error=True)
    assert capsys.readouterr() == ("", "wrong\n")


def test_a_text_of_several_lines_keeps_them(capsys):
    say_lines("a\n\nb\x1b")
    assert capsys.readouterr().out == "a\n\nb\\x1b\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def said_on_a_terminal(monkeypatch, columns, *arguments, **options):
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", str(columns))
    say(*arguments, **options)
    return stream.getvalue().splitlines()


def test_a_terminal_gets_a_line_broken_between_words(monkeypatch):
    line = "- Patients who are in both cohorts are left out where one tests the-other-cohort."
    lines = said_on_a_terminal(monkeypatch, 44, line)
    assert lines[1].startswith("  ")
    assert max(map(len, lines)) <= 44
    assert " ".join(" ".join(lines).split()) == line


def test_what_is_copied_stays_one_line_on_a_terminal(monkeypatch):
    command = "Next: deepcme prepare geo GSE7390/GSE7390_series_matrix.txt.gz -o cohort.h5ad"
    assert said_on_a_terminal(monkeypatch, 44, command, whole=True) == [command]


def test_elsewhere_a_line_stays_one_however_long(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "44")
    say("a word " * 30)
    assert capsys.readouterr().out.count("\n") == 1


def test_a_terminal_that_cannot_show_a_letter_gets_it_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    say("naïve \udc80")
    assert stream.buffer.getvalue() == b"na\\xefve \\udc80\n"


def speaks_past_the_door(path):
    """Calls and imports by which a module would print by itself."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found += ["print"] * (node.func.id == "print")
        elif isinstance(node, ast.Attribute):
            found += [node.attr] * (node.attr in ("echo", "secho"))
            is_own = isinstance(node.value, ast.Name) and node.value.id == "sys"
            found += [node.attr] * (is_own and node.attr in ("stdout", "stderr"))
        elif isinstance(node, ast.ImportFrom):
            found += ["rich"] * str(node.module).startswith("rich")
    return found


@pytest.mark.parametrize(
    "path",
    sorted(set(SOURCES.rglob("*.py")) - {DOOR, BARS, END, *CHILDREN}),
    ids=lambda path: str(path.relative_to(SOURCES)),
)
def test_no_other_module_prints(path):
    assert speaks_past_the_door(path) == []


def test_a_bar_only_asks_whether_there_is_a_terminal():
    assert set(speaks_past_the_door(BARS)) <= {"rich", "stderr"}
    assert "print" not in speaks_past_the_door(BARS)
