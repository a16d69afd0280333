"""Ask the built site questions: `python tools/ask_docs.py build/docs`.

Types each question in the search of the site, opened from its files in headless Chromium, and
says where the page that answers it stands. Exit 1 if one is not within the first three, or if
a page asks the network for anything; where there is no Chromium it says so and ends.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from chromium import open_chromium

QUESTIONS = {
    "how do I load a GEO series": "how-to/geo",
    "how do I use my own CSV": "how-to/own-table",
    "what is DCM005": "explained/audit/DCM005",
    "why is my AUC lower than published": "explanations/figures-others-report",
    "how many events do I need": "how-to/planning",
    "what does honest mean": "explained/topics/honest explanations/honest-evaluation",
    "how do I add clinical columns": "how-to/clinical-columns",
    "how do I analyse survival": "how-to/survival",
    "how do I apply a model to new patients": "how-to/new-patients",
    "how do I run on SLURM": "how-to/cluster",
    "how do I cite": "start/citing",
    "what is the gene score": "explained/statistics/gene-score",
}
"""What is asked most, and the page that answers it, or pages."""

IN_OTHER_WORDS = {
    "load GSE series matrix": "how-to/geo",
    "patients with metastasis table csv": "how-to/own-table start/index",
    "confidence interval of auc": "explained/statistics/auc",
    "TCGA breast cancer": "how-to/tcga",
    "leave one cohort out": "how-to/several-cohorts",
    "resume an interrupted run": "how-to/going-on",
    "LR-tuned": "explained/models/LR-tuned",
    "21-gene recurrence score signature": "how-to/signatures",
    "small panel of genes for qPCR": "how-to/panels",
    "install without a compiler": "start/installing explained/topics/installing",
    "deepcme run": "reference/commands/run",
    "TrainingSettings": "reference/api/deepcme.trained.training.TrainingSettings",
}
"""The like, so that it is no accident."""

FIRST = 3


def ask(page: Any, site: Path, question: str) -> list[str]:
    """Addresses of what the search finds, in its order, each page once."""
    page.goto((site / "index.html").as_uri())
    page.locator(
        "button.search-button__button:visible, button.search-button:visible"
    ).first.click()
    page.locator(
        "dialog input[name=q], .search-button__search-container input[name=q]"
    ).first.fill(question)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.search-summary')?.innerText.length > 0", timeout=20_000
    )
    links = page.locator("ul.search li a").evaluate_all("links => links.map(a => a.href)")
    pages = (
        link.removeprefix(f"{site.as_uri()}/").split("#")[0].split("?")[0] for link in links
    )
    return list(dict.fromkeys(name.removesuffix(".html") for name in pages))


def main(site: Path) -> int:
    """Ask all questions; how many went wrong."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("The questions were NOT asked: Playwright is not installed.")
        return 0
    with sync_playwright() as playwright:
        browser = open_chromium(playwright)
        if browser is None:
            print("The questions were NOT asked: there is no Chromium on this machine.")
            return 0
        page = browser.new_page()
        elsewhere: list[str] = []
        page.on(
            "request",
            lambda request: (
                request.url.startswith(("file:", "data:", "blob:"))
                or elsewhere.append(request.url)
            ),
        )
        wrong = 0
        for question, answers in {**QUESTIONS, **IN_OTHER_WORDS}.items():
            found = ask(page, site, question)
            places = [found.index(name) + 1 for name in answers.split() if name in found]
            place = min(places, default=0)
            good = 0 < place <= FIRST
            wrong += not good
            shown = f"{place}" if place else "-"
            print(f"{'ok ' if good else 'NO '} {shown:>3}  {question}", end="")
            print("" if good else f"  (first: {', '.join(found[:FIRST])})")
        browser.close()
    for url in dict.fromkeys(elsewhere):
        print(f"NO   asked the network: {url}")
    return wrong + len(elsewhere)


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1]).resolve()) else 0)
