"""The page on a desk, on a tablet and in a hand: nothing is cut, and every part is in reach."""

import os

import pytest

from deepcme.report.blocks import Heading, Terms
from deepcme.report.opening.opening import Opening, Tile
from deepcme.report.render import render_page
from tests.browser.conftest import SCREENS, opened

pytestmark = pytest.mark.browser

WIDER_THAN_THE_PAGE = """() => {
  const right = document.documentElement.clientWidth;
  const inFrame = (element) => element.closest('.scroll, .chart, pre, #contents, .skip');
  return [...document.querySelectorAll('body *')]
    .filter((element) => !inFrame(element) && element.getBoundingClientRect().right > right + 1)
    .map((element) => element.outerHTML.slice(0, 80));
}"""

FOLD = """isOpen => {
  for (const part of document.querySelectorAll('main details')) part.open = isOpen;
}"""

CUT = """() => [...document.querySelectorAll('th, td')]
  .filter((cell) => cell.scrollWidth > cell.clientWidth + 1
    || getComputedStyle(cell).textOverflow === 'ellipsis')
  .map((cell) => cell.textContent.slice(0, 60))"""


def test_nothing_reaches_beyond_the_page_and_no_cell_is_cut(any_page):
    any_page.evaluate(FOLD, True)
    widths = any_page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    assert any_page.evaluate(WIDER_THAN_THE_PAGE) == []
    assert any_page.evaluate(CUT) == []
    any_page.evaluate(FOLD, False)


@pytest.mark.parametrize("screen", SCREENS)
def test_a_long_name_without_a_space_is_broken(browser, tmp_path, screen):
    long = "cohort_of_two_thousand_patients_" * 8
    opening = Opening(long, [Tile(long, "0.71", note=long)] * 3, notes=[(long, long)])
    blocks = [opening, Heading("Model", "model"), Terms([("Trained on", long), (long, "x")])]
    (tmp_path / "page.html").write_text(render_page(long, long, blocks))
    page = opened(browser, tmp_path / "page.html", screen)
    assert page.evaluate(WIDER_THAN_THE_PAGE) == []
    page.close()


def test_the_first_column_of_a_wide_table_stays_over_what_scrolls(browser, reports):
    for scheme in ("light", "dark"):
        page = opened(browser, reports["honest"], "phone", color_scheme=scheme)
        frame = page.locator("#gene-table").locator("xpath=..")
        frame.scroll_into_view_if_needed()
        frame.evaluate("frame => { frame.scrollLeft = 200; }")
        left, edge, colour = frame.evaluate(
            """frame => {
              const cell = frame.querySelector('tbody td');
              return [cell.getBoundingClientRect().left, frame.getBoundingClientRect().left,
                      getComputedStyle(cell).backgroundColor];
            }"""
        )
        assert left == pytest.approx(edge, abs=1)
        assert colour == page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.close()


def test_charts_fill_their_frames(any_page):
    shares = any_page.evaluate(
        """() => [...document.querySelectorAll('.chart')].filter((frame) => frame.clientWidth)
          .map((frame) => {
            const style = getComputedStyle(frame);
            const room = frame.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
            return [frame.getAttribute('aria-label'),
                    frame.querySelector('svg').getBoundingClientRect().width / room];
          })"""
    )
    assert shares
    assert [label for label, share in shares if not 0.97 <= share <= 1.01] == []


def test_charts_follow_the_width_of_the_window(browser, reports):
    page = opened(browser, reports["honest"], "desktop")
    first = page.locator("[data-chart] svg").first
    before = first.bounding_box()["width"]
    page.set_viewport_size({"width": 800, "height": 900})
    page.wait_for_function(
        "before => document.querySelector('[data-chart] svg').getBoundingClientRect().width < before",
        arg=before,
    )
    frame = page.locator(".chart").first.bounding_box()["width"]
    page.wait_for_timeout(300)
    assert 0.9 * frame < first.bounding_box()["width"] <= frame
    page.close()


