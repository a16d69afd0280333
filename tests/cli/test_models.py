"""`deepcme train`, `predict`, `validate` and `transfer` from the command line."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, load_model
from deepcme.cli.main import main
from deepcme.cli.model.train import RANKER_NAMES
from deepcme.models.registry import ENSEMBLE, KINDS
from deepcme.selection.rankers import RANKERS
from deepcme.trained.panels import resampling
from tests.trained.conftest import QUICK, bundle_cohort, ensembl_ids, symbols


@pytest.fixture(autouse=True)
def quick_models(monkeypatch):
    for name, defaults in {
        ENSEMBLE: QUICK.ensemble,
        "LR-tuned": {"inverse_strengths": (0.01, 0.1)},
        "RF": {"n_estimators": 5},
    }.items():
        monkeypatch.setitem(KINDS, name, replace(KINDS[name], defaults=defaults))


@pytest.fixture
def folder(tmp_path):
    bundle_cohort(ensembl_ids(), symbols()).save(tmp_path / "cohort.h5ad")
    bundle_cohort(symbols(), seed=1, name="other").save(tmp_path / "other.h5ad")
    return tmp_path


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["deepcme", *map(str, words)])
    try:
        main()
    except SystemExit as stop:
        return stop.code or 0
    return 0


def table_of(cohort, path):
    """A cohort's expression as a table of genes x samples, with a column that is no sample."""
    read = Cohort.load(cohort)
    table = pd.DataFrame(read.X.T, index=read.gene_ids, columns=read.samples)
    table.assign(Description="a gene").rename_axis("gene").to_csv(path)
    return path


def test_from_training_to_validation_and_transfer(folder, monkeypatch, capsys):
    model, cohort, other = folder / "model", folder / "cohort.h5ad", folder / "other.h5ad"
    assert run(monkeypatch, "train", cohort, "-o", model, "--repeats", 1, "--jobs", 1) == 0
    assert "AUC to expect of new patients like these: 0." in capsys.readouterr().out
    assert json.loads((model / "manifest.json").read_text())["schema_version"] == 7
    assert load_model(model).model.n_genes == 40
    output = folder / "predictions.csv"
    assert run(monkeypatch, "predict", model, other, "-o", output) == 0
    table = pd.read_csv(output)
    assert list(table) == [
        *("sample", "probability", "spread", "members", "threshold", "positive"),
        *("far", "coverage", "training_patient", "genes", "remark"),
    ]
    capsys.readouterr()
    expression = table_of(other, folder / "other.csv")
    words = ("predict", model, expression, "--scale", "fpkm", "-o", folder / "of_table.csv")
    assert run(monkeypatch, *words) == 0
    pd.testing.assert_frame_equal(pd.read_csv(folder / "of_table.csv"), table)
    said = capsys.readouterr().err
    assert "- other.csv: 1 column that tells of genes and not of a sample was left out" in said
    assert run(monkeypatch, "validate", model, other, "-o", folder / "validation") == 0
    assert "## Where it was checked" in (folder / "validation" / "card.md").read_text()
    assert (model / "card.html").is_file()
    words = ("-o", folder / "card.md", "--validation", folder / "validation")
    assert run(monkeypatch, "card", model, *words) == 0
    assert "other: AUC" in (folder / "card.md").read_text()
    assert "cross-validation on invented expected" in capsys.readouterr().out
    assert "<dd>Committee</dd>" in (folder / "validation" / "report.html").read_text()
    for name in ("calibration", "recalibrated", "decision_curve"):
        drawn = folder / "validation" / "figures" / name
        assert drawn.with_suffix(".svg").read_text().startswith("<svg")
        assert drawn.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    words = ["transfer", cohort, other, "-o", folder / "transfer", "--jobs", 1]
    assert run(monkeypatch, *words) == 0
    assert np.isfinite(pd.read_csv(folder / "transfer" / "transfer.csv")["auc"]).all()
    assert (folder / "transfer" / "transfer.pdf").read_bytes().startswith(b"%PDF")


