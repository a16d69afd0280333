"""How AUCs get high: what is reported, beside the truth, in simulated cohorts.

Of each simulated cohort 120 patients are what a study has, and 5,000 others say how good its
models are. The same patients are evaluated in several ways, with a signal in the genes and with
none. A row is kept as soon as a cohort is done, so that a run that was stopped goes on where it
was. The table goes to docs/benchmarks/inflation.csv, and with the chart to the page
docs/explanations/figures-others-report.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from inflation_page import plot_inflation, write_page
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, roc_auc_score, roc_curve

from deepcme import DeepCMEClassifier
from deepcme.base.files.files import write_csv
from deepcme.cohort.splits import draw_folds
from deepcme.models.span.linear import LogisticRegression
from deepcme.simulation.cohorts import CohortDesign, simulate_cohort

DOCS = Path(__file__).resolve().parents[1] / "docs"
NEW = 5_000
EVENTS, OTHERS = 40, 80
"""Patients of a study; a third have the event."""
DESIGN = CohortDesign(
    samples=8_760,
    genes=1_000,
    events=2_920,
    signal_genes=30,
    effect=0.5,
    rare_genes=0.0,
    module_size=20,
    module_correlation=0.3,
    batches=4,
    repeated_samples=0.4,
)
"""Four in ten samples are of a patient who has one already, as those with the event in the
paper's cohort, where 23 such samples are of 14 patients."""
NO_SIGNAL = CohortDesign(**{**vars(DESIGN), "signal_genes": 0, "effect": 0.0})
SETTINGS = {"none": NO_SIGNAL, "signal": DESIGN}
COHORTS, NETWORK_COHORTS = 40, 12
SELECTED, STRENGTH = 50, 0.01
MODELS = [(n, c) for n in (10, 20, 50, 100, 200, 1_000) for c in (1e-4, 1e-2, 1.0)]
"""Eighteen logistic regressions: how many genes, and the inverse strength of the penalty."""
SPLITS = 20

Matrix = NDArray[np.float64]
Rows = NDArray[np.int64]


class Fitted(Protocol):
    """What was fitted gives new samples a score."""

    def __call__(self, X: Matrix) -> Matrix:
        """One score a sample; higher is more likely the event."""


Fit = Callable[[Matrix, NDArray[Any], NDArray[Any]], Fitted]
"""Of genes, labels and patients."""


@dataclass(frozen=True)
class Samples:
    """Samples with log2 expression, label, patient and batch."""

    X: Matrix
    y: NDArray[Any]
    patient: NDArray[Any]
    batch: NDArray[Any]

    def at(self, rows: Any) -> Samples:
        """Some of them."""
        return Samples(self.X[rows], self.y[rows], self.patient[rows], self.batch[rows])


@dataclass(frozen=True)
class Study:
    """What a study has: all samples of its patients, and one of each; and whom nobody saw.

    Attributes
    ----------
    repeated, single : Samples
    unbalanced : Samples
        Other patients, of whom 70% with the event are in two of the batches and 70% of the
        others in the other two.
    new : Samples
    """

    repeated: Samples
    single: Samples
    unbalanced: Samples
    new: Samples

    @classmethod
    def draw(cls, design: CohortDesign, seed: int) -> Study:
        """Patients are in random order already."""
        cohort = simulate_cohort(design, seed)
        batch = cohort.adata.obs["batch"].to_numpy()
        everyone = Samples(
            np.log2(cohort.X.astype(np.float64) + 1),
            np.asarray(cohort.labels),
            np.asarray(cohort.patients),
            pd.factorize(batch, sort=True)[0],
        )
        first = np.unique(everyone.patient, return_index=True)[1]
        one_each = everyone.at(np.sort(first))
        mine = np.sort(np.r_[_first(one_each.y == 1, EVENTS), _first(one_each.y == 0, OTHERS)])
        later = np.setdiff1d(np.arange(len(one_each.y)), mine)
        other = later[_unbalanced(one_each.at(later))]
        new = np.setdiff1d(later, other)[:NEW]
        assert len(new) == NEW
        single = one_each.at(mine)
        return cls(
            everyone.at(np.isin(everyone.patient, single.patient)),
            single,
            one_each.at(other),
            one_each.at(new),
        )


