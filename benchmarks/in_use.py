"""Models in use, and ways to ask about time: the figures of docs/benchmarks/in-use.md.

Frozen models of public cohorts on patients of others; what reference genes cost a panel; what
three ways of asking make of one cohort; how often the Cox lasso chooses nothing. A table goes
to docs/benchmarks as soon as it is finished, and one that is there is not made again.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from pages import put, tabulate
from times import COHORTS, OUTPUT, SEED

import deepcme
from deepcme.base.files.files import write_csv
from deepcme.cohort.cohort import Cohort
from deepcme.models.survival.target import make_target

DRAWS = 10
FROZEN = (
    ("GSE25055", "Cox-ridge", ("GSE16446", "VDX", "TRANSBIG")),
    ("GSE25055", "DeepCME-Cox-ensemble", ("GSE16446", "VDX")),
    ("VDX", "Cox-ridge", ("TRANSBIG", "GSE25055")),
)
REFERENCE = {
    "GSE1992": ["ACTB", "GAPDH", "GUSB", "RPLP0", "TFRC"],
    "van 't Veer": ["ACTB", "GUSB", "HPRT1", "SDHA", "TFRC"],
}
LASSO = ("GSE25055", "VDX", "GSE1992", "van 't Veer", "GSE16446")
RULES = ("one-standard-error", "minimum")
WAYS = "GSE25055"
IN_TIME = ("Cox-ridge", "Cox-top-200", "LR-tuned", "DeepCME-ensemble")
SHOWN = {
    "uno_c": "Uno's C",
    "auc": "AUC by 3 years",
    "observed_expected": "O/E",
    "slope": "calibration slope",
}

Rows = Iterator[dict[str, object]]


def cell(estimate: Any, digits: int = 2) -> str:
    """A value and its interval."""
    if estimate is None or np.isnan(estimate.value):
        return ""
    low, high = estimate.ci_low, estimate.ci_high
    return f"{estimate.value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def cells(table: pd.DataFrame, digits: int = 2) -> dict[str, str]:
    """A cell for each measure of a table of one model."""
    return {str(row.measure): cell(row, digits) for row in table.itertuples()}


def measure_frozen(cohorts: dict[str, Cohort]) -> Rows:
    """What a model promised, and what was found in each other cohort."""
    for trained_on, name, tested_on in FROZEN:
        model = deepcme.train(cohorts[trained_on], model=name, seed=SEED, quiet=True)
        promised = cell(model.model.manifest.performance.uno_c)  # type: ignore[union-attr]
        for tested in tested_on:
            found = model.validate(cohorts[tested], normalise="cohort", allow_missing=True)
            tables = [
                found.tables[f"external_{of}"] for of in ("discrimination", "performance")
            ]
            rows = pd.concat([of[of["model"] == "as it came"] for of in tables])
            told = cells(rows)
            yield {
                "trained on": f"{trained_on}, {name}",
                "tested on": f"{tested} ({rows['n'].iloc[0]} / {rows['events'].iloc[0]})",
                "Uno's C promised": promised,
                "Uno's C found": told["uno_c"],
                "O/E": told["observed_expected"],
                "slope": told["slope"],
                "genes found": found.notes[0]
                .partition(" genes")[0]
                .replace("the model's ", ""),
            }


def measure_reference(cohorts: dict[str, Cohort]) -> Rows:
    """A panel with its reference genes and without, on the same held-out patients."""
    for name, genes in REFERENCE.items():
        cohort = deepcme.leave_out_censored(cohorts[name])
        for size in (10, 20):
            panel = deepcme.train(
                cohort, panel=size, reference_genes=genes, seed=SEED, quiet=True
            )
            cost = panel.model.manifest.panel.reference_cost  # type: ignore[union-attr]
            assert cost is not None
            yield {
                "cohort": f"{name} ({cohort.n_samples} / {int(cohort.labels.sum())})",
                "reference genes": ", ".join(genes),
                "panel": size,
                "AUC with": cell(cost.with_reference),
                "AUC without": cell(cost.without_reference),
                "difference": cell(cost.difference),
            }


def measure_ways(cohorts: dict[str, Cohort]) -> Rows:
    """One cohort asked in time, by weights, and of the labelled alone."""
    timed = cohorts[WAYS]
    for way, cohort, models in (
        ("in time, all patients", timed, IN_TIME),
        ("labelled alone", deepcme.leave_out_censored(timed), IN_TIME[2:]),
    ):
        with TemporaryDirectory() as folder:
            out = Path(folder) / "study"
            study = deepcme.run(cohort, models=list(models), out=out, seed=SEED, quiet=True)
            tables = study.report.tables
            for model in models:
                yield {
                    "way": way,
                    "model": model,
                    "patients": cohort.n_samples,
                    **_of_way(tables, model, timed=cohort is timed),
                }


def _of_way(tables: Any, model: str, *, timed: bool) -> dict[str, object]:
    at_risk = tables["net_benefit"].round({"threshold": 3})
    benefit = at_risk[(at_risk["model"] == model) & (at_risk["threshold"] == 0.2)].iloc[0]
    if timed:
        of = [tables["survival_discrimination"], tables["survival_performance"]]
        again = tables["survival_performance_recalibrated"]
        told = cells(pd.concat([t[t["model"] == model] for t in of]), 3)
        recalibrated = cells(again[again["model"] == model], 3)
    else:
        auc = tables["discrimination"]
        row = auc[auc["model"] == model].iloc[0].rename({"auc": "value"})
        told = {"auc": cell(row, 3)}
        calibration = tables["calibration"].rename(columns={"metric": "measure"})
        told |= cells(calibration[calibration["model"] == model], 3)
        again = tables["recalibration"].rename(columns={"metric": "measure"})
        recalibrated = cells(again[again["model"] == model], 3)
    return {
        **{words: told.get(name, "") for name, words in SHOWN.items()},
        "O/E, recalibrated": recalibrated.get("observed_expected", ""),
        "net benefit at 0.2": f"{benefit['net_benefit']:.3f}",
    }


def measure_lasso(cohorts: dict[str, Cohort]) -> Rows:
    """Genes that the Cox lasso keeps, in draws of four fifths of the patients."""
    for name in LASSO:
        cohort = cohorts[name]
        X = deepcme.ClippedStandardScaler().fit_transform(
            deepcme.MedianImputer().fit_transform(cohort.X)
        )
        target = make_target(cohort.outcome.follow_up)
        counts: dict[str, list[int]] = {rule: [] for rule in RULES}
        for draw in range(DRAWS):
            random = np.random.default_rng([SEED, draw])
            rows = random.permutation(cohort.n_samples)[: int(0.8 * cohort.n_samples)]
            for rule in RULES:
                model = deepcme.CoxElasticNet(rule=rule, random_state=draw)
                model.fit(X[rows], target[rows], groups=cohort.patients[rows])
                counts[rule].append(int(np.count_nonzero(model.coef_)))
        events = int((cohort.outcome.events == 1).sum())
        yield {
            "cohort": name,
            "patients, events": f"{cohort.n_samples}, {events}",
            "genes to choose from": f"{cohort.n_genes:,}",
            **{
                f"{rule}: chose nothing; genes, median": (
                    f"{kept.count(0)} of {DRAWS}; {np.median(kept):g}"
                )
                for rule, kept in counts.items()
            },
        }


PARTS: dict[str, Callable[[dict[str, Cohort]], Rows]] = {
    "frozen": measure_frozen,
    "reference-genes": measure_reference,
    "ways": measure_ways,
    "lasso": measure_lasso,
}


def as_markdown(table: pd.DataFrame) -> str:
    """The rows as a table of a page."""
    lines: Sequence[Sequence[object]] = [
        list(table.columns),
        ["---"] * len(table.columns),
        # A cell that begins with a minus is text to a spreadsheet by the apostrophe before it.
        *[[str(cell).lstrip("'") for cell in row] for row in table.fillna("").to_numpy()],
    ]
    # An interval stands below its value, unbroken.
    return re.sub(r" \((-?[\d.]+) to (-?[\d.]+)\)", r"<br>\1&nbsp;to&nbsp;\2", tabulate(lines))


def main() -> None:
    """Make what is missing of the tables, and put all of them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Of the cohorts' folders.")
    parser.add_argument("parts", nargs="*", default=[*PARTS], help="Parts to make.")
    asked = parser.parse_args()
    cohorts = {name: source.load(asked.folder) for name, source in COHORTS.items()}
    # With the symbols of its probes, which the file lacks.
    cohorts["TRANSBIG"] = deepcme.datasets.transbig()
    page = OUTPUT / "in-use.md"
    for part in asked.parts:
        path = OUTPUT / f"in-use-{part}.csv"
        if not path.exists():
            write_csv(path, pd.DataFrame(PARTS[part](cohorts)))
        put(page, part, as_markdown(pd.read_csv(path, dtype=str)))


if __name__ == "__main__":
    main()
