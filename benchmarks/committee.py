"""Compare the models of labels on breast cancer cohorts, thirty folds each.

Every model is fitted on the same folds and seeds, as an honest study fits it, and judged on
the fold left out. Its scores are kept as soon as it is done with a cohort, so that a run that
was stopped goes on where it was. With all cohorts and models (but for LassoNet, which takes
long and has to be installed), the tables go to docs/benchmarks.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from committee_page import write_page

from deepcme.base.files.files import whole_file, write_csv
from deepcme.base.seeds import seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import HONEST, draw_honest_splits, fit_seed, split_seed
from deepcme.cohort.splits import Split
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.models.fitting import prepare_and_fit, prepare_rows, scores_of
from deepcme.models.preprocessing import transform_rows
from deepcme.models.registry import KINDS
from deepcme.network.engines.choice import one_thread_a_task

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
SEED = 1
REPEATS = 6
COMMITTEE, ENSEMBLE, ON_GENES = "Committee", "DeepCME-ensemble", "DeepCME-ensemble, genes"
LASSONET = "LassoNet"
MEMBER = "in the committee"
FEW_SPLITS, FEW_GENES = 10, 1151  # LassoNet takes long
NAMES = {
    "transbig": "TRANSBIG",
    "vdx": "VDX",
    "g25055": "GSE25055",
    "g16446": "GSE16446",
    "g1992": "GSE1992",
    "veer": "van 't Veer",
}
"""What the page calls cohorts in files of these names."""


@dataclass(frozen=True)
class Contender:
    """A model as a study would name it, or a function that fits and scores one."""

    kind: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    most_splits: int | None = None
    most_genes: int | None = None

    def enters(self, cohort: Cohort) -> bool:
        """Whether it is run on a cohort."""
        return self.most_genes is None or cohort.n_genes <= self.most_genes

    @property
    def refitted(self) -> bool:
        """Whether it learns from the validation part as well."""
        return bool(self.kind) and KINDS[self.kind].refitted


MODELS = {
    "LR": Contender("LR"),
    "LR-tuned": Contender("LR-tuned"),
    "SVC": Contender("SVC"),
    "RF": Contender("RF"),
    "DeepCME": Contender("DeepCME"),
    ENSEMBLE: Contender("DeepCME-ensemble"),
    COMMITTEE: Contender("Committee"),
    ON_GENES: Contender("DeepCME-ensemble", {"space": "genes"}),
    LASSONET: Contender(most_splits=FEW_SPLITS, most_genes=FEW_GENES),
}


@dataclass(frozen=True)
class Tested:
    """A cohort and its folds."""

    name: str
    stem: str
    cohort: Cohort
    splits: list[Split]

    @classmethod
    def load(cls, path: Path) -> Tested:
        """Read a cohort; its folds are those of a study of six repeats of five."""
        cohort = Cohort.load(path)
        splits = draw_honest_splits(cohort, split_seed(SEED), repeats=REPEATS)
        return cls(NAMES.get(path.stem, path.stem), path.stem, cohort, splits)


def score_split(tested: Tested, model: str, number: int) -> dict[str, np.ndarray]:
    """Scores of the test part; of a committee those of its members beside its own."""
    contender, split = MODELS[model], tested.splits[number - 1]
    data = CohortArrays.of(tested.cohort)
    if not contender.kind:
        return {model: score_by_lassonet(data, split, fit_seed(SEED, model, number))}
    kind = KINDS[contender.kind]
    fitted, _, preprocessor = prepare_and_fit(
        data,
        split.fitting_rows,
        HONEST,
        kind,
        contender.parameters,
        fit_seed(SEED, kind.name, number),
        len(split.validation),
    )
    X = transform_rows(preprocessor, data.X, split.test)
    scores = {model: scores_of(fitted, X)[0]}
    if model == COMMITTEE:
        of_members = fitted.score_members(X).T
        for member, score in zip(fitted.members, of_members, strict=True):
            scores[f"{member}, {MEMBER}"] = score
    return scores


def score_by_lassonet(data: CohortArrays, split: Split, seed: int) -> np.ndarray:
    """P(1) by LassoNet's default path, where its loss on the validation part is lowest."""
    import torch
    from lassonet import LassoNetClassifier

    rows, preprocessor = prepare_rows(data, split.train, HONEST)
    validation = transform_rows(preprocessor, data.X, split.validation)
    labels = data.labels.astype(np.int64)
    torch.manual_seed(seed)
    model = LassoNetClassifier(verbose=0)
    best: dict[str, Any] = {"loss": np.inf}

    def keep_best(_: Any, history: list[Any]) -> None:
        if history[-1].val_loss < best["loss"]:
            best.update(loss=history[-1].val_loss, state=model.model.cpu_state_dict())

    model.path(
        rows.X,
        labels[split.train],
        X_val=validation,
        y_val=labels[split.validation],
        callback=keep_best,
    )
    model.load(best["state"])
    return model.predict_proba(transform_rows(preprocessor, data.X, split.test))[:, 1]


