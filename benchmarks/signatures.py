"""Score six breast cancer cohorts by the published signatures, frozen, and say how well.

Nothing is trained: within a cohort each gene is scaled over all of its patients, which looks at
no outcome, and where there is something to measure a sample against, it is scored alone as
well. Harrell's C, Uno's C up to the cohort's horizon and the AUC of its label are those of a
study, with its intervals. The tables go to docs/benchmarks.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from signatures_page import write_page
from times import COHORTS

from deepcme.base.errors import AbsentError
from deepcme.base.files.files import write_csv
from deepcme.base.seeds import seed_for
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.survival.kaplan_meier import compute_survival
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.models.signatures.agreement import compute_agreement
from deepcme.models.signatures.matching import MatchedSignature, match_signature
from deepcme.models.signatures.overlap import find_training_overlap
from deepcme.models.signatures.published import load_signature, load_signatures
from deepcme.models.signatures.scoring import SINGLE_SAMPLE, WITHIN_COHORT, fit_within_cohort
from deepcme.models.signatures.single import score_single_samples

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
SEED = 1
ROUNDED = ("value", "ci_low", "ci_high", "gene_share", "weight_share")
LABEL = "metastasis"  # whether by the horizon; blank where a patient was lost before it
GENES = {"PLK1": "202240_at", "CENPU": "218883_s_at", "CCNE2": "205034_at"}
FEWEST_SCORED = 0.8  # share of a cohort that a single-sample score must tell of


def score_single(matched: MatchedSignature, cohort: Cohort) -> np.ndarray:
    """Scores of single samples; refused as well where most of a cohort has none."""
    scores = score_single_samples(matched, cohort)
    n_scored = int(np.isfinite(scores).sum())
    if n_scored < FEWEST_SCORED * len(scores):
        raise AbsentError(f"{n_scored} of {len(scores)} samples have what a score needs.")
    return scores


def score_cohort(cohort: Cohort) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """What was found of each signature, on either scaling, and scores by both their names."""
    rows: list[dict[str, Any]] = []
    scores: dict[str, np.ndarray] = {}
    everybody = np.arange(cohort.n_samples)
    for signature in load_signatures():
        matched = match_signature(signature, cohort)
        told = {
            "signature": signature.name,
            "standing": matched.standing,
            "n_found": matched.n_found,
            "n_listed": matched.n_listed,
            "gene_share": matched.gene_share,
            "weight_share": matched.weight_share,
            "aliases": "; ".join(f"{name} for {gene}" for gene, name in matched.by_alias),
            "missing": "; ".join(dict.fromkeys(matched.missing)),
            "overlap": find_training_overlap(signature, cohort),
        }
        ways = {
            WITHIN_COHORT: lambda matched: fit_within_cohort(
                matched, cohort, everybody
            ).score(),
            SINGLE_SAMPLE: lambda matched: score_single(matched, cohort),
        }
        for scaling, way in ways.items():
            model, absent = f"{signature.name}, {scaling}", ""
            try:
                scores[model] = way(matched)
            except AbsentError as why:
                absent = str(why)
            rows.append({**told, "scaling": scaling, "model": model, "absent": absent})
    return pd.DataFrame(rows), scores


def agree(cohort: str, scores: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Spearman's correlation of both scalings, and the share of patients in one class."""
    rows = []
    for signature in load_signatures():
        both = [
            scores.get(f"{signature.name}, {way}") for way in (WITHIN_COHORT, SINGLE_SAMPLE)
        ]
        if both[0] is None or both[1] is None:
            continue
        found = compute_agreement(signature, both[0], both[1])
        alike = found.same_class
        rows.append(
            {
                "cohort": cohort,
                "signature": signature.name,
                "n": found.n,
                "spearman": found.spearman,
                "ci_low": found.ci_low,
                "ci_high": found.ci_high,
                "same_class": np.nan if alike is None else alike.value,
            }
        )
    return rows


def as_predictions(cohort: Cohort, scores: dict[str, np.ndarray]) -> pd.DataFrame:
    """Rows of one test part, as tables of a study have them; nobody trained anything."""
    outcome = cohort.outcome.values
    tables = [
        pd.DataFrame(
            {
                "split": 1,
                "model": model,
                "sample": cohort.samples,
                "patient": cohort.patients,
                "part": "test",
                "time": outcome["time"],
                "event": outcome["event"],
                "label": pd.to_numeric(cohort.obs[LABEL]).to_numpy(np.float64),
                "score": values,
            }
        )
        for model, values in scores.items()
    ]
    return pd.concat(tables, ignore_index=True).dropna(subset="score")