def current(page):
    return page.locator("#contents [aria-current]").all_inner_texts()


def test_the_contents_stand_beside_the_page_and_mark_the_current_section(browser, reports):
    page = opened(browser, reports["honest"], "desktop")
    assert page.locator("#contents").is_visible()
    assert not page.locator("#open-contents").is_visible()
    links = page.locator("#contents ol a")
    headings = page.locator("main h2[id]")
    assert links.all_inner_texts() == headings.all_inner_texts()
    page.locator("#contents a[href='#genes']").click()
    page.wait_for_function(
        "document.querySelector('#contents [aria-current]')?.hash === '#genes'"
    )
    assert page.locator("#genes").bounding_box()["y"] < 100
    assert page.locator("#contents").bounding_box()["y"] >= 0
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function(
        "last => document.querySelector('#contents [aria-current]').textContent === last",
        arg=links.last.inner_text(),
    )
    assert len(current(page)) == 1
    page.get_by_role("link", name="Back to top").click()
    page.wait_for_function("window.scrollY === 0")
    page.close()


def test_the_drawer_opens_and_closes_by_keys_and_gives_the_focus_back(browser, reports):
    page = opened(browser, reports["honest"], "phone")
    drawer, button = page.locator("#contents"), page.locator("#open-contents")
    assert not drawer.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert drawer.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    for _ in range(60):  # what is behind the drawer is never reached
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body"
            " || document.getElementById('contents').contains(document.activeElement)"
        )
        assert inside
    page.keyboard.press("Escape")
    assert not drawer.is_visible()
    assert page.evaluate("document.activeElement.id") == "open-contents"
    button.click()
    page.locator("#contents a[href='#genes']").click()
    assert not drawer.is_visible()
    page.wait_for_function(
        "Math.abs(document.getElementById('genes').getBoundingClientRect().top) < 100"
    )
    button.click()
    page.mouse.click(380, 400)
    assert not drawer.is_visible()
    page.close()


def test_folded_parts_open_by_keys_and_for_a_link_that_leads_into_them(browser, reports):
    page = opened(browser, reports["honest"], "desktop")
    folded = page.locator("main details:not([open])")
    assert folded.count() > 0
    summary = folded.first.locator("summary").first
    part = page.locator("main details").first
    assert part.get_attribute("open") is None
    summary.focus()
    page.keyboard.press("Enter")
    assert part.get_attribute("open") is not None
    anchor = page.evaluate(
        "document.querySelector('main details:not([open]) :is(.table, figure)[id]').id"
    )
    page.evaluate("anchor => { location.hash = anchor; }", anchor)
    page.wait_for_function(
        """anchor => {
          const { top } = document.getElementById(anchor).getBoundingClientRect();
          return !document.getElementById(anchor).closest('details:not([open])') && top < 600;
        }""",
        arg=anchor,
    )
    page.close()


def test_numbers_and_headings_are_links_to_themselves(page):
    wrong = page.evaluate(
        """() => [...document.querySelectorAll('.number, .anchor')]
          .filter((link) => !document.getElementById(link.hash.slice(1))?.contains(link))
          .map((link) => link.hash)"""
    )
    assert wrong == []
    numbers = page.locator(".number").all_text_contents()
    figures = [number for number in numbers if number.startswith("Figure")]
    assert figures == [f"Figure {place}." for place in range(1, len(figures) + 1)]


def test_a_key_skips_to_the_content(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'content'")


def test_the_first_figure_is_drawn_within_a_second(browser, reports):
    """The best of three: other work on the machine is no fault of the page."""
    taken = []
    for _ in range(3):
        page = opened(browser, reports["honest"], "desktop")
        taken.append(
            page.evaluate("performance.getEntriesByName('headline-drawn')[0].startTime")
        )
        page.close()
    if min(taken) >= 1000 and os.getloadavg()[0] > os.cpu_count():
        pytest.skip(f"{min(taken):.0f} ms, but the machine has other work to do")
    assert min(taken) < 1000
