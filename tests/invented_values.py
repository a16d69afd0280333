"""Matrices with values as the scales have them, invented."""

import numpy as np


def gamma(shape, scale, zeros=0.0, seed=0, n_genes=400):
    random = np.random.default_rng(seed)
    values = random.gamma(shape, scale, (20, n_genes))
    values[random.random(values.shape) < zeros] = 0
    return values.astype(np.float32)


def poisson(mean, n_genes=400):
    random = np.random.default_rng(0)
    return random.poisson(random.gamma(2, mean / 2, n_genes), (20, n_genes)).astype(np.float32)


def normal(spread=1.0, centre=0.0):
    return np.random.default_rng(0).normal(centre, spread, (20, 400)).astype(np.float32)


def logged(offset=1.0, zeros=0.2):
    return np.log2(gamma(0.5, 2000, zeros=zeros).round(2) + np.float32(offset))


def with_negatives(values, share, size):
    random = np.random.default_rng(1)
    below = random.random(values.shape) < share
    return np.where(below, -random.gamma(1, size, values.shape), values).astype(np.float32)


def genes_at_levels(n=40, level=5.0, n_genes=200, seed=0):
    """Linear values of genes that differ in level, 8% of them 0; RSEM's level, or FPKM's."""
    random = np.random.default_rng(seed)
    values = 2 ** (random.normal(level, 3, n_genes) + random.normal(0, 1, (n, n_genes)))
    return np.where(random.random(values.shape) < 0.08, 0, values).astype(np.float32)


def standardised(values, ddof=0):
    """Each gene with mean 0 and standard deviation 1."""
    return (values - values.mean(axis=0)) / values.std(axis=0, ddof=ddof)
