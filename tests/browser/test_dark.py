"""On a dark page charts are dark: no slab, and nothing that cannot be told from the page."""

import pytest

from tests.browser.conftest import opened

pytestmark = pytest.mark.browser

# Relative luminance and contrast as WCAG 2.2 defines them.
LIGHT = """
const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = (colour) => {
  const [r, g, b] = channels(colour).slice(0, 3).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const isSeen = (colour) => colour !== 'none' && (channels(colour)[3] ?? 1) > 0;
const page = luminance(getComputedStyle(document.body).backgroundColor);
const contrast = (colour) => {
  const [low, high] = [page, luminance(colour)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
"""

SLABS = f"""() => {{ {LIGHT}
  const found = [];
  for (const frame of document.querySelectorAll('.chart')) {{
    const area = frame.clientWidth * frame.clientHeight;
    for (const element of [frame, ...frame.querySelectorAll('svg, rect, path')]) {{
      const {{ backgroundColor, fill, opacity, fillOpacity }} = getComputedStyle(element);
      const colour = element.closest('svg') && element.tagName !== 'svg' ? fill : backgroundColor;
      const {{ width, height }} = element.getBoundingClientRect();
      const isLarge = width * height > 0.5 * area && opacity * fillOpacity > 0.5;
      if (isLarge && isSeen(colour) && luminance(colour) > page + 0.02) {{
        found.push([frame.getAttribute('aria-label'), element.tagName, colour]);
      }}
    }}
  }}
  return found;
}}"""

FAINT_WORDS = f"""() => {{ {LIGHT}
  return [...document.querySelectorAll('.chart svg text')]
    .filter((text) => !['black', 'white'].includes(text.getAttribute('fill')))
    // A rim of the page's own colour sets words off from lines behind them.
    .filter((text) => !text.hasAttribute('stroke'))
    .filter((text) => contrast(getComputedStyle(text).fill) < 4.5)
    .map((text) => [text.closest('[data-chart]').id, text.textContent]);
}}"""

FAINT_MARKS = f"""() => {{ {LIGHT}
  return [...document.querySelectorAll('.chart svg .mark-line path, .chart svg .mark-symbol path')]
    // Areas behind others, such as the band of chance, are no marks to be told apart.
    .filter((path) => path.getAttribute('fill') !== '#dddddd')
    .map((path) => [path.closest('[data-chart]').id, getComputedStyle(path)])
    .map(([id, style]) => [id, [style.stroke, style.fill].filter(isSeen)])
    .filter(([, colours]) => colours.length && Math.max(...colours.map(contrast)) < 3);
}}"""


@pytest.fixture(scope="module", params=["honest", "paper"])
def dark(browser, reports, request):
    page = opened(browser, reports[request.param], "desktop", color_scheme="dark")
    yield page
    page.close()


def test_no_chart_has_a_background_lighter_than_the_page(dark):
    assert dark.evaluate(SLABS) == []


def test_words_in_charts_are_read_and_marks_seen(dark):
    assert dark.evaluate(FAINT_WORDS) == []
    assert dark.evaluate(FAINT_MARKS) == []


def test_a_change_of_scheme_needs_no_reload(dark):
    dark.emulate_media(color_scheme="light")
    colour = "getComputedStyle(document.querySelector('.chart svg text')).fill"
    assert dark.evaluate(colour) == "rgb(34, 34, 34)"
    dark.emulate_media(color_scheme="dark")
    assert dark.evaluate(colour) != "rgb(34, 34, 34)"
