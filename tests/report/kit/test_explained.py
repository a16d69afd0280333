"""A page holds the texts that its tables name, and leads to them; its data stay as they are."""

import re

import pandas as pd
import pytest

from deepcme.explained import topics
from deepcme.explained.topics import Topic
from deepcme.report.blocks import Heading, Table
from deepcme.report.formatting import TableLayout
from deepcme.report.layouts.columns import Estimate
from deepcme.report.render import render_markdown, render_page

HOSTILE = "# A title\n\nSee <script>alert(1)</script>, [the other](../audit/DCM005.md), [no](none.md)."


def page_of(table, *columns):
    shown = TableLayout("Made up.", *columns).show(table)
    blocks = [Heading("Findings", "findings"), Table("made_up", shown, data=table)]
    return render_page("title", "heading", blocks), render_markdown("heading", blocks)


def findings(*codes):
    return page_of(pd.DataFrame({"code": codes}), ("code", "Code", ""))


def texts_of(html):
    """The folded texts of a page, by their anchor."""
    part = html[html.index("<aside") : html.index("</aside>")]
    return dict(re.findall(r'<details class="part" id="([^"]+)">(.*?)</details>', part, re.S))


def test_a_finding_leads_to_its_text_on_the_page():
    html, _ = findings("DCM005", "DCM010", "DCM005")
    assert html.count('<a class="explaining" href="#explained-dcm005">DCM005</a>') == 2
    texts = texts_of(html)
    assert [*texts] == ["explained-dcm005", "explained-dcm010"]
    assert (
        "<summary>DCM005: Too few events for this split and model</summary>"
        in texts["explained-dcm005"]
    )
    assert "<h3>Why it matters</h3>" in texts["explained-dcm010"]


def test_a_model_and_a_measure_lead_to_theirs_in_their_columns_alone(monkeypatch):
    texts = [
        Topic("LR-tuned", "models", "LR-tuned", "# LR-tuned\n\nA regression.\n"),
        Topic("auc", "statistics", "AUC", "# AUC\n\nAn area.\n"),
    ]
    monkeypatch.setattr(topics, "list_topics", lambda: texts)
    topics._by_name.cache_clear()
    table = pd.DataFrame(
        {"model": ["LR-tuned", "mine"], "gene": ["LR-tuned", "AUC"], "auc": [0.7, 0.6]}
    ).assign(ci_low=0.5, ci_high=0.9)
    html, _ = page_of(
        table, ("model", "Model", ""), ("gene", "Gene", ""), Estimate("auc", "AUC")
    )
    topics._by_name.cache_clear()
    assert [*texts_of(html)] == ["explained-auc", "explained-lr-tuned"]
    assert html.count('class="explaining"') == 2
    assert '<td class="text">AUC</td>' in html


def test_a_text_shows_html_as_letters_and_links_only_to_what_is_there(monkeypatch):
    known = [Topic("DCM001", "audit", "A title", HOSTILE)]
    known += [topic for topic in topics.list_topics() if topic.name == "DCM005"]
    monkeypatch.setattr(topics, "list_topics", lambda: known)
    topics._by_name.cache_clear()
    both, alone = (
        texts_of(findings(*codes)[0]) for codes in (("DCM001", "DCM005"), ("DCM001",))
    )
    topics._by_name.cache_clear()
    assert "&lt;script&gt;" in both["explained-dcm001"]
    assert '<a href="#explained-dcm005">the other</a>, no.' in both["explained-dcm001"]
    assert "the other, no." in alone["explained-dcm001"]


@pytest.mark.parametrize("name", [topic.name for topic in topics.list_topics()])
def test_every_text_fits_a_page_with_a_policy(name):
    from deepcme.report.kit.explained import _render

    html = _render(topics.find_topic(name), frozenset())
    assert not re.search(r"style=|<script|<img|href=\"(?!https?:)", html)
    assert not re.search(r"<pre>|(?<!>)<table|<h[12]", html)


def test_what_is_downloaded_and_the_contents_are_as_without_texts():
    html, markdown = findings("DCM005")
    assert 'href="#explained"' not in html
    assert "| DCM005 |" in markdown
    assert markdown.endswith("`deepcme explain` explains each of `DCM005`.\n")


def test_a_page_that_names_nothing_has_no_such_part():
    html, markdown = findings("X1")
    assert "<aside" not in html
    assert "deepcme explain" not in markdown
