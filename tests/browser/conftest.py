"""Two reports, a browser, and their pages opened in it."""

import shutil

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.report.page import write_report
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
)


NETWORK = {"name": "DeepCME", "parameters": {"hidden_layers": [8], "max_epochs": 5}}


def honest(path):
    """All that an honest study can have: clinical columns, nulls, a signature, gene selection."""
    base = invented_cohort(n_patients=220, n_genes=40, positives=110)
    random = np.random.default_rng(4)
    clinical = {
        "age": random.normal(50 + 8 * base.labels, 8),
        "grade": random.choice(["low", "high"], base.n_samples),
    }
    Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        patients=base.patients.tolist(),
        genes=base.gene_ids.tolist(),
        clinical=pd.DataFrame(clinical),
        endpoint=base.endpoint,
        scale="fpkm",
        name="invented",
    ).save(path / "cohort.h5ad")
    (path / "mine.txt").write_text("\n".join(f"gene{i}" for i in range(10)))
    return {
        "split": {"design": "repeated", "repeats": 4},
        "models": [NETWORK, "LR", "KNN", "LR-tuned"],
        "nulls": {"permutations": 4, "gene_sets": 3, "signatures": [path / "mine.txt"]},
        "clinical": {"columns": ["age", "grade"], "genes": "LR-tuned"},
        "selection": {"run": True, "random_panels": 2, "pairs": 2},
    }


def paper(path):
    """The paper's study, with two of its networks, and all genes of the table beyond 500."""
    invented_cohort(n_patients=60, n_genes=520, positives=20).save(path / "cohort.h5ad")
    wide = {**NETWORK, "name": "DeepCME-128", "estimator": "DeepCME"}
    return {
        "protocol": "paper",
        "split": {"design": "repeated", "repeats": 2},
        "models": [NETWORK, wide, "LR", "SVC", "RF", "DT", "KNN"],
    }


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """The pages of both studies."""
    pages = {}
    for make in (honest, paper):
        path = tmp_path_factory.mktemp(make.__name__)
        study = make_study({**make(path), "cohort": {"path": path / "cohort.h5ad"}})
        folder = run_study(study, path / "out", jobs=1, quiet=True)
        pages[make.__name__] = write_report(folder, ["html", "csv"])
    return pages


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


SCREENS = {"desktop": (1280, 900), "tablet": (1024, 768), "phone": (390, 844)}


ALL_DRAWN = """async () => {
  for (const target of document.querySelectorAll('[data-chart]')) await target.drawing.fit();
}"""


def opened(browser, report, screen, **settings):
    """A page with all its charts drawn, which notes what it asks for and complains of."""
    width, height = SCREENS[screen]
    page = browser.new_page(viewport={"width": width, "height": height}, **settings)
    page.address = report.as_uri()
    page.problems, page.requests_made = [], []
    page.on(
        "console", lambda m: m.type in ("error", "warning") and page.problems.append(m.text)
    )
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.requests_made.append(request.url))
    page.goto(page.address)
    page.evaluate(ALL_DRAWN)
    return page


@pytest.fixture(params=["desktop", "phone"])
def page(browser, reports, request):
    """The honest report."""
    page = opened(browser, reports["honest"], request.param)
    yield page
    page.close()


@pytest.fixture(scope="session", params=[(r, s) for s in SCREENS for r in ("honest", "paper")])
def any_page(browser, reports, request):
    """Either report on each screen, which tests look at and leave as it is."""
    report, screen = request.param
    page = opened(browser, reports[report], screen)
    yield page
    page.close()
