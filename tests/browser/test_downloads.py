"""What the page offers for download is what the folder of the study holds."""

import struct
from xml.etree import ElementTree

import pytest

from tests.browser.conftest import opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["honest", "paper"])
def page(browser, reports, request):
    page = opened(browser, reports[request.param], "desktop", color_scheme="dark")
    page.folder = reports[request.param].parent
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true;")
    yield page
    page.close()


def downloaded(page, button):
    with page.expect_download() as download:
        button.click()
    page.wait_for_timeout(120)  # Chromium lets no page save more than ten files a second.
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_every_table_is_its_csv_byte_for_byte(page):
    buttons = page.locator("[data-download=csv]").all()
    assert len(buttons) > 5
    for button in buttons:
        name = button.get_attribute("data-name")
        file, content = downloaded(page, button)
        assert file == f"invented-{name}.csv"
        assert content == (page.folder / "tables" / f"{name}.csv").read_bytes(), name


def test_figures_are_svg_in_light_colours_on_white(page):
    for button in page.locator("[data-download=svg]").all():
        file, content = downloaded(page, button)
        assert file == f"invented-{button.get_attribute('data-name')}.svg"
        root = ElementTree.fromstring(content)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        background = root.find("{http://www.w3.org/2000/svg}rect")
        assert background.attrib["fill"] in ("white", "#ffffff")
        assert background.attrib["width"] == root.attrib["width"]
        assert b"<text" in content and b"var(--" not in content


def test_figures_are_png_of_three_pixels_for_one(page):
    for button in page.locator("[data-download=png]").all()[:4]:
        name = button.get_attribute("data-name")
        file, content = downloaded(page, button)
        assert file == f"invented-{name}.png"
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", content[16:24])
        drawn = page.locator(f"[data-chart='{name}'] svg").first
        sides = [float(side) for side in drawn.get_attribute("viewBox").split()[2:]]
        assert (width, height) == pytest.approx([3 * side for side in sides], abs=3)
    assert page.problems == []
    assert [request for request in page.requests_made if not request.startswith("blob:")] == [
        page.address
    ]


def test_every_button_has_a_name_of_its_own(page):
    names = page.locator("[data-download]").evaluate_all(
        "buttons => buttons.map((button) => button.ariaLabel)"
    )
    assert len(set(names)) == len(names)
