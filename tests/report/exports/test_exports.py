"""A panel for those without deepcme: its table, its formula and its graph tell the same risk."""

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.report.exports.exports import write_export
from deepcme.report.exports.formula import write_formula
from deepcme.report.exports.onnx_graph import make_onnx
from deepcme.trained.files import load_model
from deepcme.trained.panels.coefficients import INTERCEPT, list_panel_genes
from deepcme.trained.panels.prediction import tell
from deepcme.verbs.models import TrainedModel
from tests.trained.panels.invented import invented_panel_model
from tests.trained.panels.test_prediction import samples_of
from tests.trained.test_files import STORED

FORMS = [
    (kind, log2, reference)
    for kind in ("binary", "survival")
    for log2, reference in ((False, 0), (True, 3))
]


def tables_of(text):
    """Every table of a Markdown page, as lists of rows of cells."""
    blocks = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    return [
        [
            [cell.strip() for cell in line.strip(" |").split(" | ")]
            for line in block.splitlines()
        ]
        for block in blocks
    ]


@pytest.mark.parametrize(("kind", "log2", "reference"), FORMS)
def test_the_example_of_a_formula_comes_out_by_hand(kind, log2, reference):
    """From the printed numbers alone, by the printed steps."""
    model = invented_panel_model(kind, genes=7, log2=log2, reference=reference)
    text = write_formula(model)
    *_, genes, example = tables_of(text)
    columns = pd.DataFrame(genes[2:], columns=genes[0]).set_index("Gene")
    values = pd.Series({row[0]: float(row[1]) for row in example[2:]})
    values = np.log2(values + 1) if log2 else values
    is_reference = values.index.str.endswith("(reference)")
    assert is_reference.sum() == reference
    if reference:
        values = values[~is_reference] - values[is_reference].mean()
    deviations = (values - columns["Mean"].astype(float)) / columns[
        "Standard deviation"
    ].astype(float)
    constant = float(re.search(r"add the constant ([-\d.e]+)\. The sum", text)[1])
    score = constant + (deviations.clip(-5, 5) * columns["Coefficient"].astype(float)).sum()
    if kind == "binary":
        risk = 1 / (1 + np.exp(-score))
    else:
        free = float(re.search(r"is 1 - ([\d.e-]+) \^ exp\(S\)", text)[1])
        risk = 1 - free ** np.exp(score)
    told = float(re.search(r"\*\*([\d.]+)\*\*, that is", text)[1])
    assert told == pytest.approx(risk, abs=2e-4)
    typed = [float(row[1]) for row in example[2:]]
    by_model = tell(model, np.array([typed]), ["example"])[model.told][0]
    assert told == pytest.approx(by_model, abs=5.1e-5)


def test_a_formula_says_what_it_is_and_escapes_names():
    model = invented_panel_model(genes=["<b>A|B", "GENE*2*"])
    text = write_formula(model)
    assert "not a medical device" in text
    assert model.sha256 in text
    assert "<b>" not in text
    assert "A&#124;B" in text
    assert "The mean in its place would look like a risk and be none." in text


def test_coefficients_are_of_the_calibrated_score():
    model = invented_panel_model("survival", genes=3, reference=1)
    table = TrainedModel(model).coefficients()
    assert table["role"].tolist() == ["intercept", *["panel"] * 3, "reference"]
    genes = table[table["role"] == "panel"]
    X = samples_of(model, 5)
    V = X[:, :3].astype(float) - X[:, 3:].astype(float)
    score = table.loc[INTERCEPT, "coefficient_per_unit"] + V @ genes["coefficient_per_unit"]
    expected = tell(model, X, list("ABCDE"))["log_hazard"]
    np.testing.assert_allclose(score, expected, atol=1e-9)
    np.testing.assert_allclose(np.log(genes["hazard_ratio"]), genes["coefficient_per_sd"])
    ends = np.quantile(np.exp(model.panel.resampled[:, 1:]), [0.025, 0.975], axis=0)
    np.testing.assert_allclose(genes[["ci_low", "ci_high"]].T, ends)


def test_a_panel_of_networks_lists_its_genes_without_coefficients():
    table = list_panel_genes(invented_panel_model("binary", "networks", resamples=3))
    assert [*table] == [
        "role",
        "gene",
        "symbol",
        "mean",
        "scale",
        "lowest",
        "median",
        "highest",
    ]


@pytest.mark.parametrize("refit", ["linear", "networks"])
@pytest.mark.parametrize(("kind", "log2", "reference"), FORMS)
def test_an_onnx_graph_tells_the_risk_from_raw_values(kind, log2, reference, refit):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("skl2onnx")
    model = invented_panel_model(
        kind, refit, genes=8, log2=log2, reference=reference, resamples=3
    )
    session = runtime.InferenceSession(make_onnx(model), providers=["CPUExecutionProvider"])
    X = samples_of(model, 200).astype(np.float64)
    X[7, 2] = np.nan
    found = dict(
        zip(
            [output.name for output in session.get_outputs()],
            session.run(None, {"values": X}),
            strict=True,
        )
    )
    told = tell(model, X, [f"S{n}" for n in range(200)])
    known = ~np.isnan(told[model.told])
    assert known.sum() > 150
    assert np.isnan(found[model.told][7])
    np.testing.assert_allclose(
        found[model.told][known], told[model.told][known], rtol=0, atol=1e-12
    )
    meta = session.get_modelmeta().custom_metadata_map
    assert json.loads(meta["genes"]) == model.manifest.genes_to_read.id
    assert meta["sha256"] == model.sha256
    assert "not a medical device" in meta["notice"]


def test_each_ending_writes_its_file_and_others_are_refused(tmp_path):
    model = invented_panel_model()
    write_export(model, tmp_path / "panel.csv")
    assert len(pd.read_csv(tmp_path / "panel.csv")) == 6
    write_export(model, tmp_path / "panel.md")
    assert (tmp_path / "panel.md").read_text().startswith("# A panel of 5 genes")
    for name, what, sentence in (
        ("panel.txt", model, r"name the file .csv"),
        ("panel.csv", load_model(STORED / "schema_3" / "model"), "is no panel: train one"),
        ("panel.md", invented_panel_model(refit="networks", resamples=2), "has no formula"),
    ):
        with pytest.raises(DeepCMEError, match=sentence):
            write_export(what, tmp_path / "other" / name)


def test_without_skl2onnx_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx.algebra", None)
    with pytest.raises(DeepCMEError, match=r"pip install 'deepcme\[onnx\]'"):
        make_onnx(invented_panel_model())
