"""Rows whose span is hard to tell by digits: what turned-back weights must not stumble over."""

import numpy as np


def plain(random):
    """Rows that have nothing odd about them."""
    return random.normal(size=(40, 300))


def near_duplicates(random):
    """Every second row repeats the one before it, as a second sample of a patient might."""
    X = random.normal(size=(40, 300))
    X[1::2] = X[::2] + 1e-3 * random.normal(size=(20, 300))
    return X


def repeated_rows(random):
    X = random.normal(size=(40, 300))
    X[30:] = X[:10]
    return X


def constant_genes(random):
    X = random.normal(size=(40, 300))
    X[:, ::2] = 0
    return X


def clipped_outliers(random):
    X = random.normal(size=(40, 300))
    X[3] *= 100
    X[:, 17] *= 100
    return np.clip(X, -10, 10)


def one_gene_that_dominates(random):
    X = random.normal(size=(40, 300))
    X[:, 7] *= 1e3
    return X


def a_mean_that_dominates(random):
    """As logged expression is before it is standardised."""
    return 8 + random.normal(size=(40, 300))


KINDS_OF_ROWS = (
    *(plain, near_duplicates, repeated_rows, constant_genes),
    *(clipped_outliers, one_gene_that_dominates, a_mean_that_dominates),
)
