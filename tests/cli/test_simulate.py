"""`deepcme simulate` writes the cohort asked for; `deepcme power` answers for it."""

from dataclasses import replace

import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.simulation.cohorts import CohortDesign, simulate_cohort
from deepcme.simulation.survival import SurvivalDesign, simulate_survival_cohort
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
    asked = deepcme("power", "sim.h5ad", "--signal-genes", 10, "-o", "power.csv", cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    table = pd.read_csv(tmp_path / "power.csv")
    own = len(set(cohort.patients[cohort.labels == 1]))
    assert table.loc[table["events"] == own, "patients"].item() == 72
    assert f"Prevalence {own / 72:.3g}" in asked.stdout
    assert "among 200:" in asked.stdout


def simulate_times(folder, *options):
    return deepcme(
        "simulate", "--samples", 120, "--genes", 150, "--signal-genes", 10, "--effect", 0.3,
        "--horizon", 5, *options, "-o", "sim.h5ad", cwd=folder,
    )  # fmt: skip


def test_simulate_times_then_power(tmp_path):
    made = simulate_times(tmp_path, "--risk", 0.4, "--censored", 0.1)
    assert made.returncode == 0, made.stderr
    assert "10 signal genes with a log hazard ratio of 0.3" in made.stdout
    assert "By 5 years, 40.0% have the event and 10.0% are lost before it" in made.stdout
    cohort = Cohort.load(tmp_path / "sim.h5ad")
    asked = deepcme("power", "sim.h5ad", "-o", "power.csv", "--top", 20, cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    patients = cohort.obs.drop_duplicates("patient")
    own = int(((patients["time"] <= 5) & (patients["event"] == 1)).sum())
    table = pd.read_csv(tmp_path / "power.csv")
    assert table.loc[table["events"] == own, "patients"].item() == 108
    first = asked.stdout.splitlines()[0]
    assert first.startswith("By 5 years: risk 0.")
    assert f"an event seen in {own / 108:.3g} of the patients, C 0.70" in first
    assert first.endswith("true genes of log hazard ratio 0.3 among 150:")
    assert "C, whole cohort hazard ratio true gene in first 20" in asked.stdout


def test_power_in_months_of_a_longer_study(tmp_path):
    made = simulate_times(tmp_path, "--time-unit", "months", "--longest", 7, "--shape", 1.5)
    assert made.returncode == 0, made.stderr
    cohort = Cohort.load(tmp_path / "sim.h5ad")
    assert cohort.outcome.endpoint.unit == "months"
    assert cohort.outcome.times.max() <= 7
    asked = deepcme("power", "sim.h5ad", "--risk", 0.3, "--censored", 0, cwd=tmp_path)
    assert asked.stdout.startswith(
        "By 5 months: risk 0.3, an event seen in 0.3 of the patients"
    )


def test_power_of_times_needs_no_cohort():
    asked = deepcme("power", "--risk", 0.25, "--half-width", 0.1, "--hazard-ratio", 2)
    assert asked.returncode == 0, asked.stderr
    lines = asked.stdout.splitlines()
    assert lines[0].startswith(
        "By the horizon: risk 0.25, an event seen in 0.222 of the patients"
    )
    assert lines[3].split()[:2] == ["20", "90"]
    assert "For a C of 0.70 +-0.1 (95% interval) you need about" in lines[-3]
    assert "a hazard ratio of 2 between two halves of the patients" in lines[-3]
    assert "about 66 events among 297 patients (Schoenfeld 1983)" in lines[-3]
    assert "Cox regression of 10 parameters without penalty you need 737" in lines[-1]


def test_power_needs_no_cohort():
    asked = deepcme("power", "--half-width", 0.1)
    assert asked.returncode == 0, asked.stderr
    lines = asked.stdout.splitlines()
    assert lines[0].startswith("Prevalence 0.2, AUC 0.70")
    assert lines[3].split()[:2] == ["20", "100"]
    assert "AUC of 0.70 +-0.1 (95% interval) you need about" in lines[-3]
    assert "regression of 10 parameters without penalty you need 1,065 patients" in lines[-1]


def test_power_of_few_genes_takes_them_all():
    asked = deepcme("power", "--genes", 30)
    assert "30 true genes of effect 0.5 among 30:" in asked.stdout
    assert "in first 30" not in asked.stdout and "among the first" not in asked.stdout
    assert "true gene in first 20" in deepcme("power", "--genes", 30, "--top", 20).stdout


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
        (("simulate", "--horizon", "0", "-o", "s.h5ad"), "horizon must be greater than 0"),
        (
            ("simulate", "--risk", "0.2", "-o", "s.h5ad"),
            "--risk is for a cohort of times to an event: give --horizon too",
        ),
        (
            ("simulate", "--horizon", "5", "--events", "9", "-o", "s.h5ad"),
            "--events is the number of samples labelled 1: with --horizon give --risk",
        ),
        (
            ("power", "--auc", "0.7", "--risk", "0.2"),
            "--auc is for a binary outcome and --risk for times to an event: give options of",
        ),
        (("power", "--concordance", "0.4"), "C must be at least 0.5"),
        (("power", "--censored", "1"), "lost before the horizon must be 0 or more and at most"),
        (("power", "--hazard-ratio", "1"), "hazard ratio must be more than 0 and not 1"),
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


def test_options_of_the_other_outcome_are_refused(tmp_path):
    labels = CohortDesign(samples=40, genes=20, events=10, signal_genes=2)
    simulate_cohort(labels).save(tmp_path / "labels.h5ad")
    simulate_survival_cohort(SurvivalDesign(samples=40, genes=20, signal_genes=2)).save(
        tmp_path / "times.h5ad"
    )
    of_times = deepcme("power", "times.h5ad", "--prevalence", 0.2, cwd=tmp_path)
    assert of_times.returncode == 2
    assert of_times.stderr == (
        "deepcme: --prevalence is for a binary outcome, and times.h5ad has times to an event: "
        "leave it out.\n"
    )
    of_labels = deepcme("power", "labels.h5ad", "--concordance", 0.7, cwd=tmp_path)
    assert of_labels.returncode == 2
    assert "--concordance is for times to an event, and labels.h5ad has a" in of_labels.stderr


def test_times_without_a_horizon_are_refused_by_name(tmp_path):
    cohort = simulate_survival_cohort(SurvivalDesign(samples=40, genes=20, signal_genes=2))
    endpoint = replace(cohort.outcome.endpoint, horizon=None)
    Cohort(cohort.adata, endpoint=endpoint, scale="fpkm", outcome=type(cohort.outcome)).save(
        tmp_path / "times.h5ad"
    )
    asked = deepcme("power", "times.h5ad", cwd=tmp_path)
    assert asked.returncode == 2
    assert "times.h5ad: The cohort has times and no horizon" in asked.stderr
    assert asked.stderr.count("\n") == 1