def _first(which: NDArray[np.bool_], n: int) -> Rows:
    return np.flatnonzero(which)[:n]


def _unbalanced(samples: Samples) -> Rows:
    early = samples.batch < 2
    return np.concatenate(
        [
            _first((samples.y == 1) & early, round(0.7 * EVENTS)),
            _first((samples.y == 1) & ~early, round(0.3 * EVENTS)),
            _first((samples.y == 0) & early, round(0.3 * OTHERS)),
            _first((samples.y == 0) & ~early, round(0.7 * OTHERS)),
        ]
    )


def scale(X: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and deviation of each gene."""
    deviation = X.std(axis=0)
    return X.mean(axis=0), np.where(deviation > 0, deviation, 1.0)


def select(X: Matrix, y: NDArray[Any], n: int) -> Rows:
    """The genes whose means differ the most, by Welch's t."""
    a, b = X[y == 1], X[y == 0]
    error = np.sqrt(a.var(axis=0, ddof=1) / len(a) + b.var(axis=0, ddof=1) / len(b))
    t = np.abs(a.mean(axis=0) - b.mean(axis=0)) / np.where(error > 0, error, np.inf)
    return np.argsort(-t, kind="stable")[:n]


def fit_logistic(
    X: Matrix,
    y: NDArray[Any],
    patient: NDArray[Any],
    n_genes: int = DESIGN.genes,
    strength: float = STRENGTH,
) -> Fitted:
    """Logistic regression on standardised genes, the best ones of these patients or all."""
    genes = select(X, y, n_genes) if n_genes < X.shape[1] else np.arange(X.shape[1])
    mean, deviation = scale(X[:, genes])
    model = LogisticRegression(C=strength, max_iter=5_000).fit(
        (X[:, genes] - mean) / deviation, y
    )
    return lambda new: model.decision_function((new[:, genes] - mean) / deviation)


def fit_network(X: Matrix, y: NDArray[Any], patient: NDArray[Any]) -> Fitted:
    """The paper's network on standardised genes."""
    mean, deviation = scale(X)
    model = DeepCMEClassifier(random_state=1).fit((X - mean) / deviation, y, groups=patient)
    return lambda new: model.decision_function((new - mean) / deviation)


def cross_validate(
    samples: Samples, groups: NDArray[Any], fit: Fit, seed: int, repeats: int
) -> float:
    """Mean AUC of the test parts of five folds, drawn so often; no group is in two folds.

    Equal seeds give equal folds, so that ways are compared on the same ones.
    """
    random, aucs = np.random.default_rng(seed), []
    for _ in range(repeats):
        for test in draw_folds(samples.y, groups, 5, random):
            train = np.setdiff1d(np.arange(len(samples.y)), test)
            model = fit(samples.X[train], samples.y[train], groups[train])
            aucs.append(roc_auc_score(samples.y[test], model(samples.X[test])))
    return float(np.mean(aucs))


def claims_of(
    study: Study, fit: Fit, seed: int, repeats: int
) -> Iterator[tuple[str, float, float]]:
    """What any model can be said to be worth: the way, the estimate and the truth."""
    one, many, new = study.single, study.repeated, study.new
    model = fit(one.X, one.y, one.patient)
    truth = auc(model, new)
    yield "by patient", cross_validate(one, one.patient, fit, seed, repeats), truth
    yield "training patients", auc(model, one), truth

    each = np.arange(len(many.y))
    of_many = auc(fit(many.X, many.y, many.patient), new)
    yield "by sample", cross_validate(many, each, fit, seed, repeats), of_many
    by_patient = cross_validate(many, many.patient, fit, seed, repeats)
    yield "by patient, repeated samples", by_patient, of_many

    genes = select(one.X, one.y, SELECTED)
    few = Samples(one.X[:, genes], one.y, one.patient, one.batch)
    chosen = fit(few.X, few.y, few.patient)
    truth = float(roc_auc_score(new.y, chosen(new.X[:, genes])))
    yield "genes selected before", cross_validate(few, few.patient, fit, seed, repeats), truth


def more_claims_of(study: Study, seed: int) -> Iterator[tuple[str, float, float]]:
    """What asks for many fits, of logistic regression."""
    one, new = study.single, study.new
    top = partial(fit_logistic, n_genes=SELECTED)
    truth = auc(top(one.X, one.y, one.patient), new)
    yield "genes selected within", cross_validate(one, one.patient, top, seed, 2), truth

    mean, deviation = scale(one.X)
    scaled = Samples((one.X - mean) / deviation, one.y, one.patient, one.batch)
    truth = auc(fit_logistic(one.X, one.y, one.patient), new)
    estimate = cross_validate(scaled, one.patient, _fit_scaled, seed, 2)
    yield "standardised together", estimate, truth

    yield adjust_batches(study, seed)
    yield from choose_models(one, new, seed)
    yield from choose_splits(one, new, seed)


def _fit_scaled(X: Matrix, y: NDArray[Any], patient: NDArray[Any]) -> Fitted:
    return LogisticRegression(C=STRENGTH, max_iter=5_000).fit(X, y).decision_function


def adjust_batches(study: Study, seed: int) -> tuple[str, float, float]:
    """Subtract each batch's effect, as a linear model with the outcome in it tells it.

    The batches of the new patients are large and have equally many events: each is centred.
    """
    one, new = study.unbalanced, study.new
    batches = np.eye(one.batch.max() + 1)[one.batch]
    effects = np.linalg.lstsq(np.c_[batches, one.y], one.X, rcond=None)[0][:-1]
    adjusted = Samples(one.X - batches @ effects, one.y, one.patient, one.batch)
    of_new = np.array([new.X[new.batch == batch].mean(axis=0) for batch in range(len(effects))])
    centred = Samples(new.X - of_new[new.batch], new.y, new.patient, new.batch)
    estimate = cross_validate(adjusted, one.patient, fit_logistic, seed, 2)
    model = fit_logistic(adjusted.X, one.y, one.patient)
    return "batches adjusted with the outcome", estimate, auc(model, centred)


def choose_models(one: Samples, new: Samples, seed: int) -> Iterator[tuple[str, float, float]]:
    """The best of many models over the same folds, and the best in each test part."""
    random, aucs, truths = np.random.default_rng(seed), [], []
    for test in draw_folds(one.y, one.patient, 5, random):
        train = np.setdiff1d(np.arange(len(one.y)), test)
        fitted = [fit_logistic(one.X[train], one.y[train], one.patient, *m) for m in MODELS]
        aucs.append([roc_auc_score(one.y[test], model(one.X[test])) for model in fitted])
        truths.append(auc(fitted[int(np.argmax(aucs[-1]))], new))
    means = np.mean(aucs, axis=0)
    best = fit_logistic(one.X, one.y, one.patient, *MODELS[int(np.argmax(means))])
    yield "best of 18 models", float(means.max()), auc(best, new)
    yield "tuned on the test part", float(np.max(aucs, axis=1).mean()), float(np.mean(truths))


def choose_splits(one: Samples, new: Samples, seed: int) -> Iterator[tuple[str, float, float]]:
    """One small test part, its best cut-off, and the best of many of them."""
    random, found = np.random.default_rng(seed), []
    for _ in range(SPLITS):
        test = draw_folds(one.y, one.patient, 5, random)[0]
        train = np.setdiff1d(np.arange(len(one.y)), test)
        model = fit_logistic(one.X[train], one.y[train], one.patient)
        found.append((auc(model, one.at(test)), model, test))
    estimate, model, test = found[0]
    yield "one test part of 24", estimate, auc(model, new)
    best, of_best, _ = max(found, key=lambda each: each[0])
    yield "best of 20 splits", best, auc(of_best, new)

    false_positive, sensitivity, cut_offs = roc_curve(one.y[test], model(one.X[test]))
    balanced = (sensitivity + 1 - false_positive) / 2
    at = cut_offs[int(np.argmax(balanced))]
    truth = balanced_accuracy_score(new.y, model(new.X) >= at)
    yield "best cut-off", float(balanced.max()), float(truth)


def auc(model: Fitted, samples: Samples) -> float:
    """AUC of a fitted model on some samples."""
    return float(roc_auc_score(samples.y, model(samples.X)))


def try_cohort(setting: str, seed: int) -> list[dict[str, Any]]:
    """All claims of one cohort."""
    study = Study.draw(SETTINGS[setting], seed)
    rows = []
    for name, fit, repeats in (("LR", fit_logistic, 2), ("DeepCME", fit_network, 1)):
        if name == "DeepCME" and seed > NETWORK_COHORTS:
            continue
        claims = [*claims_of(study, fit, seed, repeats)]
        claims += more_claims_of(study, seed) if name == "LR" else []
        rows += [
            {"model": name, "claim": claim, "estimate": estimate, "truth": truth}
            for claim, estimate, truth in claims
        ]
    return [{"setting": setting, "seed": seed, **row} for row in rows]


def run(folder: Path, cohorts: int) -> pd.DataFrame:
    """Rows of so many cohorts of each setting; those that are not kept yet are made."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for seed in range(1, cohorts + 1):
        for setting in SETTINGS:
            path = folder / f"{setting}-{seed}.csv"
            if not path.exists():
                write_csv(path, pd.DataFrame(try_cohort(setting, seed)))
                print(f"{setting}: cohort {seed} of {cohorts}", flush=True)
            found.append(pd.read_csv(path))
    return pd.concat(found, ignore_index=True)


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over the cohorts with their 95% intervals, and how single estimates spread."""
    summary = []
    for (setting, model, claim), of_claim in rows.groupby(
        ["setting", "model", "claim"], sort=False
    ):
        estimate, truth = of_claim["estimate"], of_claim["truth"]
        half = 1.96 * estimate.std(ddof=1) / np.sqrt(len(estimate))
        reached = of_claim[estimate >= 0.70]
        summary.append(
            {
                "setting": setting,
                "model": model,
                "claim": claim,
                "cohorts": len(of_claim),
                "estimate": estimate.mean(),
                "ci_low": estimate.mean() - half,
                "ci_high": min(1.0, estimate.mean() + half),
                "lowest": estimate.quantile(0.05),
                "highest": estimate.quantile(0.95),
                "truth": truth.mean(),
                "reached": len(reached) / len(of_claim),
                "estimate_reached": reached["estimate"].mean(),
                "truth_reached": reached["truth"].mean(),
            }
        )
    return pd.DataFrame(summary)


def main() -> None:
    """Make what is not kept yet; write the table where every cohort was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=COHORTS, help="so many of each setting")
    parser.add_argument("--keep", type=Path, default=Path("build/inflation"))
    asked = parser.parse_args()
    table = summarise(run(asked.keep, asked.cohorts)).round(3)
    print(table.to_string(index=False))
    if asked.cohorts == COHORTS:
        write_csv(DOCS / "benchmarks" / "inflation.csv", table)
        plot_inflation(table).save(DOCS / "benchmarks" / "inflation.svg")
        write_page(DOCS / "explanations" / "figures-others-report.md", table)


if __name__ == "__main__":
    main()