def score_cohort(tested: Tested, model: str) -> pd.DataFrame:
    """Scores of a model in every test part: `split, model, row, score, seconds`."""
    tables = []
    for number, split in enumerate(tested.splits[: MODELS[model].most_splits], start=1):
        started = time.process_time()
        with one_thread_a_task():
            scores = score_split(tested, model, number)
        seconds = time.process_time() - started
        for name, score in scores.items():
            rows = {"split": number, "model": name, "row": split.test, "score": score}
            tables.append(pd.DataFrame(rows).assign(seconds=seconds))
    return pd.concat(tables, ignore_index=True)


def keep_scores(tested: Tested, models: Iterable[str], folder: Path) -> pd.DataFrame:
    """Scores of all models on a cohort; those that are not kept yet are made."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for model in models:
        if not MODELS[model].enters(tested.cohort):
            continue
        path = folder / f"{tested.stem}--{model}.csv"
        if not path.exists():
            with whole_file(path) as writing:
                score_cohort(tested, model).to_csv(writing, index=False)
            print(f"{tested.name}: {model} is done", flush=True)
        tables.append(pd.read_csv(path))
    return pd.concat(tables, ignore_index=True)


def as_predictions(tested: Tested, scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of all parts, as tables of a study have them; only tested ones have scores."""
    tables = []
    labels = CohortArrays.of(tested.cohort).labels
    for (model, number), of_split in scores.groupby(["model", "split"], sort=False):
        split = tested.splits[number - 1]
        known = of_split.set_index("row")["score"]
        for part in ("train", "validation", "test"):
            rows = getattr(split, part)
            score = known.loc[rows].to_numpy(np.float64) if part == "test" else np.nan
            tables.append(
                pd.DataFrame(
                    {
                        "split": number,
                        "model": model,
                        "sample": tested.cohort.samples[rows],
                        "patient": tested.cohort.patients[rows],
                        "part": part,
                        "label": labels[rows],
                        "score": score,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def measure(tested: Tested, scores: pd.DataFrame) -> pd.DataFrame:
    """AUC of each model with its interval, and the committee less each, if there is one."""
    predictions = as_predictions(tested, scores)
    models = list(predictions["model"].unique())
    refitted = [model for model in models if model not in MODELS or MODELS[model].refitted]
    random = np.random.default_rng(seed_for(SEED, "draws", tested.stem))
    table = compute_discrimination(predictions, random, refitted=refitted)
    columns = ["model", "n", "events", "n_splits", "auc", "ci_low", "ci_high", "sd"]
    table = table[columns]
    table.insert(0, "cohort", tested.name)
    table.insert(1, "genes", tested.cohort.n_genes)
    others = [model for model in models if model != COMMITTEE]
    if COMMITTEE in models and others:
        compared = compute_comparison(predictions, COMMITTEE, others, refitted=refitted)
        compared = compared.set_index("baseline")[["difference", "ci_low", "ci_high"]]
        compared.columns = ["difference", "difference_low", "difference_high"]
        table = table.join(compared, on="model")
    seconds = scores.groupby(["model", "split"])["seconds"].first().groupby("model").mean()
    return table.join(seconds, on="model")


def measure_all(tested: Tested, scores: pd.DataFrame) -> pd.DataFrame:
    """The same of all folds, and of the few that LassoNet has, of the models beside it."""
    few = scores["model"] == LASSONET
    tables = [measure(tested, scores[~few])]
    if few.any():
        beside = scores["model"].isin(MODELS) & (scores["model"] != ON_GENES)
        in_few = scores["split"] <= scores.loc[few, "split"].max()
        tables.append(measure(tested, scores[beside & in_few]))
    return pd.concat(tables, ignore_index=True)


def write(results: pd.DataFrame) -> None:
    """The tables as CSV and as a page."""
    write_csv(OUTPUT / "committee.csv", results.round(4))
    trained = [model for model in MODELS if model not in (ON_GENES, LASSONET)]
    members = [model for model in results["model"].unique() if MEMBER in model]
    write_page(OUTPUT / "committee.md", results, COMMITTEE, trained, members, LASSONET)


def main() -> None:
    """Fit what is not kept yet; write the tables where everything was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohorts", nargs="+", type=Path, help=".h5ad files, with labels")
    parser.add_argument("--keep", type=Path, default=Path("build/committee"))
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    asked = parser.parse_args()
    tables = []
    for path in asked.cohorts:
        tested = Tested.load(path)
        tables.append(measure_all(tested, keep_scores(tested, asked.models, asked.keep)))
    results = pd.concat(tables, ignore_index=True)
    print(results.round(3).to_string(index=False))
    everything = set(MODELS) - {LASSONET}
    if set(results["cohort"]) == set(NAMES.values()) and everything <= set(asked.models):
        write(results)


if __name__ == "__main__":
    main()
