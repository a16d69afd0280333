"""Whether the genes of a set go with the outcome more than other genes, as one.

The shift of a set is the mean score statistic of its genes minus that of the others. Its
variance has two parts, as in MEACA [1]_. Statistics of correlated genes err together: that
part is known from permutations of the patients, which keep the genes as they are. And genes
differ in what they have to do with the outcome, so that any genes, drawn at random, have
another mean than the others: that part comes from how much more the statistics of all genes
spread than they do in permutations. Permuting genes instead, as preranked enrichment does,
leaves the first out and takes correlated genes for an effect [2]_ [3]_.

References
----------
.. [1] Zhuo B, Jiang D, Di Y (2017). MEACA: efficient gene-set interpretation of expression
   data using mixed models. bioRxiv 106781.
.. [2] Goeman JJ, Buhlmann P (2007). Analyzing gene expression data in terms of gene sets:
   methodological issues. Bioinformatics 23:980-987.
.. [3] Wu D, Smyth GK (2012). Camera: a competitive gene set test accounting for inter-gene
   correlation. Nucleic Acids Research 40:e133.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control
from scipy.stats import t as student_t

from deepcme.selection.enrichment.association import (
    FloatArray,
    PatientPermutations,
    compute_scale,
)
from deepcme.selection.enrichment.measured import GeneIndex

FALSE_DISCOVERIES = 0.05
"""Up to which false-discovery rate a set is claimed."""
FEWEST_PERMUTATIONS, MOST_PERMUTATIONS = 10_000, 100_000
_FOR_EACH_SET = 40
"""Permutations for each set, so that one set among them can be claimed alone."""
_FOR_SPREAD = 2_000
"""Permutations that the variances are estimated of."""
_GENES_AT_ONCE = 2048


def count_permutations(n_sets: int) -> int:
    """How many permutations of the patients the test of so many sets takes."""
    return int(np.clip(_FOR_EACH_SET * n_sets, FEWEST_PERMUTATIONS, MOST_PERMUTATIONS))


def compute_shifts(
    expression: NDArray[np.float32],
    residuals: FloatArray,
    sets: Sequence[GeneIndex],
    patients: PatientPermutations,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Test the shift of each set.

    Parameters
    ----------
    expression : array, samples x genes
        As `MeasuredGenes` has it.
    residuals : array, samples
        As `compute_residuals` gives them.
    sets : sequence of arrays of int
        Positions of the genes of each, two or more.
    patients : PatientPermutations
    random : numpy.random.Generator

    Returns
    -------
    DataFrame
        One row a set: `shift`, with its 95% interval (Student's t); `statistic`, the shift
        over its standard error; `p`, of two sides; `fdr` (Benjamini and Hochberg 1995);
        `claimed`; `correlation`, the mean of the pairs of its genes; `variance_inflation`, by
        which that correlation multiplies the variance of their mean statistic.

        The p is the share of permutations whose statistic is as far from 0 or farther, the
        one observed counted in (Phipson and Smyth 2010), or that by Student's t where it is
        larger: in permutations genes have no effects, so that their statistics spread a
        little less than those of a null set among genes that have some.
    """
    sizes = np.array([len(genes) for genes in sets])
    if not len(sizes):
        return pd.DataFrame(columns=list(_COLUMNS))
    shifts = _Shifts.of(expression, compute_scale(residuals, patients.n_strata), sets)
    shift, spread = shifts.compute(residuals[np.newaxis])
    variance, expected = _average(shifts, patients, residuals, random)
    number = count_permutations(len(sizes))
    of_sizes = 1 / sizes + 1 / (expression.shape[1] - sizes)

    def find_errors(spread: FloatArray) -> FloatArray:
        of_effects = np.maximum(0, spread - expected)[:, np.newaxis]
        errors: FloatArray = np.sqrt(variance + of_effects * of_sizes)
        return errors

    error = find_errors(spread)[0]
    statistic = shift[0] / error
    as_far = np.zeros(len(sizes))
    for permuted in patients.draw(residuals, random, number):
        permuted_shift, permuted_spread = shifts.compute(permuted)
        far = np.abs(permuted_shift / find_errors(permuted_spread))
        # Rounding must not make a permutation that changes nothing less far.
        as_far += (far * (1 + 1e-9) >= np.abs(statistic)).sum(axis=0)
    t = student_t(patients.n_patients - patients.n_strata - 1)
    p = np.maximum((1 + as_far) / (1 + number), 2 * t.sf(np.abs(statistic)))
    fdr = false_discovery_control(p)
    ends = shift[0] + t.ppf([[0.025], [0.975]]) * error
    inflation = np.array([_inflation(expression[:, genes]) for genes in sets])
    correlation = (inflation - 1) / (sizes - 1)
    claimed = fdr <= FALSE_DISCOVERIES
    values = (shift[0], *ends, statistic, p, fdr, claimed, correlation, inflation)
    return pd.DataFrame(dict(zip(_COLUMNS, values, strict=True)))


_COLUMNS = (
    "shift", "ci_low", "ci_high", "statistic", "p", "fdr", "claimed", "correlation",
    "variance_inflation",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Shifts:
    """What shifts are computed of, whatever the outcome.

    Attributes
    ----------
    contrasts : array, samples x sets
        Mean expression of a set's genes minus that of the others.
    kernel : array, samples x samples
        Products of samples over the genes, by which statistics spread.
    mean : array, samples
        Mean expression of all genes.
    """

    contrasts: FloatArray
    kernel: FloatArray
    mean: FloatArray

    @classmethod
    def of(
        cls, expression: NDArray[np.float32], scale: float, sets: Sequence[GeneIndex]
    ) -> _Shifts:
        n, n_genes = expression.shape
        total, kernel = np.zeros(n), np.zeros((n, n))
        for start in range(0, n_genes, _GENES_AT_ONCE):
            block = expression[:, start : start + _GENES_AT_ONCE].astype(np.float64)
            total += block.sum(axis=1)
            kernel += block @ block.T
        contrasts = np.empty((n, len(sets)))
        for number, genes in enumerate(sets):
            of_set = expression[:, genes].sum(axis=1, dtype=np.float64)
            others = (total - of_set) / (n_genes - len(genes))
            contrasts[:, number] = of_set / len(genes) - others
        return cls(scale * contrasts, scale**2 * kernel / n_genes, scale * total / n_genes)

    def compute(self, residuals: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Shifts, and the variance of all genes' statistics, of each row of residuals."""
        squares = np.einsum("ij,ij->i", residuals @ self.kernel, residuals)
        return residuals @ self.contrasts, squares - (residuals @ self.mean) ** 2


def _average(
    shifts: _Shifts,
    patients: PatientPermutations,
    residuals: FloatArray,
    random: np.random.Generator,
) -> tuple[FloatArray, float]:
    """Variance of each shift, and how far all statistics spread, in permutations."""
    squares, spread = np.zeros(shifts.contrasts.shape[1]), 0.0
    for permuted in patients.draw(residuals, random, _FOR_SPREAD):
        shift, spreads = shifts.compute(permuted)
        squares += (shift**2).sum(axis=0)
        spread += float(spreads.sum())
    return squares / _FOR_SPREAD, spread / _FOR_SPREAD


def _inflation(expression: NDArray[np.float32]) -> float:
    """Variance of the mean of a set's genes, over what it were without correlation."""
    return float(expression.shape[1] * expression.mean(axis=1, dtype=np.float64).var())
