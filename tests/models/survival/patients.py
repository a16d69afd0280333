"""Invented patients whose first genes tell how soon they have the event."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.cohort.follow_up import FollowUp
from deepcme.models.survival.target import make_target


def make_patients(n, n_genes, effects, seed):
    """Expression, and follow-up of which the first genes tell the hazard."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, n_genes))
    times = random.exponential(np.exp(-X[:, : len(effects)] @ np.array(effects)))
    ends = random.exponential(2, n)
    return X, FollowUp(np.minimum(times, ends), times <= ends)


def read_reference(name):
    """Values of glmnet; how they were made is in the R file beside them."""
    path = Path(__file__).parent / "references" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def read_gse25055(shared_data):
    """The forty genes of `ridge.json`, standardised, and the follow-up of GSE25055."""
    folder = shared_data / "breast_dmfs_gse25055_gse16446"
    samples = pd.read_csv(folder / "samples.csv", index_col="sample_id")
    samples = samples[(samples["cohort"] == "GSE25055") & samples["time_years"].notna()]
    table = pd.read_parquet(folder / "expression.parquet", columns=None)
    genes = table.loc[samples.index, read_reference("ridge")["genes"]].to_numpy(np.float64)
    genes = (genes - genes.mean(axis=0)) / genes.std(axis=0)
    return genes, FollowUp(samples["time_years"], samples["event"])


def make_tied_patients():
    """The patients of `lasso.R`: whole numbers as times, and no generator."""
    number = np.arange(1, 61)
    row, gene = number[:, np.newaxis], np.arange(1, 13)
    X = np.sin(row * gene * 0.7 + gene**2) + np.cos(row * (gene + 1) * 1.3) / 2
    X -= X.mean(axis=0)
    X /= X.std(axis=0)
    hazards = np.exp(X[:, :3] @ [0.8, -0.7, 0.4])
    times = np.ceil(-np.log(number * 37 % 61 / 61) / hazards * 4)
    return X, FollowUp(times, number * 23 % 7 > 2)


X, FOLLOW_UP = make_patients(90, 150, [0.8, -0.8, 0.6], seed=1)
Y = make_target(FOLLOW_UP)
SIGNAL_X, SIGNAL = make_patients(150, 60, [1.0, -1.0, 0.8], seed=3)
PENALTIES = tuple(np.geomspace(0.6, 0.03, 12))
"""From none of the genes of the signal to all, and some beside."""
