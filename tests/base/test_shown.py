"""Objects show themselves on one screen, as text and as HTML."""

import pandas as pd
import pytest

from deepcme.base.shown import LINES, WIDTH, Shown, names_in_line

LONG = "word " * 400
TABLE = pd.DataFrame(
    {"gene": ["<b>", None, "TP53"] * 20, "score": [0.12345, float("nan"), 2] * 20}
)


@pytest.mark.parametrize(
    "shown",
    [
        Shown("title", [LONG, LONG], [("fact", LONG), ("other", "short")], TABLE, "end"),
        Shown("title " * 40, table=TABLE, end=LONG),
        Shown("title", facts=[(f"fact {n}", "said") for n in range(90)], end="end"),
    ],
)
def test_text_fits_a_screen_and_keeps_its_end(shown):
    lines = shown.as_text().splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert lines[0].startswith("title")
    assert shown.end.split()[0] in lines[-1] or "..." in lines[-1]


def test_a_table_shows_its_first_rows_and_how_many_more_there_are():
    text = Shown("title", table=TABLE).as_text()
    assert "gene" in text
    assert "0.123" in text
    assert "nan" not in text.lower()
    assert "more rows" in text


def test_html_is_escaped_and_has_no_colours():
    html = Shown("<i>&", ["<script>"], [("<a>", "<b>")], TABLE, "<u>").as_html()
    for markup in ("<i>", "<script>", "<a>", "<b>", "<u>"):
        assert markup not in html
    assert "&lt;script&gt;" in html
    assert "color" not in html
    assert "background" not in html


def test_what_would_steer_a_terminal_is_shown_escaped():
    assert "\x1b" not in Shown("a\x1b[2J", ["b\x1b"], [("c\x1b", "d")]).as_text()


def test_very_many_names_are_counted():
    assert names_in_line(["a", "b"]) == "a, b"
    assert names_in_line(map(str, range(1000)), 2) == "0, 1 and 998 more"
    assert names_in_line([]) == "none"