def test_training_patients_are_refused_and_if_allowed_said(folder, monkeypatch, capsys):
    model, cohort, copy = folder / "model", folder / "cohort.h5ad", folder / "copy.h5ad"
    copy.write_bytes(cohort.read_bytes())
    words = ("-o", model, "--model", ENSEMBLE, "--repeats", 1, "--jobs", 1)
    assert run(monkeypatch, "train", cohort, *words) == 0
    predictions = folder / "predictions.csv"
    commands = {
        "predict": (model, cohort, "-o", predictions),
        "validate": (model, cohort, "-o", folder / "validation"),
        "transfer": (cohort, copy, "-o", folder / "transfer", "--jobs", 1),
    }
    for command, words in commands.items():
        capsys.readouterr()
        assert run(monkeypatch, command, *words) == 2
        error = capsys.readouterr().err
        assert "the cohort that the model learned from" in error
        assert error.count("\n") == 1
        assert not words[words.index("-o") + 1].exists()
        assert run(monkeypatch, command, *words, "--allow-training-samples") == 0
        said = capsys.readouterr()
        assert "the model learned from" in said.out + said.err
    assert set(pd.read_csv(predictions)["training_patient"]) == {"yes"}
    assert "patients that it learned from" in (folder / "validation/report.html").read_text()
    tests = pd.read_csv(folder / "transfer/transfer.csv").set_index("tested")
    assert tests.loc["other cohort", "training_patients"].eq(90).all()
    assert tests.loc["own cross-validation", "training_patients"].eq(0).all()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["predict", "nothing", "cohort.h5ad", "-o", "p.csv"], "this is not a deepcme model"),
        (["predict", "nothing", "cohort.h5ad", "-o", "p.txt"], "name the file .csv"),
        (["train", "missing.h5ad", "-o", "model"], "there is no such file"),
        (["train", "cohort.h5ad", "-o", "cohort.h5ad"], "there is a file here"),
        (["transfer", "cohort.h5ad", "-o", "out"], "two or more cohorts"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(
    folder, monkeypatch, capsys, words, sentence
):
    monkeypatch.chdir(folder)
    assert run(monkeypatch, *words) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_another_model_is_trained_by_its_name(folder, monkeypatch, capsys):
    model, other = folder / "model", folder / "other.h5ad"
    words = ("train", folder / "cohort.h5ad", "-o", model, "--repeats", 1, "--jobs", 1)
    assert run(monkeypatch, *words, "--model", "KNN") == 2
    assert "KNN cannot be kept to predict others" in capsys.readouterr().err
    assert not model.exists()
    assert run(monkeypatch, *words, "--model", "LR-tuned") == 0
    assert run(monkeypatch, "predict", model, other, "-o", folder / "predictions.csv") == 0
    table = pd.read_csv(folder / "predictions.csv")
    assert table["spread"].isna().all()
    assert table["probability"].between(0, 1).all()


def test_a_panel_is_trained_from_the_command_line(folder, monkeypatch, capsys):
    monkeypatch.setattr(resampling, "RESAMPLES", 10)
    (folder / "list.csv").write_text("gene,why\nGENE1,known\nGENE2,known\nGENE3,why not\n")
    model, cohort = folder / "panel", folder / "cohort.h5ad"
    words = ("--panel", 2, "--genes", folder / "list.csv", "--reference-genes", "GENE39,GENE40")
    given = ("--version", "3 beta", "--repeats", 1, "--jobs", 1)
    assert run(monkeypatch, "train", cohort, "-o", model, *words, *given) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Panel: the first 2 genes of 3 (as asked) by Welch's t-test" in told
    assert "The mean log of 2 reference genes (GENE39, GENE40) is taken off" in told
    manifest = load_model(model).manifest
    assert manifest.version == "3 beta"
    assert set(manifest.genes.others["symbol"]) == {"GENE1", "GENE2"}


@pytest.mark.parametrize("size", ["0", "many", "-1", "2.5"])
def test_a_panels_size_is_a_number_or_auto(folder, monkeypatch, capsys, size):
    cohort = folder / "cohort.h5ad"
    assert run(monkeypatch, "train", cohort, "-o", folder / "m", f"--panel={size}") == 2
    assert "give the number of genes, such as 20, or auto" in capsys.readouterr().err


def test_help_names_every_ranker():
    known = {name for of_kind in RANKERS.values() for name in of_kind}
    assert set(RANKER_NAMES) == known
