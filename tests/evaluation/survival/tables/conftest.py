"""A small invented study of times: six folds of 120 patients, three models."""

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.tables.evaluated import Evaluation

HORIZON = 3.0
DRAWS = 100
FOLDS, REPEATS = 3, 2


def invent_predictions(n=120, seed=4, *, repeats=REPEATS, competing=False):
    """`network` knows something, `coin` nothing, `ranker` gives scores but no risk."""
    random = np.random.default_rng(seed)
    z = random.normal(size=n)
    of_event, censored = random.exponential(7 / np.exp(z)), random.uniform(0.5, 8, n)
    of_other = random.exponential(12, n) if competing else np.full(n, np.inf)
    ends = np.stack([censored, of_event, of_other])
    names = np.array([f"patient{i}" for i in range(n)])
    coin = random.normal(size=n)
    tables = []
    for repeat in range(repeats):
        fold = random.permutation(n) % FOLDS
        for number in range(FOLDS):
            part = np.where(fold == number, "test", "train").astype(object)
            part[(fold != number) & (random.random(n) < 0.3)] = "validation"
            noise = random.normal(size=n) / 2
            for model, score in {
                "network": z + noise,
                "coin": coin,
                "ranker": z - noise,
            }.items():
                columns = {
                    "split": repeat * FOLDS + number,
                    "model": model,
                    "sample": np.char.add("sample of ", names),
                    "patient": names,
                    "part": part,
                    "time": ends.min(axis=0),
                    "event": ends.argmin(axis=0),
                    "score": score,
                    "probability": np.nan if model == "ranker" else risk_of(score),
                }
                tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def risk_of(score):
    return -np.expm1(-0.3 * np.exp(np.asarray(score) * 0.8))


def evaluate(predictions, horizon=HORIZON, draws=DRAWS, **settings):
    random = np.random.default_rng(7)
    return Evaluation.draw(predictions, horizon, random, draws=draws, **settings)


def one_split(follow_up: FollowUp, scores, risks):
    """A table of one frozen model, every patient tested once."""
    n = follow_up.n
    columns = {
        "split": 0,
        "model": "frozen",
        "sample": [f"s{i}" for i in range(n)],
        "patient": [f"p{i}" for i in range(n)],
        "part": "test",
        "time": follow_up.times,
        "event": follow_up.events,
        "score": scores,
        "probability": risks,
    }
    return pd.DataFrame(columns)


@pytest.fixture(scope="package")
def predictions():
    return invent_predictions()


@pytest.fixture(scope="package")
def evaluation(predictions):
    return evaluate(predictions)


@pytest.fixture(scope="package")
def competing_evaluation():
    return evaluate(invent_predictions(competing=True))


@pytest.fixture(scope="package")
def by_cohort(predictions):
    """The same patients as two cohorts, each tested whole by a model of the other."""
    first = predictions[predictions["split"] == 0]
    in_north = first["patient"].str[-1].isin(list("01234"))
    tables = []
    for split, (cohort, inside) in enumerate({"north": in_north, "south": ~in_north}.items()):
        part = np.where(
            inside, "test", np.where(first["part"] == "test", "train", first["part"])
        )
        tables.append(first.assign(split=split, part=part, left_out=cohort))
    return pd.concat(tables, ignore_index=True)
