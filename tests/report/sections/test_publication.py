"""The publication's numbers are what it printed, and its claims are held against them."""

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.comparison import compute_corrected_t_test
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.report.page import write_report
from deepcme.report.sections import publication
from deepcme.report.sections.publication import ABLATION, PUBLISHED
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import drawn_charts, invented_cohort


def study(models, n_splits=4, seed=0):
    """Predictions of models whose signal is their number."""
    random = np.random.default_rng(seed)
    label = np.tile([0, 1], 20)
    tables = [
        pd.DataFrame(
            {
                "split": split,
                "model": model,
                "sample": [f"{part}{i}" for i in range(40)],
                "patient": [f"{part}{i}" for i in range(40)],
                "part": part,
                "label": label,
                "score": models[model] * label + random.normal(size=40),
            }
        )
        for split in range(1, n_splits + 1)
        for model in models
        for part in ("train", "validation", "test")
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def predictions():
    signals = dict.fromkeys(("LR", "SVC", "RF", "DT", "KNN"), 0.5)
    return study({**signals, "DeepCME": 9.0, "DeepCME-128": 9.0, "DeepCME without L1": 1.0})


def genes():
    return pd.DataFrame(
        {
            "rank": [1, 2],
            "symbol": ["GJA8", "TP53"],
            "score": [0.57, 0.2],
            "prevalence": [0.02, np.nan],
        }
    )


def test_means_and_deviations_of_table_1_are_those_printed():
    printed = {
        "LR": (0.643, 0.161), "SVC": (0.668, 0.156), "RF": (0.600, 0.098), "DT": (0.520, 0.045),
        "KNN": (0.577, 0.119), "DeepCME": (0.754, 0.080), "DeepCME-128": (0.765, 0.152),
    }  # fmt: skip
    for model, (mean, deviation) in printed.items():
        aucs = PUBLISHED["table_1"][model]
        assert len(aucs) == 10
        assert np.mean(aucs) == pytest.approx(mean, abs=0.0016)
        assert np.std(aucs, ddof=1) == pytest.approx(deviation, abs=0.009)


def test_the_papers_own_table_shows_no_advantage_over_svc():
    table = PUBLISHED["table_1"]
    test = compute_corrected_t_test(np.subtract(table["DeepCME"], table["SVC"]), 1 / 3)
    assert test.difference == pytest.approx(0.0861, abs=5e-5)
    assert test.p_value == pytest.approx(0.355, abs=5e-4)


def test_table_1_has_this_study_above_the_paper(predictions):
    table = publication.compute_table_1(compute_metrics(predictions))
    assert table["source"].tolist() == ["this study"] * 7 + ["paper"] * 7
    mine = table[(table["source"] == "this study") & (table["model"] == "DeepCME")].iloc[0]
    assert mine["mean"] == pytest.approx(mine[[f"CV-{i}" for i in range(1, 5)]].mean())
    assert np.isnan(mine["CV-10"])
    assert list(table)[-3:] == ["CV-10", "mean", "sd"]


def test_tables_2_and_3_stand_beside_the_papers(predictions):
    metrics = compute_metrics(predictions)
    table_2 = publication.compute_table_2(metrics).set_index(["model", "part"])
    assert table_2.loc[("DeepCME", "validation"), "paper_auc"] == 0.839
    assert len(table_2) == 18
    table_3 = publication.compute_table_3(metrics)
    assert table_3["model"].tolist() == ["DeepCME without L1", "DeepCME"]
    assert set(table_3["model"]) <= set(ABLATION)
    assert table_3["paper_auc"].tolist() == [0.750, 0.754]


def test_claims(predictions):
    grid = pd.DataFrame({"width": [64, 64, 32], "test_auc": [0.7, 0.66, 0.2]})
    table = publication.compute_claims(predictions, genes(), grid).set_index("claim")
    best = table.loc["DeepCME beats the five baselines in every split"]
    assert best["paper"] == "no: best in 7 of 10 splits"
    assert best["this_study"] == "yes: best in 4 of 4 splits"
    robust = table.loc["AUC above 0.65 at every batch size and lambda", "this_study"]
    assert robust == "yes: the lowest mean AUC is 0.660"
    penalty = table.loc["The L1 penalty improves the AUC (DeepCME minus DeepCME without L1)"]
    assert penalty["paper"] == "+0.004"
    assert penalty["this_study"].startswith("+0.")
    width = table[table.index.str.startswith("Widths")].iloc[0]
    assert width["paper"] == "-0.011"
    scores = table.loc["The highest gene score, and the thirtieth", "this_study"]
    assert scores == "0.57 and none"
    gene = table.loc["GJA8 is among the genes of highest score", "this_study"]
    assert gene == "rank 1 of 2, score 0.570, expressed in 2.0% of samples"
    absent = table.loc["OR5AK2 is among the genes of highest score", "this_study"]
    assert absent == "not among the cohort's genes"


def test_figure_6_is_split_10_or_the_last(predictions):
    curves = publication.compute_figure_6(predictions)
    assert set(curves["split"]) == {4}
    assert curves["model"].unique().tolist() == ["DeepCME", "LR", "SVC", "RF", "DT", "KNN"]
    drawn = curves[curves["model"] == "LR"]
    area = np.trapezoid(drawn["sensitivity"], drawn["false_positive_rate"])
    metrics = compute_metrics(predictions).set_index(["model", "split", "part", "metric"])
    assert area == pytest.approx(metrics.loc[("LR", 4, "test", "auc"), "value"])
    more = study({"DeepCME": 1.0, "LR": 1.0}, n_splits=11)
    assert set(publication.compute_figure_6(more)["split"]) == {10}


def test_what_was_not_run_is_said(predictions):
    table = publication.compute_claims(predictions, genes(), None).set_index("claim")
    assert "not run" in table.loc["AUC above 0.65 at every batch size and lambda", "this_study"]
    dropout = table[table.index.str.startswith("Dropout")].iloc[0]
    assert (dropout["paper"], dropout["this_study"]) == ("no number given", "not run")


def test_figure_5_is_the_papers_models_alone(predictions):
    table = publication.compute_figure_5(compute_metrics(predictions))
    assert table["model"].unique().tolist() == [
        "LR", "SVC", "RF", "DT", "KNN", "DeepCME", "DeepCME-128",
    ]  # fmt: skip
    assert len(table) == 7 * 4
    assert list(table) == ["split", "model", "value", "n", "events"]


@pytest.fixture(scope="module")
def replay(tmp_path_factory):
    path = tmp_path_factory.mktemp("replay")
    invented_cohort().save(path / "cohort.h5ad")
    network = {"name": "DeepCME", "parameters": {"hidden_layers": [6, 6, 6], "max_epochs": 3}}
    values = {"cohort": {"path": path / "cohort.h5ad"}, "protocol": "paper"}
    values |= {"split": {"design": "repeated", "repeats": 2}, "models": [network, "LR"]}
    folder = run_study(make_study(values), path / "out", jobs=1, quiet=True)
    summary = pd.DataFrame(
        {
            "width": 64, "batch_size": [32, 32, 64, 64], "penalty_strength": [1.0, 10.0] * 2,
            "splits": 2, "valid_loss": 0.6, "valid_auc": 0.7, "test_auc": [0.6, 0.7, 0.6, 0.5],
            "test_auc_sd": 0.1, "chosen_in_splits": [2, 0, 0, 0],
        }
    )  # fmt: skip
    summary.to_csv(folder.path / "grid_summary.csv", index=False)
    with drawn_charts():
        write_report(folder)
    return folder.path


def test_figures_and_tables_of_the_paper_are_files_that_say_how_they_were_made(replay):
    names = [f"figure_{n}" for n in (5, 6, 7, 8)] + [f"table_{n}" for n in (1, 2, 3)]
    for name in names:
        assert len(pd.read_csv(replay / "tables" / f"{name}.csv")) > 0
        drawn = (replay / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        assert "Protocol paper: 2 splits by sample" in drawn
        assert "3 epochs" in drawn
        assert name.replace("_", " ").capitalize() in drawn
    page = (replay / "report.html").read_text(encoding="utf-8")
    assert all(f'id="chart-figure_{n}"' in page for n in (5, 6, 7, 8))
    assert 'id="spec-table_1"' not in page
    assert "up to 3 epochs" in page
    assert "up to 500 epochs" not in page


def test_a_table_as_a_picture_holds_every_cell(replay):
    drawn = (replay / "figures" / "table_2.svg").read_text(encoding="utf-8")
    table = pd.read_csv(replay / "tables" / "table_2.csv")
    for value in table[["auc", "paper_auc"]].to_numpy().ravel():
        assert f"{value:.3f}" in drawn
