"""Whether what a panel model says of itself is true, in simulated cohorts with new patients.

Of each cohort a part trains a panel, as `deepcme train --panel` does it, and its manifest says
what to expect of it; 5,000 other patients of the same simulation say how good it is. These and
5,000 more say which risk patients with such values of the panel's genes do have. A row is kept
as soon as a cohort is done, so that a run that was stopped goes on where it was. With all
settings, the tables go to docs/benchmarks.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from panels_page import write_honesty
from sklearn.linear_model import LogisticRegression

from deepcme.base.files.files import write_csv
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.probabilities.calibration import compute_calibration_line
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_observed_expected_at_horizon,
    compute_slope_at_horizon,
)
from deepcme.evaluation.survival.concordance import compute_uno_concordance
from deepcme.simulation.cohorts import CohortDesign, simulate_cohort
from deepcme.simulation.survival import (
    FollowUpDesign,
    SurvivalDesign,
    simulate_survival_cohort,
)
from deepcme.trained.model import Model
from deepcme.trained.panels.prediction import tell
from deepcme.trained.panels.values import PanelValues
from deepcme.trained.training import TrainingSettings, train_model

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
NEW, MORE = 5_000, 5_000
"""Patients who test a model, and others by whom its genes' true risks are known."""
PLACES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class Setting:
    """What is simulated, what is trained of it, and how often.

    Attributes
    ----------
    panel : int or "auto"
    cohorts : int
    patients, genes, signal_genes : int
    effect : float
        Shift of a signal gene in deviations, or log hazard ratio.
    of_times : bool
    """

    panel: int | Literal["auto"] = 20
    cohorts: int = 200
    patients: int = 160
    genes: int = 500
    signal_genes: int = 30
    effect: float = 0.35
    of_times: bool = False

    @property
    def n_simulated(self) -> int:
        """Patients of a simulation; whom nobody's true risk asks for is not simulated."""
        return self.patients + NEW + (MORE if self.has_true_risks else 0)

    @property
    def has_true_risks(self) -> bool:
        """Of noise the risk is that of all."""
        return self.signal_genes > 0 and not self.of_times

    def simulate(self, seed: int) -> Cohort:
        """One third have the event; genes in modules of 20, correlated by .3."""
        shared: dict[str, Any] = {
            "samples": self.n_simulated,
            "genes": self.genes,
            "signal_genes": self.signal_genes,
            "effect": self.effect,
            "module_size": 20,
            "module_correlation": 0.3,
            "repeated_samples": 0.0,
        }
        if self.of_times:
            follow_up = FollowUpDesign(risk=1 / 3, censored=0.2)
            return simulate_survival_cohort(SurvivalDesign(**shared, follow_up=follow_up), seed)
        return simulate_cohort(CohortDesign(**shared, events=self.n_simulated // 3), seed)


SETTINGS = {
    "signal": Setting(),
    "noise": Setting(signal_genes=0, effect=0.0),
    "size by rule": Setting(panel="auto", cohorts=30),
    "times": Setting(of_times=True, effect=0.25, cohorts=30),
}


def try_cohort(setting: Setting, seed: int) -> dict[str, Any]:
    """Train a panel on the first patients of a simulation, and test it on the others."""
    cohort = setting.simulate(seed)
    end = setting.patients + NEW
    mine, new = cohort[: setting.patients], cohort[setting.patients : end]
    model = train_model(mine, TrainingSettings(panel=setting.panel))
    told = _tell(model, new)
    row = {
        "seed": seed,
        "patients": mine.n_patients,
        "events": int(mine.outcome.values["event" if setting.of_times else "label"].sum()),
        "genes": model.n_genes,
        "refit": model.manifest.panel.refit,
        "strength": model.manifest.model.parameters["strength"],
        "slope_of_line": model.slope,
    }
    test = _test_times if setting.of_times else _test_labels
    row |= test(model, new, told)
    if setting.has_true_risks:
        row |= _test_intervals(model, new, cohort[end:], told)
    return row


def _tell(model: Model, cohort: Cohort) -> dict[str, Any]:
    return tell(model, _values(model, cohort), list(cohort.samples))


def _scores(model: Model, cohort: Cohort) -> np.ndarray:
    """Of what was learned, before it is calibrated: they rank even where all have one risk."""
    Z = PanelValues.of(model, _values(model, cohort)).standardised()
    return model.learned.evaluate(Z).score


def _values(model: Model, cohort: Cohort) -> np.ndarray:
    place = {gene: column for column, gene in enumerate(cohort.gene_ids)}
    return cohort.X[:, [place[gene] for gene in model.manifest.genes.id]]


def _test_labels(model: Model, new: Cohort, told: dict[str, Any]) -> dict[str, Any]:
    """AUC that was expected, and that of new patients; calibration and places of these."""
    expected = model.manifest.performance.auc
    labels, probability = new.labels, np.asarray(told["probability"], dtype=np.float64)
    truth = compute_weighted_auc(labels, _scores(model, new), np.ones((1, len(labels))))[0]
    row = _compared(expected, float(truth)) | {"rises": model.rises}
    row |= _test_places(told)
    row["observed_expected"] = float(labels.mean() / probability.mean())
    if model.rises:
        row["slope"] = compute_calibration_line(labels, probability).slope.value
    return row


def _test_times(model: Model, new: Cohort, told: dict[str, Any]) -> dict[str, Any]:
    """The same of Uno's C up to the horizon."""
    values = new.outcome.values
    follow_up = FollowUp(values["time"], values["event"])
    horizon = model.horizon
    at = AtHorizon.draw(follow_up, horizon, np.random.default_rng(0), draws=0)
    truth = float(compute_uno_concordance(at, _scores(model, new))[0])
    row = _compared(model.manifest.performance.uno_c, truth) | {"rises": model.rises}
    risk = np.asarray(told["risk"], dtype=np.float64)
    row |= _test_places(told)
    row["observed_expected"] = float(compute_observed_expected_at_horizon(at, risk)[0])
    if model.rises:
        row["slope"] = float(compute_slope_at_horizon(at, risk)[0])
    return row


def _test_places(told: dict[str, Any]) -> dict[str, float]:
    """Share of new patients below some places among the training patients."""
    place = np.asarray(told["place"], dtype=np.float64)
    return {f"place_{at:g}": float((place < at).mean()) for at in PLACES}


def _compared(expected: Any, truth: float) -> dict[str, Any]:
    return {
        "expected": expected.value,
        "ci_low": expected.ci_low,
        "ci_high": expected.ci_high,
        "truth": truth,
        "covered": bool(expected.ci_low <= truth <= expected.ci_high),
    }


def _test_intervals(
    model: Model, new: Cohort, more: Cohort, told: dict[str, Any]
) -> dict[str, Any]:
    """How often a patient's interval holds the true risk of such values of these genes.

    The true risk is a logistic regression without penalty of all patients who did not train
    the model: classes are normal with one covariance, so that it is linear but for the scale.
    """
    values = np.concatenate([_values(model, cohort) for cohort in (new, more)])
    logs = np.log2(values.astype(np.float64) + 1)
    z = (logs - logs.mean(axis=0)) / logs.std(axis=0)
    labels = np.concatenate([new.labels, more.labels])
    truth = LogisticRegression(C=np.inf, max_iter=1000).fit(z, labels)
    risk = truth.predict_proba(z[:NEW])[:, 1]
    low, high = (np.asarray(told[end], dtype=np.float64) for end in ("ci_low", "ci_high"))
    probability = np.asarray(told["probability"], dtype=np.float64)
    return {
        "risk_covered": float(((low <= risk) & (risk <= high)).mean()),
        "risk_width": float((high - low).mean()),
        "risk_error": float(np.sqrt(np.mean((probability - risk) ** 2))),
        "risk_spread": float(risk.std()),
    }


def run(name: str, setting: Setting, folder: Path, cohorts: int) -> pd.DataFrame:
    """Rows of so many cohorts of a setting; those that are not kept yet are made."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace(', ', '-').replace(' ', '-')}.csv"
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    done = {row["seed"] for row in rows}
    for seed in range(1, cohorts + 1):
        if seed in done:
            continue
        rows.append(try_cohort(setting, seed))
        write_csv(path, pd.DataFrame(rows))
        covered = np.mean([row["covered"] for row in rows])
        print(f"{name}: {len(rows)} cohorts, {covered:.3f} covered", flush=True)
    return pd.DataFrame(rows).assign(setting=name)


def summarise(rows: pd.DataFrame) -> dict[str, Any]:
    """What the cohorts of a setting say, in one row."""
    mean: Callable[[str], float] = lambda name: float(rows[name].mean())  # noqa: E731
    found: dict[str, Any] = {
        "cohorts": len(rows),
        "patients": mean("patients"),
        "events": mean("events"),
        "genes": mean("genes"),
        "networks": float((rows["refit"] == "networks").mean()),
        "expected": mean("expected"),
        "truth": mean("truth"),
        "covered": mean("covered"),
        "width": float((rows["ci_high"] - rows["ci_low"]).mean()),
        "rises": mean("rises"),
    }
    medians = ("slope", "observed_expected", *(f"place_{at:g}" for at in PLACES))
    means = ("risk_covered", "risk_width", "risk_error", "risk_spread")
    told_apart = rows[rows["rises"]]
    found |= {name: float(told_apart[name].median()) for name in medians}
    return found | {name: mean(name) for name in means if name in rows}


def main() -> None:
    """Run what is not kept yet; write the table where every setting was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=SETTINGS)
    parser.add_argument("--cohorts", type=int, help="at most so many of each setting")
    parser.add_argument("--keep", type=Path, default=Path("build/panel-honesty"))
    asked = parser.parse_args()
    found = []
    for name in asked.settings:
        setting = SETTINGS[name]
        cohorts = min(asked.cohorts or setting.cohorts, setting.cohorts)
        rows = run(name, setting, asked.keep, cohorts)
        found.append({"setting": name, **summarise(rows)})
    table = pd.DataFrame(found)
    print(table.round(3).T.to_string())
    if set(asked.settings) == set(SETTINGS):
        write_csv(OUTPUT / "panel-honesty.csv", table.round(4))
        write_honesty(OUTPUT / "panels.md", table)


if __name__ == "__main__":
    main()
