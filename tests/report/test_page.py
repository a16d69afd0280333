"""The report's numbers come from the predictions, its page from one safe file."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.conftest import invented_cohort

from deepcme import Cohort
from deepcme.report import tables
from deepcme.report.page import write_report
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder

ATTACK = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("report")
    base = invented_cohort()
    genes = base.gene_ids.tolist()
    genes[0] = ATTACK
    cohort = Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        genes=genes,
        endpoint=f"{ATTACK} = 1",
        scale="fpkm",
        name=ATTACK,
    )
    cohort.save(path / "cohort.h5ad")
    network = {"name": "DeepCME", "parameters": {"hidden_layers": [6], "max_epochs": 3}}
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "split": {"repeats": 3},
            "models": [network, "LR", "KNN"],
        }
    )
    folder = run_study(study, path / "out", jobs=1, quiet=True)
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return (folder.path / "report.html").read_text(encoding="utf-8")


def test_table_1_is_computed_from_the_predictions(folder, page):
    predictions = folder.read_table("predictions.parquet")
    table = tables.compute_auc_by_split(predictions).set_index("model")
    assert table.columns.tolist() == ["CV-1", "CV-2", "CV-3", "mean", "sd"]
    rows = predictions[(predictions["part"] == "test") & (predictions["model"] == "LR")]
    by_hand = [roc_auc_score(r["label"], r["score"]) for _, r in rows.groupby("split")]
    np.testing.assert_allclose(table.loc["LR"].iloc[:3], by_hand)
    assert table.loc["LR", "mean"] == pytest.approx(np.mean(by_hand))
    assert table.loc["LR", "sd"] == pytest.approx(np.std(by_hand, ddof=1))
    assert f"{np.mean(by_hand):.3f}" in page


def test_the_page_changes_with_the_predictions_and_nothing_is_fitted(folder, tmp_path):
    copy = StudyFolder(tmp_path / "copy")
    for name in ("cohort.json", "identity.json", "study.toml", "gene_scores.csv"):
        (copy.path).mkdir(exist_ok=True)
        (copy.path / name).write_bytes((folder.path / name).read_bytes())
    predictions = folder.read_table("predictions.parquet")
    predictions["score"] = predictions["label"].astype(float)
    predictions.to_parquet(copy.path / "predictions.parquet")
    text = write_report(copy).read_text(encoding="utf-8")
    assert "1.000" in text
    assert not (copy.path / "tasks").exists()


def test_mean_roc_has_the_area_of_the_mean_auc():
    random = np.random.default_rng(0)
    label = np.tile([0, 1], 200)
    score = label + random.normal(size=400)
    predictions = pd.DataFrame(
        {
            "split": np.repeat([1, 2], 200),
            "model": "M",
            "sample": [str(i) for i in range(400)],
            "patient": [str(i) for i in range(400)],
            "part": "test",
            "label": label,
            "score": score,
        }
    )
    curve = tables.compute_mean_roc(predictions)
    area = np.trapezoid(curve["sensitivity"], curve["false_positive_rate"])
    summary = tables.compute_summary(predictions)
    assert area == pytest.approx(summary["auc"].iloc[0], abs=0.01)
    assert summary["prevalence"].iloc[0] == 0.5


def test_the_page_is_self_contained_and_escapes_what_came_from_outside(page):
    assert "http" not in re.sub(
        r"<script type=\"module\">.*?</script>", "", page, flags=re.DOTALL
    ).replace("https://vega.github.io/schema", "")
    assert ATTACK not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_charts_are_files_of_their_own(folder):
    for name in ("auc_by_split", "roc", "top_genes"):
        assert (folder.path / "figures" / f"{name}.svg").read_text().startswith("<svg")


def test_every_chart_has_a_label_for_screen_readers(page):
    assert page.count('role="img"') == page.count("aria-label=") == 3
