"""A report in headless Chromium: it works, asks the network for nothing, and can be read by all."""

import shutil

import pytest

from deepcme.report.page import write_report
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort

pytestmark = pytest.mark.browser

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("browser")
    invented_cohort(n_patients=120, n_genes=40, positives=40).save(path / "cohort.h5ad")
    (path / "mine.txt").write_text("\n".join(f"gene{i}" for i in range(10)))
    network = {"name": "DeepCME", "parameters": {"hidden_layers": [8], "max_epochs": 5}}
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "split": {"repeats": 4},
            "models": [network, "LR", "KNN"],
            "nulls": {"permutations": 4, "gene_sets": 3, "signatures": [path / "mine.txt"]},
        }
    )
    return write_report(run_study(study, path / "out", jobs=1, quiet=True), ["html"])


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


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["desktop", "phone"])
def page(browser, report, request):
    width, height = request.param
    page = browser.new_page(viewport={"width": width, "height": height})
    page.problems, page.requests_made = [], []
    page.on(
        "console", lambda m: m.type in ("error", "warning") and page.problems.append(m.text)
    )
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.requests_made.append(request.url))
    page.goto(report.as_uri())
    for chart in ("roc", "nulls"):
        page.wait_for_selector(f"#chart-{chart} svg")
    yield page
    page.close()


def test_no_console_message_and_no_request_but_the_page_itself(page, report):
    page.wait_for_timeout(500)
    assert page.problems == []
    assert page.requests_made == [report.as_uri()]


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
    assert "11 found" in page.locator("#gene-count").inner_text()


def test_a_roc_curve_answers_to_the_pointer(page):
    line = page.locator("#chart-roc svg .mark-line path").last
    line.scroll_into_view_if_needed()
    # A point on the curve itself, in the coordinates of the window.
    point = line.evaluate(
        """path => {
            const p = path.getPointAtLength(path.getTotalLength() / 2);
            const q = new DOMPoint(p.x, p.y).matrixTransform(path.getScreenCTM());
            return [q.x, q.y];
        }"""
    )
    page.mouse.move(point[0], point[1])
    page.wait_for_selector("#vg-tooltip-element.visible", timeout=5000)
    assert "sensitivity" in page.locator("#vg-tooltip-element").inner_text()


def test_the_page_does_not_scroll_sideways(page):
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]


def test_it_prints(page, tmp_path):
    page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(page, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    page.emulate_media(color_scheme=scheme)
    violations = axe.Axe().run(page).response["violations"]
    serious = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []
