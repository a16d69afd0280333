"""On paper nothing is lost: every interval, folded part and chart is there, every page numbered."""

import re
import subprocess
from unicodedata import normalize

import pytest

from tests.browser.conftest import CHROMIUM, opened

pytestmark = pytest.mark.browser
pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")

INTERVAL = re.compile(r"[+-]?[\d.,]+%? \([+-]?[\d.,]+%? to [+-]?[\d.,]+%?\)")


def text_of(path):
    reader = pypdf.PdfReader(path)
    # Letters that a typeface joins, such as fi, are apart again.
    return [normalize("NFKC", page.extract_text()) for page in reader.pages]


@pytest.fixture(scope="module", params=["honest", "paper"])
def printed(browser, reports, tmp_path_factory, request):
    """A report's page, and the text of each page of paper, printed from a phone in the dark."""
    page = opened(browser, reports[request.param], "phone", color_scheme="dark")
    path = tmp_path_factory.mktemp("paper") / "report.pdf"
    page.pdf(path=path, format="A4")
    yield page, text_of(path)
    page.close()


def test_every_interval_is_whole_on_paper(printed):
    page, pages = printed
    page.emulate_media(media="print")
    shown = page.locator("main :is(td, p, li, summary)").evaluate_all(
        "all => all.filter((one) => getComputedStyle(one.closest('tr') ?? one).display !== 'none')"
        ".map((one) => one.textContent)"
    )
    page.emulate_media(media="screen")
    wanted = {found for text in shown for found in INTERVAL.findall(text)}
    assert len(wanted) > 20
    on_paper = set(INTERVAL.findall("\n".join(pages)))
    assert wanted - on_paper == set()


def test_every_heading_caption_and_word_of_a_folded_part_is_on_paper(printed):
    page, pages = printed
    paper = "".join("".join(pages).split())
    for text in page.locator("main h2, main h3, .number, main summary").all_text_contents():
        assert "".join(text.split()) in paper
    # Words that stand upright, which the reader of the file puts together again.
    for word in page.locator("[data-chart] .role-legend-label text").all_text_contents():
        assert "".join(word.split()) in paper


def test_pages_are_numbered_and_bear_the_day(printed):
    page, pages = printed
    day = re.search(r"Written on (.*?) \(UTC\)", page.locator("footer").inner_text())[1]
    for number, text in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in text
        assert day in text


def test_what_is_for_a_screen_is_not_printed(printed):
    paper = "\n".join(printed[1])
    for words in ("Back to top", "Skip to", "Top of the page", "Find a gene", "SVG PNG"):
        assert words not in paper


def test_no_heading_is_left_at_the_foot_of_a_page(printed):
    page, pages = printed
    headings = {"".join(text.split()) for text in page.locator("h2, h3").all_text_contents()}
    for text in pages:
        lines = ["".join(line.split()) for line in text.splitlines() if line.strip()]
        # The foot is two texts of its own, wherever the reader of the file puts them.
        body = [line for line in lines if not re.fullmatch(r"\d+/\d+", line)]
        assert body[-1] not in headings


def test_the_screen_is_as_before_when_it_was_printed(printed):
    page, _ = printed
    page.wait_for_timeout(800)
    assert page.locator("main details[open]").count() == 0
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_the_command_line_of_chromium_prints_every_chart(reports, tmp_path):
    """It loads the page, does not scroll, and prints."""
    out = tmp_path / "report.pdf"
    subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
            f"--print-to-pdf={out}", reports["honest"].as_uri(),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    text = "\n".join(text_of(out))
    for title in ("False-positive rate", "Threshold probability", "Epoch"):
        assert title in text
