"""Check the built site for readers with other eyes: `python tools/check_docs.py build/docs`.

Runs axe-core on five pages, light and dark, on a desktop and on a phone, and looks whether a page is
wider than its screen or complains. Exit 1 if something is found; where there is no Chromium it
says so and ends.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chromium import open_chromium

PAGES = (
    "index",
    "how-to/geo",
    "reference/commands/run",
    "reference/api/deepcme.Cohort",
    "explained/audit/DCM005",
)
SCREENS = {"desktop": (1440, 900), "phone": (390, 844)}


def find_problems(page: Any, axe: Any) -> Iterator[str]:
    """What axe-core finds on a page, and whether it is wider than its screen."""
    for found in axe.run(page).response["violations"]:
        where = "; ".join(str(node["target"]) for node in found["nodes"][:3])
        yield f"{found['id']} ({found['impact']}): {found['help']}: {where}"
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        yield "the page is wider than the screen"


def main(site: Path) -> int:
    """Check all pages; how many problems there are."""
    try:
        from axe_playwright_python.sync_playwright import Axe
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("The pages were NOT checked: Playwright or axe is not installed.")
        return 0
    problems = 0
    with sync_playwright() as playwright:
        browser = open_chromium(playwright)
        if browser is None:
            print("The pages were NOT checked: there is no Chromium on this machine.")
            return 0
        for screen, (width, height) in SCREENS.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                said: list[str] = []
                page.on("pageerror", lambda error, said=said: said.append(str(error)))
                for name in PAGES:
                    page.goto((site / f"{name}.html").as_uri())
                    for problem in [*find_problems(page, Axe()), *said]:
                        problems += 1
                        print(f"NO  {name}, {screen}, {scheme}: {problem}")
                    said.clear()
                page.close()
        browser.close()
    if not problems:
        print(f"axe-core finds nothing on {len(PAGES)} pages, light and dark, on two screens.")
    return problems


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1]).resolve()) else 0)
