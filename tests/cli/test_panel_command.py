"""`deepcme panel` writes its tables and chart, and refuses what it cannot use."""

import html
import subprocess
import sys
import time

import pandas as pd

from deepcme import Cohort
from deepcme.report.panels.page import describe_panels
from tests.cli.command import deepcme
from tests.conftest import invented_cohort
from tests.study.times import survival_cohort

COMMAND = [sys.executable, "-c", "from deepcme.cli.main import main; main()"]


def test_from_a_cohort_to_a_panel(tmp_path):
    invented_cohort(n_patients=90, positives=40).save(tmp_path / "cohort.h5ad")
    ran = deepcme(
        "panel", "cohort.h5ad", "--ranker", "soft-path", "--repeats", "1",
        "--random-panels", "2", "--jobs", "1", cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "a network's soft path: 1 gene, AUC 0." in ran.stdout
    assert "random panels of that size" in ran.stdout
    assert "Panels: 21 of 21" in ran.stderr
    folder = tmp_path / "results" / "cohort-panel"
    assert sorted(path.name for path in folder.iterdir()) == [
        "cohort.json", "identity.json", "panel_choice.csv", "panel_curve.csv", "panel_curve.pdf",
        "panel_curve.svg", "panel_genes.csv", "panel_predictions.csv", "report.html",
        "study.toml", "tasks",
    ]  # fmt: skip
    assert pd.read_csv(folder / "panel_curve.csv")["panel"].tolist() == [
        "1",
        "2",
        "5",
        "10",
        "all",
    ]
    assert pd.read_csv(folder / "panel_genes.csv")["gene"].tolist() == ["gene0"]
    assert "Genes in the panel" in (folder / "panel_curve.svg").read_text()
    said = describe_panels(pd.read_csv(folder / "panel_choice.csv"))
    assert said in ran.stdout
    assert said in html.unescape((folder / "report.html").read_text())


def test_from_times_to_a_panel(tmp_path):
    survival_cohort(n=90).save(tmp_path / "cohort.h5ad")
    ran = deepcme(
        "panel", "cohort.h5ad", "--ranker", "cox-score", "--repeats", "1",
        "--random-panels", "2", "--jobs", "1", cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "Cox's score test: 1 gene, Uno's C 0." in ran.stdout
    folder = tmp_path / "results" / "cohort-panel"
    curve = pd.read_csv(folder / "panel_curve.csv")
    assert curve["panel"].tolist() == ["1", "2", "5", "all"]
    assert (curve["uno_c"].between(curve["ci_low"], curve["ci_high"])).all()
    assert "Uno's C on held-out patients" in (folder / "panel_curve.svg").read_text()
    columns = pd.read_csv(folder / "panel_predictions.csv").columns
    assert {"time", "event", "score"} < set(columns)


def test_a_ranker_of_labels_is_told_to_be_none_of_times(tmp_path):
    survival_cohort().save(tmp_path / "cohort.h5ad")
    ran = deepcme("panel", "cohort.h5ad", "--ranker", "l1-logistic", cwd=tmp_path)
    assert ran.returncode == 2
    assert (
        "no ranker 'l1-logistic' for times to an event: choose from soft-path, cox-lasso, "
        "mean-rank, cox-score" in ran.stderr
    )
    invented_cohort().save(tmp_path / "cohort.h5ad")
    ran = deepcme("panel", "cohort.h5ad", "--ranker", "magic", cwd=tmp_path)
    assert "no ranker 'magic' for two classes" in ran.stderr


def test_a_stopped_command_goes_on(tmp_path):
    invented_cohort(n_patients=90, positives=40).save(tmp_path / "cohort.h5ad")
    command = (
        "panel", "cohort.h5ad", "--ranker", "mean-rank", "--repeats", "1",
        "--random-panels", "1", "--jobs", "1", "--out", "out",
    )  # fmt: skip
    process = subprocess.Popen([*COMMAND, *command], cwd=tmp_path, stderr=subprocess.DEVNULL)
    while not len(done := list(tmp_path.glob("out/tasks/*.npz"))) and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in done}
    assert kept
    assert not (tmp_path / "out" / "panel_curve.csv").exists()
    ran = deepcme(*command, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert {path: path.stat().st_mtime_ns for path in done} == kept
    assert (tmp_path / "out" / "panel_curve.svg").exists()


def test_no_gene_becomes_a_formula_of_a_spreadsheet(tmp_path):
    base = invented_cohort(n_patients=90, positives=40)
    attack = '=HYPERLINK("http://example.org")'
    Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        genes=[attack, *base.gene_ids.tolist()[1:]],
        endpoint=base.endpoint,
        scale="fpkm",
    ).save(tmp_path / "cohort.h5ad")
    ran = deepcme(
        "panel", "cohort.h5ad", "--ranker", "soft-path", "--repeats", "1",
        "--random-panels", "1", "--jobs", "1", "--out", "out", cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    genes = pd.read_csv(tmp_path / "out" / "panel_genes.csv")["gene"].tolist()
    assert genes == [f"'{attack}"]
    assert (tmp_path / "out" / "panel_curve.pdf").read_bytes().startswith(b"%PDF")


def test_bad_input_is_one_sentence(tmp_path):
    for arguments, sentence in (
        (("panel", "none.h5ad"), "none.h5ad: there is no such file"),
        (("panel", "matrix.csv"), "takes a cohort (.h5ad)"),
    ):
        result = deepcme(*arguments, cwd=tmp_path)
        assert result.returncode == 2
        assert sentence in result.stderr
        assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
