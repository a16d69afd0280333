"""Small invented studies with signatures beside their models, as a folder keeps them."""

import numpy as np
import pandas as pd
import pytest

from deepcme.report.models import find_comparators
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents
from deepcme.report.sections import comparison, discrimination
from deepcme.report.sections.comparators import comparators
from deepcme.report.survival import discrimination as discrimination_over_time
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder

PATIENTS, SPLITS = 60, 4
STRENGTHS = {
    "LR-tuned": 2.0, "KNN": 0.5, "genomic-grade-index": 1.0, "seventy-gene": 1.5,
    "nottingham-index": 0.8,
}  # fmt: skip
MODELS = {False: ["LR-tuned", "KNN"], True: ["Cox-ridge", "Cox-top-200"]}
TEXTS = (
    "why", "aliases", "missing", "platform", "source", "scaling", "trained_here", "warnings",
    "single_sample",
)  # fmt: skip


def signature(name, standing="full", found=8, listed=10, **columns):
    """A row of signatures.csv."""
    share = found / listed
    return {
        "signature": name, "title": f"The {name}", "kind": "published", "standing": standing,
        "n_found": found, "n_listed": listed, "gene_share": share, "weight_share": share,
        "cancer": "breast", "comparator": False, **dict.fromkeys(TEXTS, ""), **columns,
    }  # fmt: skip


def described(*more):
    """The one that was named, a partial one and a refused one."""
    return pd.DataFrame(
        [
            signature("genomic-grade-index", comparator=True, source="Sotiriou C, Wirapati P. A "
                      "title. J Natl Cancer Inst 2006;98:262-272."),
            signature("seventy-gene", "partial", 6, missing="A1; B2", trained_here="Made here.",
                      single_sample="No reference for this platform."),
            signature("seventy-six-gene", "refused", 2, why="The genes are not enough."),
            *more,
        ]
    )  # fmt: skip


INDEX = {
    "index": "nottingham-index", "title": "Nottingham prognostic index", "standing": "full",
    "why": "", "warnings": "", "methods": "The index is 0.2 size + nodes + grade.",
    "source": "Galea et al. 1992", "cancer": "breast", "n": PATIENTS, "n_known": PATIENTS - 2,
}  # fmt: skip


def predict(*, of_times=False, left_out=False, strengths=None, seed=3):
    """Test, validation and training rows; a score holds more of the outcome the stronger."""
    random = np.random.default_rng(seed)
    truth = random.normal(size=PATIENTS)
    label = (truth + random.normal(0, 0.5, PATIENTS) > 0).astype(int)
    names = [f"P{number:02d}" for number in range(PATIENTS)]
    known = {"sample": names, "patient": names}
    if of_times:
        known |= {"time": random.exponential(6 * np.exp(-truth)), "event": 1}
    else:
        known |= {"label": label}
    strengths = strengths or STRENGTHS
    scores = {name: of * truth + random.normal(size=PATIENTS) for name, of in strengths.items()}
    fold, tables = random.permutation(PATIENTS) % SPLITS, []
    for split in range(SPLITS):
        parts = [fold == split, fold == (split + 1) % SPLITS]
        part = np.select(parts, ["test", "validation"], "train")
        for name, score in scores.items():
            row = {"split": split, "model": name, "part": part, "score": score}
            tables.append(pd.DataFrame({**row, **known, "probability": np.nan}))
            if left_out:
                tables[-1]["left_out"] = f"cohort {split}"
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="package")
def contents_of(tmp_path_factory):
    """The section of such a study, computed with what it needs; nothing else."""

    def make(
        predictions=None, signatures=None, single=None, index=INDEX, *, of_times=False,
        compute=True,
    ):  # fmt: skip
        folder = StudyFolder(tmp_path_factory.mktemp("study"))
        signatures = described() if signatures is None else signatures
        if len(signatures):
            folder.write_table(signatures, "signatures.csv")
        if index is not None:
            folder.write_table(pd.DataFrame([index]), "clinical_index.csv")
        if single is not None:
            folder.write_table(single, "signature_scores.parquet")
        predictions = predict(of_times=of_times) if predictions is None else predictions
        renamed = dict(zip(MODELS[False], MODELS[of_times], strict=True))
        predictions = predictions.replace({"model": renamed})
        models = MODELS[of_times]
        study = make_study(
            {
                "cohort": {"path": "cohort.h5ad"},
                "models": models,
                "comparator": models[1],
                **({"survival": {"horizon": 5.0}} if of_times else {}),
            }
        )
        cohort = {"unit": "years", "endpoint": "An event."}
        results = StudyResults(folder, study, cohort, predictions, find_comparators(folder))
        contents = Contents(results)
        if compute:
            before = [discrimination_over_time] if of_times else [discrimination, comparison]
            for module in [*before, comparators]:
                module.SECTION.compute(contents)
        return contents

    return make


@pytest.fixture(scope="package")
def of_labels(contents_of):
    return contents_of()


@pytest.fixture(scope="package")
def of_times(contents_of):
    return contents_of(of_times=True)
