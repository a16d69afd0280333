"""A report in headless Chromium: it works, asks the network for nothing, and can be read by all."""

import pytest

from tests.browser.conftest import opened

pytestmark = pytest.mark.browser


def test_the_reports_hold_every_section(reports):
    sections = ("added-value", "nulls", "selection", "genes", "training", "methods")
    honest, paper = (reports[name].read_text(encoding="utf-8") for name in ("honest", "paper"))
    assert all(f'<h2 id="{section}"' in honest for section in sections)
    charts = ("panel_curve", "nulls", "added_value_auc_differences")
    assert all(f'id="chart-{name}"' in honest for name in charts)
    assert '<h2 id="paper"' in paper
    assert all(f'id="chart-figure_{number}"' in paper for number in (5, 6, 8))


def test_no_console_message_and_no_request_but_the_page_itself(any_page):
    any_page.wait_for_timeout(500)
    assert any_page.problems == []
    assert any_page.requests_made == [any_page.address]


MAIN = '<main id="content" tabindex="-1">'
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
    harmed.write_text(text.replace(MAIN, MAIN + HARM, 1), encoding="utf-8")
    page = opened(browser, harmed, "desktop")
    page.evaluate("document.getElementById('link').click()")
    page.evaluate("document.getElementById('form').submit()")
    page.wait_for_timeout(300)
    assert page.evaluate("window.harmed") is None
    assert page.evaluate("getComputedStyle(document.body).display") == "grid"
    assert page.evaluate("document.baseURI") == page.address
    assert {request for request in page.requests_made if request.startswith("http")} == set()
    assert sum("Content Security Policy" in problem for problem in page.problems) >= 5
    page.close()


def test_the_gene_table_sorts_and_filters(page):
    def column(number):
        cells = page.locator(f"#gene-table tbody tr:visible td:nth-child({number})")
        return cells.all_inner_texts()

    assert column(1) == [str(rank) for rank in range(1, 41)]
    shares = page.get_by_role("button", name="Splits in top 30")
    shares.focus()
    page.keyboard.press("Enter")
    found = [int(text.rstrip("%")) for text in column(4)]
    assert found == sorted(found, reverse=True) and len({*found}) > 1
    shares.click()
    assert [int(text.rstrip("%")) for text in column(4)] == sorted(found)
    page.get_by_role("button", name="FDR").click()
    rates = [float(text.removeprefix("< ")) for text in column(8)]
    assert rates == sorted(rates)
    page.get_by_label("Find a gene").fill("gene3")
    assert sorted(column(2)) == sorted(["gene3", *(f"gene3{i}" for i in range(10))])
    assert page.locator("#gene-count").inner_text() == "11 found"


def test_a_search_without_a_hit_says_what_was_searched(browser, reports):
    page = opened(browser, reports["paper"], "desktop")
    page.get_by_label("Find a gene").fill("no such gene")
    assert page.locator("#gene-count").inner_text() == (
        "0 found among the first 500; all genes are in tables/genes.csv"
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
