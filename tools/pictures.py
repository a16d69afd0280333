"""Pictures of reports as readers see them: three widths, light and dark, and on paper.

    python tools/pictures.py OUT REPORT...

A REPORT is a page or the folder of a study that has a `report.html`.
"""

import sys
from pathlib import Path

from chromium import open_chromium
from playwright.sync_api import Browser, sync_playwright

WIDTHS = (1440, 1024, 390)
SCHEMES = ("light", "dark")
SCREEN = 900
"""Pixels of height of one picture; a long page has several."""

DRAWN = """async () => {
  for (const target of document.querySelectorAll('[data-chart]')) await target.drawing.fit();
}"""


def photograph(browser: Browser, report: Path, out: Path) -> None:
    """Take all pictures of a report; their names tell its folder, width, scheme and number."""
    name = report.parent.name
    for width in WIDTHS:
        for scheme in SCHEMES:
            page = browser.new_page(
                viewport={"width": width, "height": SCREEN}, color_scheme=scheme
            )
            page.goto(report.as_uri())
            page.evaluate(DRAWN)
            page.wait_for_timeout(300)
            height = page.evaluate("document.documentElement.scrollHeight")
            for number, top in enumerate(range(0, height, SCREEN - 40)):
                page.evaluate(f"window.scrollTo(0, {top})")
                page.wait_for_timeout(60)
                page.screenshot(path=out / f"{name}-{width}-{scheme}-{number:02}.png")
            if (width, scheme) == (WIDTHS[0], "light"):
                page.pdf(path=out / f"{name}.pdf", format="A4")
            page.close()


def main() -> None:
    """Photograph the reports that were named."""
    out, *reports = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = open_chromium(playwright)
        if browser is None:
            sys.exit("There is no Chromium on this machine.")
        for report in reports:
            page = report / "report.html" if report.is_dir() else report
            photograph(browser, page.resolve(), out)
        browser.close()


if __name__ == "__main__":
    main()
