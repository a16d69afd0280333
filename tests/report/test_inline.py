"""A page's policy names its own style and scripts by their digest, and allows nothing else."""

import base64
import hashlib
import re

import altair as alt
import pandas as pd
import pytest

from deepcme.report.figures.drawing import write_charts
from deepcme.report.inline import make_inline
from deepcme.report.render import make_environment


@pytest.fixture(scope="module")
def inline():
    return make_inline(make_environment())


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_the_page_and_nothing_else(inline):
    assert dict(part.split(" ", 1) for part in inline.policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": f"{digest(inline.vega)} {digest(inline.script)}",
        "style-src": digest(inline.style),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_no_part_ends_its_element_or_changes_when_a_browser_reads_it(inline):
    for part in (inline.style, inline.vega, inline.script):
        assert not re.search("</(script|style)", part, re.IGNORECASE)
        assert "\r" not in part and "\x00" not in part


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x0b", "\x1b", "\ufffe", "\ud800"], ids=ascii)
def test_a_chart_never_hands_on_a_character_that_would_end_the_process(bad, tmp_path, capfd):
    table = pd.DataFrame({"model": [f"a{bad}b"], "auc": [0.5]})
    chart = alt.Chart(table, title=f"t{bad}").mark_bar().encode(x="auc:Q", y="model:N")
    write_charts({"bar": chart}, tmp_path)
    svg = (tmp_path / "bar.svg").read_text(encoding="utf-8")
    assert ">a b<" in svg and bad not in svg
