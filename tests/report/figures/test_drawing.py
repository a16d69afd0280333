"""Charts become SVG and PDF of equal bytes, or it is said that they do not."""

import sys

import altair as alt
import pandas as pd

from deepcme.report.figures import drawing
from deepcme.report.figures.drawing import write_charts


def bars(title):
    table = pd.DataFrame({"model": ["a", "b"], "auc": [0.5, 0.7]})
    # Two fonts, and marks of several opacities.
    return (
        alt.Chart(table, title=title)
        .mark_bar()
        .encode(x="auc:Q", y="model:N", opacity=alt.Opacity("auc:Q"))
    )


def files_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_equal_charts_are_equal_in_every_byte_and_nothing_else_is_left(tmp_path):
    for folder in ("first", "second"):
        charts = {"one": bars("One"), "two": bars("Two")}
        written = write_charts(charts, tmp_path / folder)
        assert written == ["one.svg", "one.pdf", "two.svg", "two.pdf"]
    first = files_in(tmp_path / "first")
    assert first.keys() == set(written)
    assert first == files_in(tmp_path / "second")
    assert first["one.pdf"].startswith(b"%PDF") and first["one.svg"].startswith(b"<svg")


def test_where_drawing_fails_it_is_said_and_earlier_charts_go(tmp_path, monkeypatch, capsys):
    (tmp_path / "one.pdf").write_bytes(b"earlier")
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTRAP)"
    child = [sys.executable, "-c", code]
    monkeypatch.setattr(drawing, "worker_command", lambda *_: child)
    assert write_charts({"one": bars("One")}, tmp_path) == []
    assert not files_in(tmp_path)
    said = capsys.readouterr().err
    assert said == (
        f"{tmp_path}: no chart was drawn as SVG and PDF: what draws them was ended by SIGTRAP.\n"
    )


def test_without_charts_nothing_is_drawn(tmp_path):
    assert write_charts({}, tmp_path / "figures") == []
    assert not (tmp_path / "figures").exists()
