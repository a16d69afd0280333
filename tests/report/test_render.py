"""Page and Markdown are written of the same blocks, and say the same."""

import gzip
import re
from base64 import b64decode

import altair as alt
import pandas as pd
import pytest

from deepcme.base.files.files import write_csv
from deepcme.report.blocks import (
    Bullets,
    Figure,
    Folded,
    Heading,
    Pair,
    Preformatted,
    Subheading,
    Table,
    Terms,
    Text,
    refer_to,
)
from deepcme.report.formatting import TableLayout
from deepcme.report.render import render_markdown, render_page

GENES = TableLayout(
    "Made up.", ("gene", "Gene", ""), ("share", "Share", ".0%"), optional=("share",)
)
SHARES = pd.DataFrame({"gene": ["a|b"], "share": [0.25]})
CHART = alt.Chart(SHARES).mark_bar().encode(x="share:Q")


def shares(name="gene_shares", **more):
    return Table(name, GENES.show(SHARES), **more)


BLOCKS = [
    Heading("Findings", "findings"),
    Subheading("Of the page"),
    Text("A paragraph."),
    Text(""),
    Bullets(["first", "second"]),
    Bullets([]),
    Terms([("Design", "in folds")]),
    None,
    shares(),
    Figure("absent", "A chart that there is not", "Its caption."),
    Preformatted("a  b\n<c>"),
    Text("On the page.", only="html"),
    Text("In Markdown.", only="md"),
]


def body_of(blocks, charts=None, **more):
    page = render_page("title", "heading", blocks, charts, **more)
    return page[page.index("<body") : page.index("<script")]


def words_of(html):
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_markdown_is_blocks_with_a_line_between_them():
    assert render_markdown("A_b: [x]", BLOCKS) == (
        "# A_b: &#91;x&#93;\n\n"
        "## Findings\n\n"
        "A paragraph.\n\n"
        "- first\n- second\n\n"
        "- **Design**: in folds\n\n"
        "**Table 1.** Made up.\n\n"
        "| Gene | Share |\n| --- | ---: |\n| a&#124;b | 25% |\n\n"
        "In Markdown.\n"
    )


def test_the_page_has_what_only_a_page_has_and_nothing_empty():
    body = body_of(BLOCKS, footer="the end")
    for piece in (
        '<h2 id="findings"><a class="anchor" href="#findings">Findings</a></h2>',
        '<h3 id="findings-of-the-page">',
        "<p>A paragraph.</p>",
        "<dt>Design</dt><dd>in folds</dd>",
        '<table aria-describedby="caption-table-gene-shares">',
        '<td class="text">a|b</td><td>25%</td>',
        '<pre tabindex="0">a  b\n&lt;c&gt;</pre>',
        "<p>On the page.</p>",
        '<p class="muted">the end</p>',
    ):
        assert piece in body
    assert "In Markdown." not in body
    assert not re.search("<p></p>|<ul>\\s*</ul>|<figure|<button", body)


def test_a_column_that_may_be_absent_is_left_out():
    shown = GENES.show(pd.DataFrame({"gene": ["a"]}))
    assert (shown.headings, shown.rows) == (["Gene"], [["a"]])


def test_tables_and_figures_are_numbered_in_the_order_of_the_page():
    blocks = [
        shares("net_benefit"),
        Figure("roc", "Curves", "As the table has it."),
        Figure("absent", "Nothing", "Has no number."),
        shares("in_markdown", only="md"),
        Folded("More", [shares("classes"), Figure("calibration", "Curves", "Of risks.")]),
        Figure("roc", "Curves", "Once more."),
    ]
    body = body_of(blocks, {"roc": CHART, "calibration": CHART})
    assert re.findall(r'class="number" href="#([\w-]+)">([\w ]+)', body) == [
        ("table-net-benefit", "Table 1"),
        ("figure-roc", "Figure 1"),
        ("table-classes", "Table 2"),
        ("figure-calibration", "Figure 2"),
        ("figure-roc-2", "Figure 3"),
    ]
    anchors = re.findall(r' id="([^"]+)"', body)
    assert len(set(anchors)) == len(anchors)
    text = render_markdown("", blocks, ["roc"])
    assert re.findall(r"\*\*(\w+ \d)\.\*\*", text) == [
        "Table 1", "Figure 1", "Table 2", "Table 3", "Figure 2",
    ]  # fmt: skip
    assert "![Curves](figures/roc.svg)" in text
    assert "Of risks." not in text


