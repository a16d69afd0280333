"""A report in headless Chromium: it works, asks the network for nothing, and can be read by all."""

import shutil

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.report.page import write_report
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort

pytestmark = pytest.mark.browser

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


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The pages of both studies."""
    pages = {}
    for make in (honest, paper):
        path = tmp_path_factory.mktemp(make.__name__)
        study = make_study({**make(path), "cohort": {"path": path / "cohort.h5ad"}})
        folder = run_study(study, path / "out", jobs=1, quiet=True)
        pages[make.__name__] = write_report(folder, ["html"])
    return pages


@pytest.fixture(scope="module")
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


SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}


def opened(browser, report, screen):
    width, height = SCREENS[screen]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.address = report.as_uri()
    page.problems, page.requests_made = [], []
    page.on(
        "console", lambda m: m.type in ("error", "warning") and page.problems.append(m.text)
    )
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.requests_made.append(request.url))
    page.goto(page.address)
    for chart in page.locator(".chart > div").all():
        chart.locator("svg").wait_for()
    return page


@pytest.fixture(params=["desktop", "phone"])
def screen(request):
    return request.param


@pytest.fixture
def page(browser, reports, screen):
    """The honest report."""
    page = opened(browser, reports["honest"], screen)
    yield page
    page.close()


@pytest.fixture(params=["honest", "paper"])
def any_page(browser, reports, screen, request):
    """Either report."""
    page = opened(browser, reports[request.param], screen)
    yield page
    page.close()


def test_the_reports_hold_every_section(reports):
    sections = ("added-value", "nulls", "selection", "genes", "training", "methods")
    honest, paper = (reports[name].read_text(encoding="utf-8") for name in ("honest", "paper"))
    assert all(f'<h2 id="{section}">' in honest for section in sections)
    charts = ("panel_curve", "nulls", "added_value_auc_differences")
    assert all(f'id="chart-{name}"' in honest for name in charts)
    assert '<h2 id="paper">' in paper
    assert all(f'id="chart-figure_{number}"' in paper for number in (5, 6, 8))


def test_no_console_message_and_no_request_but_the_page_itself(any_page):
    any_page.wait_for_timeout(500)
    assert any_page.problems == []
    assert any_page.requests_made == [any_page.address]


HARM = """
<script>window.harmed = "a script"</script>
<script type="module">window.harmed = "a module"</script>
<img src="data:image/png;base64,AAAA" onerror="window.harmed = 'a handler'">
<svg onload="window.harmed = 'an svg'"></svg>
<iframe srcdoc="<script>parent.harmed = 'a frame'</script>"></iframe>
<a id="link" href="javascript:window.harmed = 'a link'">link</a>
<form id="form" action="javascript:window.harmed = 'a form'"></form>
<style>body { display: none }</style>
<base href="https://example.org/">
"""


def test_whatever_gets_into_the_page_does_not_run(browser, reports, tmp_path):
    text = reports["honest"].read_text(encoding="utf-8")
    harmed = tmp_path / "report.html"
    harmed.write_text(text.replace("<main>", f"<main>{HARM}", 1), encoding="utf-8")
    page = opened(browser, harmed, "desktop")
    page.evaluate("document.getElementById('link').click()")
    page.evaluate("document.getElementById('form').submit()")
    page.wait_for_timeout(300)
    assert page.evaluate("window.harmed") is None
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    assert page.evaluate("document.baseURI") == page.address
    assert {request for request in page.requests_made if request.startswith("http")} == set()
    assert sum("Content Security Policy" in problem for problem in page.problems) >= 5
    page.close()


def test_the_gene_table_sorts_and_filters(page):
    def column(number):
        cells = page.locator(f"#gene-table tbody tr:visible td:nth-child({number})")
        return cells.all_inner_texts()

    assert column(1) == [str(rank) for rank in range(1, 41)]
    page.get_by_role("button", name="Effective samples").click()
    driving = [float(text.split()[0]) for text in column(8)]
    assert driving == sorted(driving, reverse=True)
    page.get_by_role("button", name="Effective samples").click()
    assert [float(text.split()[0]) for text in column(8)] == sorted(driving)
    page.get_by_label("Find a gene").fill("gene3")
    assert sorted(column(2)) == sorted(["gene3", *(f"gene3{i}" for i in range(10))])
    assert page.locator("#gene-count").inner_text() == "11 found"


def test_a_search_without_a_hit_says_what_was_searched(browser, reports):
    page = opened(browser, reports["paper"], "desktop")
    page.get_by_label("Find a gene").fill("no such gene")
    assert page.locator("#gene-count").inner_text() == (
        "0 found among the first 500; all genes are in gene_scores.csv"
    )
    page.close()


def opacity(page, chart):
    """Opacity of each line of a chart, but those that have none of their own."""
    found = page.locator(f"#chart-{chart} svg .mark-line path").evaluate_all(
        "paths => paths.map(path => path.getAttribute('opacity'))"
    )
    return [float(value) for value in found if value is not None]


@pytest.mark.parametrize("chart", ["roc", "decision_curve", "training_curves"])
def test_a_click_on_the_legend_singles_a_line_out(page, chart):
    assert set(opacity(page, chart)) == {1.0}
    page.locator(f"#chart-{chart} svg .role-legend-symbol path").first.click(force=True)
    page.wait_for_function(
        "chart => [...document.querySelectorAll(`#chart-${chart} svg .mark-line path`)]"
        ".some(path => path.getAttribute('opacity') === '0.12')",
        arg=chart,
    )
    assert opacity(page, chart).count(1.0) == 1


def test_calibration_shows_the_headline_first_and_any_model_after(page):
    faded = opacity(page, "calibration")
    assert faded.count(1.0) == 1
    page.locator("#chart-calibration svg .role-legend-symbol path").nth(1).click(force=True)
    page.wait_for_timeout(300)
    assert opacity(page, "calibration") != faded
    assert opacity(page, "calibration").count(1.0) == 1


def test_charts_fit_the_width_of_a_phone(browser, reports):
    page = opened(browser, reports["honest"], "phone")
    page.wait_for_timeout(500)
    excess = page.locator(".chart").evaluate_all(
        "charts => charts.map(chart => chart.scrollWidth - chart.clientWidth)"
    )
    assert max(excess) <= 8
    page.close()


def test_a_roc_curve_answers_to_the_pointer(page):
    line = page.locator("#chart-roc svg .mark-line path[stroke='#0072B2']").first
    line.scroll_into_view_if_needed()
    # A point on the curve itself, in the coordinates of the window.
    point = line.evaluate(
        """path => {
            const p = path.getPointAtLength(0.75 * path.getTotalLength());
            const q = new DOMPoint(p.x, p.y).matrixTransform(path.getScreenCTM());
            return [q.x, q.y];
        }"""
    )
    page.mouse.move(point[0], point[1])
    page.wait_for_selector("#vg-tooltip-element.visible", timeout=5000)
    assert "sensitivity" in page.locator("#vg-tooltip-element").inner_text()


def test_the_page_does_not_scroll_sideways(any_page):
    widths = any_page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]


def test_it_prints(any_page, tmp_path):
    any_page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(any_page, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    any_page.emulate_media(color_scheme=scheme)
    violations = axe.Axe().run(any_page).response["violations"]
    serious = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []
