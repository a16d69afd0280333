"""A study of times to an event becomes a page, Markdown, tables and charts, like any other."""

import re

import pytest

from deepcme import read_report
from deepcme.report.page import write_report
from deepcme.study.run import run_study
from tests.conftest import drawn_charts
from tests.study.times import QUICK_COX, QUICK_TOP, study_of_times, survival_cohort

ATTACK = "<script>alert(1)</script>"
MODELS = [QUICK_COX, {**QUICK_TOP, "name": ATTACK, "estimator": "Cox-top-200"}, "KNN", "SVC"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four models, of which one gives no risk and one takes no weights."""
    place = tmp_path_factory.mktemp("page")
    cohort = survival_cohort()
    cohort.name = ATTACK
    cohort.save(place / "cohort.h5ad")
    study = study_of_times(
        place / "cohort.h5ad", models=MODELS, survival={"censoring": ["place"]}
    )
    folder = run_study(study, place / "out", jobs=1, quiet=True)
    with drawn_charts():
        write_report(folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return (folder.path / "report.html").read_text(encoding="utf-8")


def test_the_page_opens_with_the_verdict_and_curves_by_third_of_risk(page):
    headings = re.findall(r'<h2 id="([\w-]+)"', page)
    assert headings[0] == "risk-groups"
    sentence, curves = page.index('class="sentence"'), page.index('id="chart-risk_curves"')
    assert sentence < curves < page.index('id="risk-groups"')
    assert page.count('id="chart-risk_curves"') == 1
    assert re.search(r'<a href="#figure-risk-curves">Figure 1</a>: Kaplan-Meier', page)
    assert headings.index("discrimination") < headings.index("calibration")
    assert {"assumptions", "methods", "reporting"} <= set(headings)


def test_what_comes_from_outside_is_text(page):
    assert ATTACK not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_every_chart_is_vega_lite_by_its_schema(folder):
    for chart in read_report(folder.path).charts.values():
        assert "vega-lite" in chart.to_dict(validate=True)["$schema"]


def test_every_chart_is_a_file_and_described(folder, page):
    files = folder.read_json("report.json")["files"]
    charts = re.findall(r'id="chart-([\w-]+)"', page)
    assert len(charts) == 7
    for name in charts:
        assert {f"figures/{name}.svg", f"figures/{name}.pdf"} <= set(files)
        described = re.search(rf'aria-label="([^"]+)"><div id="chart-{name}"', page)
        assert described and len(described[1]) > 20, name
    assert all((folder.path / file).is_file() for file in files)


def test_models_without_risks_or_weights_are_named(page):
    assert "KNN and SVC take no weights" in page or "KNN takes no weights" in page
    assert "Not estimable for SVC: The model gives no risk by the horizon." in page
