"""The calculator holds a panel's numbers in full, and only its pages have what it needs."""

import json
import re

import numpy as np
import pytest

from deepcme.report.blocks import Text
from deepcme.report.calculator.calculator import Calculator, calculator_data
from deepcme.report.render import render_markdown, render_page
from tests.trained.panels.invented import invented_panel_model


@pytest.fixture(scope="module")
def model():
    return invented_panel_model(kind="survival", genes=3, log2=True, resamples=5)


def page_of(*blocks):
    return render_page("title", "heading", blocks)


def data_in(page):
    found = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def test_every_number_is_the_model_s_own(model):
    data = data_in(page_of(Calculator(calculator_data(model))))
    panel, baseline = model.panel, model.baseline
    for found, wanted in (
        (data["risks"], panel.risks),
        ([gene["ranges"] for gene in data["genes"]], panel.ranges),
        ([gene["mean"] for gene in data["genes"]], model.statistics.mean),
        ([gene["scale"] for gene in data["genes"]], model.statistics.scale),
        (data["learned"]["coefficients"], model.learned.coefficients),
        (data["resampled"]["coefficients"], panel.resampled),
        (data["resampled"]["hazards"], panel.resampled_hazards),
        (data["baseline"]["times"], baseline.times),
        (data["baseline"]["hazards"], baseline.cumulative_hazards),
    ):
        assert np.array_equal(np.array(found), np.asarray(wanted, dtype=np.float64))
    assert data["calibration"]["slope"] == model.slope
    assert data["far"] == model.manifest.far_distance


def test_networks_come_with_all_their_layers():
    model = invented_panel_model(refit="networks", genes=2, resamples=3)
    data = calculator_data(model)
    [[network], *others] = data["learned"]["networks"]
    weights = model.learned.networks[0][0]
    assert len(others) == 2 and len(data["resampled"]["networks"]) == 3
    for layer, block in zip(network["layers"], weights.blocks, strict=True):
        assert np.array_equal(layer["weight"], block.weight)
        assert np.array_equal(layer["slope"], block.slope)
    assert network["bias"] == weights.output_bias[0]


def test_a_page_without_one_is_no_longer_for_it(model):
    plain = page_of(Text("nothing to compute"))
    with_one = page_of(Calculator(calculator_data(model)))
    assert "calculator" not in plain
    assert ".calculator" in with_one and "function scoreOf" in with_one
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', with_one)[1]
    assert "default-src" in policy and "unsafe" not in policy


def test_a_page_with_two_has_its_scripts_once(model):
    data = calculator_data(model)
    page = page_of(Calculator(data), Calculator(data, anchor="second"))
    assert page.count("function scoreOf") == 1
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))


def test_markdown_has_none(model):
    text = render_markdown("heading", [Text("words"), Calculator(calculator_data(model))])
    assert text == "# heading\n\nwords\n"


def test_it_says_what_is_asked_for_and_what_was_in_training(model):
    block = Calculator(calculator_data(model))
    assert "FPKM, not logged" in block.scale_in_words
    low, high = 2 ** model.panel.ranges[0, [0, -1]] - 1
    shown = [float(end.replace(",", "")) for end in block.inputs[0].hint.split(" to ")]
    assert shown == pytest.approx([low, high], rel=0.01)
    of_logs = Calculator(calculator_data(invented_panel_model(genes=2)))
    assert "log2 values" in of_logs.scale_in_words


def test_reference_genes_are_asked_for_first():
    model = invented_panel_model(genes=2, log2=True, reference=["ACTB", "GAPDH"])
    block = Calculator(calculator_data(model))
    assert [one.label for one in block.inputs] == ["ACTB", "GAPDH", "GENE1", "GENE2"]
    assert "less the mean of the reference genes" in block.scale_in_words
    assert block.inputs[2].hint.startswith("\u2212")


def test_genes_of_one_symbol_are_told_apart_by_their_ids():
    block = Calculator(calculator_data(invented_panel_model(genes=["A", "A", "B"])))
    assert [one.label for one in block.inputs] == [
        "A (ENSG00000000001)",
        "A (ENSG00000000002)",
        "B",
    ]


def test_it_says_which_model_it_is_and_where_it_was_checked(model):
    data = calculator_data(model, name="mine", checked=["Uno's C 0.6 on VDX.", "0.7 on X."])
    facts = dict(Calculator(data).facts)
    assert facts["Model"] == "mine, version 1, 2026-11-28"
    assert facts["Learned from"] == "invented: 300 patients, 100 with the event"
    assert facts["Checked on"] == "Uno's C 0.6 on VDX. 0.7 on X."
    assert facts["SHA-256"] == model.sha256
    assert dict(Calculator(calculator_data(model)).facts)["Checked on"] == (
        "no other patients yet"
    )


def test_a_name_from_outside_ends_no_element():
    model = invented_panel_model(genes=["</script><script>alert(1)</script>", '"><b>x'])
    page = page_of(Calculator(calculator_data(model)))
    assert "alert(1)</script>" not in page and "<b>x" not in page
    assert data_in(page)["genes"][0]["label"] == "</script><script>alert(1)</script>"
