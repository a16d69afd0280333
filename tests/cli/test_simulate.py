"""`deepcme simulate` writes the cohort asked for; `deepcme power` answers for it."""

import pandas as pd
import pytest

from deepcme import Cohort
from tests.cli.command import deepcme


def simulate(folder, *options):
    return deepcme(
        "simulate", "--samples", 80, "--genes", 200, "--events", 23, "--signal-genes", 10,
        "--seed", 1, *options, "-o", "sim.h5ad", cwd=folder,
    )  # fmt: skip


def test_simulate_then_power(tmp_path):
    made = simulate(tmp_path, "--effect", 0.5, "--rare-genes", 0.25)
    assert made.returncode == 0, made.stderr
    assert "80 samples of 72 patients, 200 genes, 23 positives, scale fpkm" in made.stdout
    assert "10 signal genes with a shift of 0.5" in made.stdout
    cohort = Cohort.load(tmp_path / "sim.h5ad")
    assert cohort.adata.var["signal"].sum() == 10
    asked = deepcme(
        "power", "sim.h5ad", "--signal-genes", 10, "--csv", "power.csv", cwd=tmp_path
    )
    assert asked.returncode == 0, asked.stderr
    table = pd.read_csv(tmp_path / "power.csv")
    own = len(set(cohort.patients[cohort.labels == 1]))
    assert table.loc[table["events"] == own, "patients"].item() == 72
    assert f"Prevalence {own / 72:.3g}" in asked.stdout
    assert "among 200:" in asked.stdout


def test_power_needs_no_cohort():
    asked = deepcme("power", "--half-width", 0.1)
    assert asked.returncode == 0, asked.stderr
    lines = asked.stdout.splitlines()
    assert lines[0].startswith("Prevalence 0.2, AUC 0.70")
    assert lines[3].split()[:2] == ["20", "100"]
    assert "AUC of 0.70 +-0.1 (95% interval) you need about" in lines[-3]
    assert "regression of 10 parameters without penalty you need 1,065 patients" in lines[-1]


def test_power_of_other_parameters_and_threshold():
    asked = deepcme("power", "--parameters", 5, "--threshold", 0.1)
    assert "need 533 patients with 107 events (shrinkage 533, optimism 150," in asked.stdout
    assert asked.stdout.strip().endswith("net benefit at a risk of 0.1.")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("simulate", "--events", "2000", "-o", "s.h5ad"), "2000 events among 1193 samples"),
        (("simulate", "--rare-genes", "2", "-o", "s.h5ad"), "Rare genes must be 0 to 1"),
        (("simulate", "-o", "s.csv"), "s.csv: name the cohort file .h5ad"),
        (("power", "--auc", "1"), "AUC must be at least 0.5 and less than 1"),
        (("power", "none.h5ad"), "none.h5ad: there is no such file"),
    ],
)
def test_impossible_numbers_are_one_sentence_and_exit_code_2(tmp_path, command, sentence):
    result = deepcme(*command, cwd=tmp_path)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
