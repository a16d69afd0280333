"""Whole studies of invented cohorts, and what their reports claim.

`python -m tests.report.null_studies --write` runs 250 of each kind on two cores (about half an
hour), and writes the share of reports that claim anything false into
docs/explanations/validation-of-the-statistics.md.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from deepcme import Cohort
from deepcme.evaluation.intervals import compute_wilson_interval
from deepcme.models.signatures.published import load_signature
from deepcme.report.contents import compute_contents
from deepcme.report.section import Contents
from deepcme.report.verdict.answers import choose_answer
from deepcme.report.verdict.phrases import choose_phrases
from deepcme.report.verdict.verdict import gather_facts
from deepcme.study.run import run_study
from deepcme.study.spec import make_study

NETWORK = {
    "name": "DeepCME-ensemble",
    "parameters": {"hidden_layers": [4], "max_epochs": 6, "n_networks": 2, "n_snapshots": 1},
}
FOLDS = {"design": "folds", "folds": 3, "repeats": 1}
LEAVE_OUT = {"design": "leave-one-cohort-out", "repeats": 1}
PAGE = Path("docs/explanations/validation-of-the-statistics.md")
TEMPLATE = Path("tests/evaluation/validation_page.md")


@dataclass(frozen=True)
class Kind:
    """Studies alike: how they are made, and which columns know the outcome.

    Attributes
    ----------
    settings : dict
        Of the study file.
    cohorts : int
        Cohorts among the patients.
    named : sequence of str
        Genes of a published signature, which the first ones are.
    genes, clinical : float
        Standard deviations between the means of events and others, in one gene in five and
        in the clinical column.
    errs : str
        Which claims are false of them: a pattern of names.
    """

    settings: dict[str, Any]
    cohorts: int = 1
    named: Sequence[str] = ()
    genes: float = 0.0
    clinical: float = 0.0
    errs: str = ".*"


KINDS = {
    "genes": Kind({"models": [NETWORK, "LR-tuned", "KNN"], "split": FOLDS}),
    "published signature": Kind(
        {"models": ["LR-tuned", "KNN"], "split": FOLDS},
        named=[gene.symbol for gene in load_signature("proliferation").genes],
    ),
    "19 permutations": Kind(
        {"models": ["LR", "KNN"], "split": FOLDS, "nulls": {"permutations": 19}}
    ),
    "clinical columns": Kind(
        {
            "models": ["LR-tuned", "KNN"],
            "split": FOLDS,
            "clinical": {"columns": ["stage"], "genes": "LR-tuned"},
        }
    ),
    "two cohorts left out": Kind(
        {"models": [NETWORK, "LR-tuned", "KNN"], "split": LEAVE_OUT}, cohorts=2
    ),
    "clinical columns that tell": Kind(
        {
            "models": ["LR-tuned", "KNN"],
            "split": FOLDS,
            "clinical": {"columns": ["stage"], "genes": "LR-tuned"},
        },
        clinical=1.0,
        errs="genes add|sentence: adds",
    ),
}

# What the sentences of other sections claim.
OF_SECTIONS = {
    "genes add": r"Gene expression adds to",
    "genes harm": r"Gene expression made the prediction by .* worse",
    "columns beat genes": r"alone did better than the genes alone",
    "columns harm": r"to the genes made the prediction worse",
    "useful": r"does more good than treating all or none at",
}


def invent_cohort(kind: Kind, seed: int, patients: int = 90, genes: int = 15) -> Cohort:
    """Patients of whom a third have the event; noise, but for what the kind says."""
    random = np.random.default_rng(seed)
    label = (np.arange(patients) % 3 == 0).astype(int)
    X = random.normal(size=(patients, genes))
    X[:, ::5] += kind.genes * label[:, np.newaxis]
    clinical = pd.DataFrame(
        {
            "stage": random.normal(size=patients) + kind.clinical * label,
            "cohort": [f"cohort {i * kind.cohorts // patients}" for i in range(patients)],
        }
    )
    return Cohort.from_arrays(
        X,
        label,
        samples=[f"S{i}" for i in range(patients)],
        genes=[*kind.named, *(f"gene{i}" for i in range(len(kind.named), genes))],
        clinical=clinical,
        endpoint="invented = 1 against 0",
        scale="log2",
        name="invented",
    )


def find_claims(kind: Kind, seed: int) -> list[str]:
    """Run a study of the kind, and name what its report claims."""
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(place) / "cohort.h5ad"
        invent_cohort(kind, seed).save(path)
        study = make_study({"cohort": {"path": path}, "seed": seed, **kind.settings})
        folder = run_study(study, Path(place) / "out", jobs=1, quiet=True)
        return name_claims(compute_contents(folder))


def name_claims(contents: Contents) -> list[str]:
    """Names of what a report claims: phrases of its verdict, its first sentence, its sections."""
    facts = gather_facts(contents)
    phrases = choose_phrases(facts)
    text = " ".join(phrase.words(facts) for phrase in phrases)
    claims = [phrase.name for phrase in phrases if phrase.claims]
    answer = choose_answer(facts)
    claims += [f"sentence: {answer.name}"] if answer.claims else []
    return claims + [name for name, words in OF_SECTIONS.items() if re.search(words, text)]


def count_claims(studies: int, jobs: int, first_seed: int = 1) -> pd.DataFrame:
    """Of so many studies of each kind, how many reports claim anything false, and what."""
    seeds = range(first_seed, first_seed + studies)
    rows, every = [], []
    for name, kind in KINDS.items():
        found = Parallel(jobs)(delayed(find_claims)(kind, seed) for seed in seeds)
        false = [[claim for claim in of if re.fullmatch(kind.errs, claim)] for of in found]
        rows.append(_row(name, false))
        every += false
        print(rows[-1], flush=True)
    return pd.DataFrame([*rows, _row("all", every)])


def _row(name: str, found: list[list[str]]) -> dict[str, Any]:
    n_claiming = sum(map(bool, found))
    interval = compute_wilson_interval(n_claiming, len(found))
    counts = Counter(claim for of_report in found for claim in of_report)
    return {
        "studies": name,
        "reports": len(found),
        "claim anything": n_claiming,
        "share": f"{interval.value:.3f} ({interval.ci_low:.3f} to {interval.ci_high:.3f})",
        "claims": ", ".join(f"{claim} {n}" for claim, n in counts.most_common()) or "none",
    }


def write_page(table: pd.DataFrame, pages: Sequence[Path] = (PAGE, TEMPLATE)) -> None:
    """Put the table where the page on the statistics, and what it is made of, has it."""
    lines = [list(table.columns), ["---"] * len(table.columns), *table.astype(str).to_numpy()]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    for page in pages:
        before, _, after = re.split(
            r"(?s)(?<=<!-- reports -->\n)(.*)(?=\n<!-- end -->)", page.read_text()
        )
        page.write_text(before + text + after)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=250, help="of each kind")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the page")
    asked = parser.parse_args()
    counted = count_claims(asked.studies, asked.jobs, asked.first_seed)
    if asked.write:
        write_page(counted)
