"""On a dark page every colour that charts draw with can be seen, by the page's style alone."""

import re

import pytest

from deepcme.report.figures.styles import COLOURS, DIVERGING, INK, NEUTRAL, PALETTE
from deepcme.report.inline import make_inline
from deepcme.report.render import make_environment

DARK = "#14181c"
WORDS = "#e6e9ec"


@pytest.fixture(scope="module")
def style():
    return str(make_inline(make_environment(), charts=False).style)


def shown(style, colour, attribute):
    """What the dark page makes of a colour that a chart has as an attribute."""
    rule = rf'\[{attribute}="{colour}"(?: i)?\][^{{}}]*\{{ {attribute}: ([^;]+);'
    found = re.findall(rule, style)
    seen = found[-1] if found else colour
    return {"var(--text)": WORDS, "var(--page)": DARK}.get(seen, seen)


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(colour):
    low, high = sorted([luminance(colour), luminance(DARK)])
    return (high + 0.05) / (low + 0.05)


def test_the_dark_page_is_the_one_that_these_tests_hold_against(style):
    dark = style[style.index("prefers-color-scheme: dark") :]
    assert f"--page: {DARK};" in dark and f"--text: {WORDS};" in dark


@pytest.mark.parametrize("attribute", ["fill", "stroke"])
def test_models_are_told_from_the_page_and_words_read(style, attribute):
    for colour in (*PALETTE, NEUTRAL):
        assert contrast(shown(style, colour, attribute)) >= 4.5, colour
    assert contrast(shown(style, INK, attribute)) >= 7


@pytest.mark.parametrize("attribute", ["fill", "stroke"])
def test_no_two_models_become_alike(style, attribute):
    partners = [shown(style, colour, attribute) for colour in PALETTE]
    assert len(set(partners)) == len(PALETTE)


def test_what_is_light_on_white_is_dark_on_black(style):
    """Grids, bands and paper stay behind what is drawn on them."""
    for colour in COLOURS:
        if luminance(colour) > 0.7 and colour not in DIVERGING:
            assert luminance(shown(style, colour, "fill")) < 0.2, colour
    middle = len(DIVERGING) // 2
    fills = [luminance(shown(style, colour, "fill")) for colour in DIVERGING]
    assert fills[: middle + 1] == sorted(fills[: middle + 1], reverse=True)
    assert fills[middle:] == sorted(fills[middle:])