def test_a_reference_is_a_link_to_what_may_come_later():
    said = Text(f"See {refer_to('table', 'net_benefit')} and {refer_to('figure', 'a_b')}.")
    blocks = [said, shares("net_benefit")]
    assert '<p>See <a href="#table-net-benefit">Table 1</a> and the figure a b.</p>' in body_of(
        blocks
    )
    assert "See Table 1 and the figure a b." in render_markdown("", blocks)


def test_a_pair_of_figures_is_one_where_the_other_is_absent():
    pair = Pair(Figure("roc", "Curves", "Left."), Figure("pr", "Curves", "Right."))
    both = body_of([pair], {"roc": CHART, "pr": CHART})
    assert both.index('<div class="pair">') < both.index("Left.") < both.index("Right.")
    one = body_of([pair], {"pr": CHART})
    assert 'class="pair"' not in one and "Right." in one
    assert "<figure" not in body_of([pair])


def test_what_is_folded_opens_at_its_summary_and_is_plain_in_markdown():
    folded = Folded("All <settings>", [Text("Ten."), None])
    assert "<summary>All &lt;settings&gt;</summary><p>Ten.</p>" in body_of([folded]).replace(
        "\n", ""
    )
    assert render_markdown("x", [folded]) == "# x\n\nTen.\n"
    assert "<details" not in body_of([Folded("Nothing", [None])])


def test_contents_list_the_sections_of_a_page_that_has_several():
    blocks = [Heading("First & last", "first"), Heading("Second", "second")]
    listed = re.findall(r'<li><a href="#(\w+)">(.*?)</a>', body_of(blocks))
    assert listed == [("first", "First &amp; last"), ("second", "Second")]
    assert "<nav" not in body_of(blocks[:1])


def test_headings_inside_sections_have_anchors_of_their_own():
    blocks = [
        Subheading("Before all"),
        Heading("One", "one"),
        *[Subheading("Why & how?")] * 2,
        Heading("Two", "two"),
        Subheading("Why & how?"),
    ]
    assert re.findall(r'<h3 id="([^"]+)"', body_of(blocks)) == [
        "page-before-all", "one-why-how", "one-why-how-2", "two-why-how",
    ]  # fmt: skip


def test_the_page_carries_each_table_as_its_csv_has_it(tmp_path):
    table = pd.DataFrame({"gene": ["=1+1", 'a"b,</script>', "é"], "share": [0.1, 1 / 3, None]})
    write_csv(tmp_path / "shares.csv", table)
    page = render_page("", "", [shares("shares", data=table)], study="My study/1")
    packed = re.search(r'id="csv-shares">([^<]+)<', page)[1]
    assert gzip.decompress(b64decode(packed)) == (tmp_path / "shares.csv").read_bytes()
    assert 'data-files="My-study-1-"' in page
    assert 'aria-label="Download Table 1 as CSV"' in page


@pytest.mark.parametrize("name", ["", "...", "../.."])
def test_files_bear_their_own_name_where_the_study_has_none_for_files(name):
    assert 'data-files=""' in render_page("", "", [], study=name)


def test_the_page_tells_its_day_of_writing_and_our_version(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    page = render_page("A</style>b", "", [])
    assert "Written on 14 November 2023 (UTC) by deepcme 0." in words_of(page)
    style = page[page.index("<style>") : page.index("</style>")]
    assert "14\\000020November" in style
    assert "A\\00003c\\00002fstyle" in style


def test_a_wide_table_is_printed_in_smaller_letters():
    def printed(columns, digits=9):
        table = pd.DataFrame({f"c{i}": ["1" * digits] for i in range(columns)})
        layout = TableLayout("", *((name, name, "s") for name in table))
        return re.findall(
            r"<table(?: class=\"([\w-]+)\")?", body_of([Table("t", layout.show(table))])
        )

    assert printed(5) == [""]
    assert printed(11) == ["print-small"]
    assert printed(14) == ["print-smaller"]
    assert printed(20) == ["print-smallest"]