def measure(cohort: str, predictions: pd.DataFrame) -> pd.DataFrame:
    """AUC of the labels, Uno's C and Harrell's C of the times: `model, measure, value ...`."""
    columns = ["model", "measure", "value", "ci_low", "ci_high", "n", "events"]
    labelled = predictions.dropna(subset="label").astype({"label": np.int64})
    random = np.random.default_rng(seed_for(SEED, "signatures", cohort))
    auc = compute_discrimination(labelled.drop(columns=["time", "event"]), random)
    auc = auc.assign(measure="auc").rename(columns={"auc": "value"})
    random = np.random.default_rng(seed_for(SEED, "signatures", cohort, "times"))
    evaluation = Evaluation.draw(
        predictions.drop(columns="label"), COHORTS[cohort].horizon, random
    )
    times = compute_survival_discrimination(evaluation)
    times = times[times["measure"].isin(["uno_c", "harrell_c"])]
    return pd.concat([auc[columns], times[columns]], ignore_index=True)


def compare_with_literature(cohort: Cohort, table: pd.DataFrame) -> list[list[str]]:
    """What is published of the 76 genes, beside TRANSBIG here and its classes."""
    signature = load_signature("seventy-six-gene")
    scores = score_single_samples(match_signature(signature, cohort), cohort)
    poor = scores >= signature.cut_offs[0]
    label = pd.to_numeric(cohort.obs[LABEL]).to_numpy(np.float64)
    known = ~np.isnan(label)
    positive = label[known] == 1
    sensitivity = poor[known][positive].mean()
    specificity = (~poor[known])[~positive].mean()
    free = [_free_of_event(cohort, rows) for rows in (~poor, poor)]
    of_76 = table[(table["signature"] == signature.name) & (table["measure"] == "auc")]
    auc = of_76.set_index(["cohort", "scaling"])["value"]
    within, single = (auc["TRANSBIG", way] for way in (WITHIN_COHORT, SINGLE_SAMPLE))
    return [
        [
            "76 genes on TRANSBIG, AUC at 5 years",
            "0.65 (Cheng 2013)",
            f"{within:.2f} within the cohort, {single:.2f} by single samples, "
            f"{(sensitivity + specificity) / 2:.2f} by their two classes",
        ],
        [
            "76 genes on TRANSBIG, free of distant metastasis at 5 years, good and poor class",
            "98% (88 to 100) and 76% (68 to 82) (Desmedt 2007)",
            " and ".join(free),
        ],
        [
            "76 genes, sensitivity and specificity of the poor class",
            "93% and 48%, in 171 other patients of VDX's series (Wang 2005)",
            f"{sensitivity:.0%} and {specificity:.0%}, on TRANSBIG",
        ],
    ]


def _free_of_event(cohort: Cohort, rows: np.ndarray) -> str:
    """Kaplan-Meier's share of patients without the event at the horizon, in words."""
    times, events = (cohort.outcome.values[column][rows] for column in ("time", "event"))
    found = compute_survival(FollowUp(times, events), COHORTS["TRANSBIG"].horizon)
    return f"{found.value:.0%} ({found.ci_low:.0%} to {found.ci_high:.0%}) of {found.n}"


def measure_genes(cohort: Cohort) -> str:
    """AUC of the label by single genes of proliferation among the 76."""
    label = pd.to_numeric(cohort.obs[LABEL]).to_numpy(np.float64)
    known = ~np.isnan(label)
    column = {gene: place for place, gene in enumerate(cohort.gene_ids)}
    told = []
    for gene, probe in GENES.items():
        values = cohort.X[known, column[probe]].astype(np.float64)
        auc = compute_weighted_auc(label[known].astype(int), values, np.ones((1, known.sum())))
        told.append(f"{gene} {auc[0]:.2f}")
    return ", ".join(told)


def main() -> None:
    """Score every cohort and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of a folder for each cohort")
    asked = parser.parse_args()
    results, agreements, cohorts = [], [], []
    loaded = {name: source.load(asked.folder) for name, source in COHORTS.items()}
    for name, cohort in loaded.items():
        found, scores = score_cohort(cohort)
        measured = measure(name, as_predictions(cohort, scores))
        table = found.merge(measured, how="left", on="model").drop(columns="model")
        results.append(table.assign(cohort=name))
        agreements += agree(name, scores)
        cohorts.append(describe(name, cohort))
    table = pd.concat(results, ignore_index=True)
    table = table[["cohort", *table.columns.drop("cohort")]]
    write_csv(OUTPUT / "signatures.csv", table.round(dict.fromkeys(ROUNDED, 4)))
    write_page(
        OUTPUT / "signatures.md",
        table,
        pd.DataFrame(agreements),
        pd.DataFrame(cohorts),
        compare_with_literature(loaded["TRANSBIG"], table),
        measure_genes(loaded["TRANSBIG"]),
    )


def describe(name: str, cohort: Cohort) -> dict[str, Any]:
    """Patients, events and genes of a cohort."""
    known = pd.to_numeric(cohort.obs[LABEL])
    source = COHORTS[name]
    return {
        "cohort": name,
        "genes": cohort.n_genes,
        "patients": cohort.n_patients,
        "events": cohort.n_positives,
        "labelled": int(known.notna().sum()),
        "positive": int(known.sum()),
        "horizon": f"{source.horizon:g} {source.time.removeprefix('time_')}",
    }


if __name__ == "__main__":
    main()
