"""Page and Markdown are written of the same blocks, and say the same."""

import re

import pandas as pd

from deepcme.report.blocks import (
    Bullets,
    Figure,
    Heading,
    Preformatted,
    Subheading,
    Table,
    Terms,
    Text,
)
from deepcme.report.formatting import TableLayout
from deepcme.report.render import render_markdown, render_page

GENES = TableLayout(
    "Made up.", ("gene", "Gene", ""), ("share", "Share", ".0%"), optional=("share",)
)
BLOCKS = [
    Heading("Findings", "findings"),
    Subheading("Of the page"),
    Text("A paragraph."),
    Text(""),
    Bullets(["first", "second"]),
    Bullets([]),
    Terms([("Design", "in folds")]),
    None,
    Table("gene_shares", GENES.show(pd.DataFrame({"gene": ["a|b"], "share": [0.25]}))),
    Figure("absent", "A chart that there is not", "Its caption."),
    Preformatted("a  b\n<c>"),
    Text("On the page.", only="html"),
    Text("In Markdown.", only="md"),
]


def test_markdown_is_blocks_with_a_line_between_them():
    assert render_markdown("A_b: [x]", BLOCKS) == (
        "# A_b: &#91;x&#93;\n\n"
        "## Findings\n\n"
        "A paragraph.\n\n"
        "- first\n- second\n\n"
        "- **Design**: in folds\n\n"
        "Made up.\n\n"
        "| Gene | Share |\n| --- | ---: |\n| a&#124;b | 25% |\n\n"
        "In Markdown.\n"
    )


def test_the_page_has_what_only_a_page_has_and_nothing_empty():
    page = render_page("title", "heading", BLOCKS, footer="the end")
    body = page[page.index("<main>") : page.index("</html>")]
    for piece in (
        '<h2 id="findings">Findings</h2>',
        "<h3>Of the page</h3>",
        "<p>A paragraph.</p>",
        "<dt>Design</dt><dd>in folds</dd>",
        '<table id="table-gene-shares" aria-describedby="caption-gene-shares">',
        '<td class="text">a|b</td><td>25%</td>',
        '<pre tabindex="0">a  b\n&lt;c&gt;</pre>',
        "<p>On the page.</p>",
        '<footer><p class="muted">the end</p></footer>',
    ):
        assert piece in body
    assert "In Markdown." not in body
    assert not re.search("<p></p>|<ul>\\s*</ul>|<figure|<script", body)


def test_a_column_that_may_be_absent_is_left_out():
    shown = GENES.show(pd.DataFrame({"gene": ["a"]}))
    assert (shown.headings, shown.rows) == (["Gene"], [["a"]])
