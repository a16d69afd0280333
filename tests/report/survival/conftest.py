"""A small invented study of times to an event: predictions of two Cox models and a classifier."""

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.report.models import find_refitted_models
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder

HORIZON = 5.0
FOLDS = 4
STRENGTHS = {"Cox-ridge": 1.0, "Cox-top-200": 0.6, "KNN": 0.3}


@pytest.fixture(scope="package")
def invented_predictions():
    """Predictions of patients whose hazard a true score sets; twice four folds."""

    def make(n=80, *, competing=False, horizon=HORIZON, seed=1, strengths=None):
        random = np.random.default_rng(seed)
        truth = random.normal(size=n)
        time, censored = random.exponential(9 * np.exp(-truth)), random.uniform(2, 15, n)
        event = (time <= censored).astype(int)
        time = np.minimum(time, censored)
        if competing:
            other = random.exponential(25, n)
            event, time = np.where(other < time, 2, event), np.minimum(time, other)
        names = [f"P{number}" for number in range(n)]
        known = {"sample": names, "patient": names, "time": time, "event": event}
        tables = []
        for split in range(2 * FOLDS):
            if split % FOLDS == 0:
                fold = random.permutation(n) % FOLDS
            part = np.select(
                [fold == split % FOLDS, fold == (split + 1) % FOLDS],
                ["test", "validation"],
                "train",
            )
            for model, strength in (strengths or STRENGTHS).items():
                score = strength * truth + random.normal(0, 0.5, n)
                risk = 1 - np.exp(-np.exp(score) * (horizon or np.nan) / 9)
                row = {"split": split, "model": model, "part": part}
                tables.append(
                    pd.DataFrame({**row, **known, "score": score, "probability": risk})
                )
        return pd.concat(tables, ignore_index=True)

    return make


@pytest.fixture(scope="package")
def contents_of(tmp_path_factory):
    """The contents of a report on predictions, nothing computed yet."""

    def make(predictions, horizon=HORIZON, unit="years", models=tuple(STRENGTHS)):
        study = make_study(
            {
                "cohort": {"path": "cohort.h5ad"},
                "survival": {} if horizon is None else {"horizon": horizon},
                "models": list(models),
                "comparator": models[1],
            }
        )
        folder = StudyFolder(tmp_path_factory.mktemp("study"))
        cohort = {"unit": unit, "endpoint": "Time to an event."}
        results = StudyResults(folder, study, cohort, predictions)
        # Few draws, for speed: what is tested is no interval.
        vars(results)["evaluation"] = Evaluation.draw(
            predictions,
            horizon,
            np.random.default_rng(1),
            refitted=find_refitted_models(study),
            draws=40,
        )
        return Contents(results)

    return make
