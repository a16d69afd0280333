"""Compare the models of times to an event on six breast cancer cohorts, thirty folds each.

Every model is fitted on the same folds, as a study fits it, and judged on the fold left out.
The scores of a model are kept as soon as it is done with a cohort, so that a run that was
stopped goes on where it was. The table goes to docs/benchmarks.

    python benchmarks/times.py FOLDER [--keep build/times] [--cohorts NAME ...] [--models NAME ...]

FOLDER holds a folder of expression.parquet and samples.csv for each cohort.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.files.files import whole_file
from deepcme.base.seeds import integer_seed, seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.cohort.honest import HONEST, draw_honest_splits
from deepcme.cohort.splits import Split
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.models.clinical import ClinicalEncoder
from deepcme.models.fitting import prepare_and_fit, scores_of
from deepcme.models.preprocessing import transform_rows
from deepcme.models.registry import KINDS
from deepcme.models.survival.cox_regression import CoxRegression
from deepcme.models.survival.target import make_target
from deepcme.models.targets import make_targets
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
SEED = 1
FOLDS, REPEATS = 5, 6
CLINICAL = "clinical columns"


@dataclass(frozen=True)
class Source:
    """Where a cohort lies, the horizon in its own unit, and its clinical columns."""

    folder: str
    horizon: float
    time: str
    clinical: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()

    def load(self, folder: Path) -> Cohort:
        """Read it as `deepcme prepare` does."""
        columns = TableColumns(
            patient="patient_id",
            where=self.where,
            times=TimeToEvent(self.time, "event", horizon=self.horizon),
        )
        within = folder / self.folder
        return cohort_from_tables(within / "expression.parquet", within / "samples.csv", columns)


_BOTH = "breast_dmfs_gse25055_gse16446"
COHORTS = {
    "TRANSBIG": Source(
        "gse7390_transbig76", 1826.25, "time_days", ("age", "grade", "size_cm", "er_status")
    ),
    "VDX": Source(
        "vdx_gse2034_gse5327_150_symbols",
        1826.25,
        "time_days",
        ("age", "grade", "size_cm", "er_status"),
    ),
    "GSE25055": Source(_BOTH, 3.0, "time_years", where=(("cohort", "GSE25055"),)),
    "GSE16446": Source(_BOTH, 3.0, "time_years", where=(("cohort", "GSE16446"),)),
    "GSE1992": Source("gse1992_relapse", 24.0, "time_months", ("er_status",)),
    "van 't Veer": Source(
        "veer2002_symbols", 5.0, "time_years", ("age", "grade", "diameter_mm", "er_status")
    ),
}


@dataclass(frozen=True)
class Contender:
    """A row of the registry, or the clinical columns alone."""

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


MODELS = {
    "Cox-ridge": Contender("Cox-ridge"),
    "Cox-lasso": Contender("Cox-lasso"),
    "Cox-top-200": Contender("Cox-top-200"),
    CLINICAL: Contender(CLINICAL),
    "DeepCME-Cox": Contender("DeepCME-Cox"),
    "DeepCME-Cox-ensemble": Contender("DeepCME-Cox-ensemble"),
    "DeepCME-ensemble, weighted": Contender("DeepCME-ensemble"),
}


def score_test_part(
    cohort: Cohort, source: Source, contender: Contender, split: Split, seed: int
) -> np.ndarray:
    """Scores of the rows of the test part; higher is worse."""
    if contender.kind == CLINICAL:
        return _score_by_columns(cohort, source, split)
    data, kind = CohortArrays.of(cohort), KINDS[contender.kind]
    rows = split.fitting_rows
    learn_on = rows if kind.refitted else split.train
    targets = make_targets(data, kind, learn_on, source.horizon)
    model, _, preprocessor = prepare_and_fit(
        data,
        rows,
        HONEST,
        kind,
        contender.parameters,
        seed,
        len(split.validation),
        targets,
    )
    return scores_of(model, transform_rows(preprocessor, data.X, split.test))[0]


def _score_by_columns(cohort: Cohort, source: Source, split: Split) -> np.ndarray:
    columns = cohort.obs[list(source.clinical)].reset_index(drop=True)
    rows = split.fitting_rows
    encoder = ClinicalEncoder().fit(columns.iloc[rows])
    target = make_target(cohort.outcome.follow_up)
    model = CoxRegression().fit(encoder.transform(columns.iloc[rows]), target[rows])
    return model.predict(encoder.transform(columns.iloc[split.test]))


def score_cohort(name: str, cohort: Cohort, splits: list[Split], model: str) -> pd.DataFrame:
    """Scores of a model in every test part: `split, row, score`."""
    tables = []
    for number, split in enumerate(splits, start=1):
        seed = integer_seed(seed_for(SEED, "fit", name, model, number))
        with one_thread_a_task():
            scores = score_test_part(cohort, COHORTS[name], MODELS[model], split, seed)
        tables.append(pd.DataFrame({"split": number, "row": split.test, "score": scores}))
    return pd.concat(tables, ignore_index=True)


def as_predictions(
    cohort: Cohort, splits: list[Split], scores: dict[str, pd.DataFrame]
) -> Iterator[pd.DataFrame]:
    """Rows of all parts, as tables of a study have them; only tested ones have scores."""
    for model, table in scores.items():
        score = table.set_index(["split", "row"])["score"]
        for number, split in enumerate(splits, start=1):
            for part in ("train", "validation", "test"):
                rows = getattr(split, part)
                known = score[number].loc[rows] if part == "test" else np.nan
                yield pd.DataFrame(
                    {
                        "split": number,
                        "model": model,
                        "sample": cohort.samples[rows],
                        "patient": cohort.patients[rows],
                        "part": part,
                        "time": cohort.outcome.times[rows],
                        "event": cohort.outcome.events[rows],
                        "score": np.asarray(known, dtype=np.float64),
                    }
                )


def measure(
    name: str, cohort: Cohort, splits: list[Split], scores: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Uno's C and AUC at the horizon of each model, with intervals."""
    predictions = pd.concat(as_predictions(cohort, splits, scores), ignore_index=True)
    refitted = [
        model
        for model in scores
        if MODELS[model].kind == CLINICAL or KINDS[MODELS[model].kind].refitted
    ]
    random = np.random.default_rng(seed_for(SEED, "draws", name))
    evaluation = Evaluation.draw(
        predictions, COHORTS[name].horizon, random, refitted=refitted
    )
    table = compute_survival_discrimination(evaluation)
    table.insert(0, "cohort", name)
    return table[table["measure"].isin(["uno_c", "auc"])]


def main() -> None:
    """Fit what is not kept yet, then write the table of all that is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", type=Path, default=Path("build/times"))
    parser.add_argument("--cohorts", nargs="+", default=list(COHORTS), choices=COHORTS)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    tables = []
    for name in asked.cohorts:
        cohort = COHORTS[name].load(asked.folder)
        splits = draw_honest_splits(
            cohort, seed_for(SEED, "splits", name), folds=FOLDS, repeats=REPEATS, strata="none"
        )
        scores = {}
        for model in asked.models:
            if model == CLINICAL and not COHORTS[name].clinical:
                continue
            path = asked.keep / f"{name}--{model}.csv"
            if not path.exists():
                with whole_file(path) as writing:
                    score_cohort(name, cohort, splits, model).to_csv(writing, index=False)
            scores[model] = pd.read_csv(path)
        tables.append(measure(name, cohort, splits, scores))
        print(tables[-1][["cohort", "model", "measure", "value", "ci_low", "ci_high", "sd"]])


if __name__ == "__main__":
    main()
