"""`deepcme train`, `predict`, `validate` and `transfer` of times, from the command line."""

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from deepcme.models.registry import KINDS
from tests.cli.test_models import run
from tests.trained.survival.conftest import QUICK, patients
from tests.trained.test_files import STORED as MODELS


@pytest.fixture(autouse=True)
def quick_models(monkeypatch):
    for name, defaults in {
        "Cox-ridge": QUICK.parameters,
        "DeepCME-Cox-ensemble": {"hidden_layers": (4,), "max_epochs": 10},
    }.items():
        monkeypatch.setitem(KINDS, name, replace(KINDS[name], defaults=defaults))


@pytest.fixture
def folder(tmp_path):
    patients(120, 0)[0].save(tmp_path / "cohort.h5ad")
    patients(100, 1, name="new")[0].save(tmp_path / "new.h5ad")
    return tmp_path


def test_from_training_to_validation_and_transfer(folder, monkeypatch, capsys):
    model, cohort, new = folder / "model", folder / "cohort.h5ad", folder / "new.h5ad"
    words = ("-o", model, "--repeats", 1, "--jobs", 1, "--horizon", 4)
    assert run(monkeypatch, "train", cohort, *words) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "invented: 120 samples of 120 patients" in said
    assert "with the event, 30 genes. By 4 years, to expect of new patients like these:" in said
    assert json.loads((model / "manifest.json").read_text())["schema_version"] == 8
    output, curve = folder / "predictions.csv", folder / "curves.csv"
    words = ("predict", model, new, "-o", output, "--times", "1,2", "--curve", curve)
    assert run(monkeypatch, *words) == 0
    table, curves = pd.read_csv(output), pd.read_csv(curve)
    assert {"risk", "risk_by_1", "risk_by_2", "group", "log_hazard"} <= set(table)
    assert list(curves) == ["sample", "time", "risk"]
    assert set(curves["sample"]) == set(table["sample"])
    assert "by third of risk" in capsys.readouterr().out
    assert run(monkeypatch, "validate", model, new, "-o", folder / "validation") == 0
    assert "cross-validation on invented expected" in capsys.readouterr().out
    assert (
        "<dd>DeepCME-Cox-ensemble</dd>" in (folder / "validation" / "report.html").read_text()
    )
    assert run(monkeypatch, "transfer", cohort, new, "-o", folder / "t", "--jobs", 1) == 0
    matrix = capsys.readouterr().out.partition("Cox-ridge: Uno's C (95% interval)\n")[2]
    cell = r"0\.\d\d \(0\.\d\d to 0\.\d\d\)"
    assert re.match(
        r"learned from \\ tested on  cohort, \d+ events +new, \d+ events\n"
        rf"cohort +own: {cell} +{cell}\nnew +{cell} +own: {cell}\n",
        matrix,
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--times", "1,a"), "--times takes numbers such as 1,3,5, not '1,a'."),
        (("--times", "20"), "There is no risk by 20: the follow-up of invented"),
        (("--curve", "curves.txt"), "curves.txt: name the file .csv."),
        (
            ("--curve", "out.csv"),
            "out.csv: name another file for the curves than for the table.",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_in_a_sentence(
    tmp_path, monkeypatch, capsys, words, sentence
):
    monkeypatch.chdir(tmp_path)
    patients(30, 1, name="new")[0].save("new.h5ad")
    stored = MODELS / "schema_4" / "model"
    assert run(monkeypatch, "predict", stored, "new.h5ad", "-o", "out.csv", *words) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("words", [("--times", "1"), ("--curve", "curves.csv")])
def test_a_model_of_yes_or_no_tells_no_times(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    patients(30, 1, name="new")[0].save("new.h5ad")
    stored = MODELS / "schema_3" / "model"
    assert run(monkeypatch, "predict", stored, "new.h5ad", "-o", "out.csv", *words) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"{words[0]} is for models of times to an event, and this one" in said
