"""Invented patients whose first genes tell how soon they have the event."""

import numpy as np

from deepcme.cohort.follow_up import FollowUp
from deepcme.models.survival.target import make_target


def make_patients(n, n_genes, effects, seed):
    """Expression, and follow-up of which the first genes tell the hazard."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, n_genes))
    times = random.exponential(np.exp(-X[:, : len(effects)] @ np.array(effects)))
    ends = random.exponential(2, n)
    return X, FollowUp(np.minimum(times, ends), times <= ends)


X, FOLLOW_UP = make_patients(90, 150, [0.8, -0.8, 0.6], seed=1)
Y = make_target(FOLLOW_UP)
