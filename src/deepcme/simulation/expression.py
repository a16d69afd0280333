"""Simulated expression: FPKM of genes in modules, of patients with one or more samples.

The log2 FPKM of gene g in sample i is::

    mean[g] + sd[g] * (z[g, i] + shift[g, i] + batch[g, b(i)] + normal[g, i])

where z is standard normal, correlated within modules of genes and between the samples of
a patient, and the shift is what the outcome adds, if anything. Reads are Poisson counts
with the mean FPKM * gene length * library size, and the simulated value is the count
turned back into FPKM: low expression is noisy, and a small library misses genes that a
large one sees.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.progress import show_progress
from deepcme.base.seeds import seed_for
from deepcme.base.workload import equal_pieces

FloatArray = NDArray[np.float64]

# Chosen so that about a quarter of 56,602 genes exceed 1 FPKM, as in TCGA breast cancer.
LOG2_FPKM_MEAN, LOG2_FPKM_SD = -1.0, 2.5
RARE_LOG2_FPKM_MEAN, RARE_LOG2_FPKM_SD = 0.0, 1.0
MIN_RARE_PREVALENCE, MAX_RARE_PREVALENCE = 0.001, 0.05
# Well expressed, so that counting noise takes little from the effect.
SIGNAL_MIN_LOG2_FPKM, SIGNAL_LOG2_FPKM_SD = 2.0, 1.5
GENE_SD = (0.5, 1.5)
GENE_LENGTH_KB, GENE_LENGTH_LOG_SD = 2.0, 0.6
LIBRARY_SIZE_MILLIONS, LIBRARY_SIZE_LOG_SD = 40.0, 0.3
WITHIN_PATIENT_CORRELATION = 0.7
BATCH_SD = 0.3
NORMAL_TISSUE_SD = 1.0


class ExpressionDesign:
    """The numbers that any simulated cohort has of its expression; see `CohortDesign`."""

    samples: int
    genes: int
    signal_genes: int
    effect: float
    rare_genes: float
    module_size: int
    module_correlation: float
    batches: int
    repeated_samples: float
    normal_tissue: float

    def require_possible(self) -> None:
        """Refuse numbers that are impossible, in one sentence."""
        for name in ("genes", "module_size", "batches"):
            if getattr(self, name) < 1:
                raise DeepCMEError(f"{_words(name)} must be 1 or more.")
        for name in ("rare_genes", "module_correlation", "repeated_samples", "normal_tissue"):
            if not 0 <= getattr(self, name) <= 1:
                raise DeepCMEError(f"{_words(name)} must be 0 to 1, not {getattr(self, name)}.")
        if not (math.isfinite(self.effect) and self.effect >= 0):
            raise DeepCMEError(f"Effect must be 0 or more, not {self.effect}.")
        if not 0 <= self.signal_genes <= self.genes - self.n_rare_genes:
            raise DeepCMEError(
                f"{self.signal_genes} signal genes are not possible: of {self.genes} genes, "
                f"{self.genes - self.n_rare_genes} are not rare."
            )
        if self.batches > self.samples:
            raise DeepCMEError(f"{self.samples} samples cannot fill {self.batches} batches.")

    @property
    def n_rare_genes(self) -> int:
        """Number of rare genes."""
        return round(self.rare_genes * self.genes)


def draw_patients(
    n_samples: int, design: ExpressionDesign, random: np.random.Generator
) -> tuple[NDArray[np.int64], int]:
    """Patient of each sample, repeated ones last, and the number of patients."""
    n_patients = max(1, n_samples - round(design.repeated_samples * n_samples))
    repeated = random.integers(n_patients, size=n_samples - n_patients)
    return np.r_[np.arange(n_patients), repeated], n_patients


def shuffle_samples(
    patient: NDArray[np.int64],
    repeated: NDArray[np.bool_],
    design: ExpressionDesign,
    random: np.random.Generator,
) -> pd.DataFrame:
    """The samples in random order, and how each was taken and measured.

    Returns
    -------
    pandas.DataFrame
        ``place`` (in the order given), ``patient`` (numbered anew), ``repeated``, ``normal``
        (tissue), ``batch`` (number) and ``library_size`` (million reads).
    """
    n_normal = round(design.normal_tissue * repeated.sum())
    normal = marked(
        design.samples, random.choice(np.flatnonzero(repeated), n_normal, replace=False)
    )
    order = random.permutation(design.samples)
    return pd.DataFrame(
        {
            "place": order,
            "patient": pd.factorize(patient[order])[0],
            "repeated": repeated[order],
            "normal": normal[order],
            "batch": random.permutation(np.arange(design.samples) % design.batches),
            "library_size": LIBRARY_SIZE_MILLIONS
            * random.lognormal(0, LIBRARY_SIZE_LOG_SD, design.samples),
        }
    )


def draw_genes(design: ExpressionDesign, seed: int) -> pd.DataFrame:
    """The truth about each gene (module, signal, effect, rare) and how it is expressed."""
    random = np.random.default_rng(seed_for(seed, "simulated cohort", "genes"))
    n, n_rare, n_signal = design.genes, design.n_rare_genes, design.signal_genes
    rare, signal, _ = np.split(random.permutation(n), [n_rare, n_rare + n_signal])
    log2_mean = random.normal(LOG2_FPKM_MEAN, LOG2_FPKM_SD, n)
    log2_mean[rare] = random.normal(RARE_LOG2_FPKM_MEAN, RARE_LOG2_FPKM_SD, n_rare)
    log2_mean[signal] = SIGNAL_MIN_LOG2_FPKM + np.abs(
        random.normal(0, SIGNAL_LOG2_FPKM_SD, n_signal)
    )
    effect = np.zeros(n)
    effect[signal] = design.effect * random.choice([-1, 1], n_signal)
    prevalence = np.ones(n)
    prevalence[rare] = np.exp(
        random.uniform(math.log(MIN_RARE_PREVALENCE), math.log(MAX_RARE_PREVALENCE), n_rare)
    )
    return pd.DataFrame(
        {
            "module": np.arange(n) // design.module_size,
            "signal": marked(n, signal),
            "effect": effect,
            "rare": marked(n, rare),
            "prevalence": prevalence,
            "log2_mean": log2_mean,
            "log2_sd": random.uniform(*GENE_SD, n),
            "length": GENE_LENGTH_KB * random.lognormal(0, GENE_LENGTH_LOG_SD, n),
        },
        index=pd.Index(numbered("GENE", np.arange(n)), dtype=object),
    )


def each_module(
    design: ExpressionDesign, genes: pd.DataFrame, *, quiet: bool
) -> Iterator[tuple[slice, pd.DataFrame]]:
    """Columns and genes of one module after another, with progress unless it is quiet."""
    starts = range(0, design.genes, design.module_size)
    work = equal_pieces(len(starts))
    with show_progress("Simulating", work, noun="modules", quiet=quiet):
        for number, start in enumerate(starts):
            columns = slice(start, start + design.module_size)
            yield columns, genes.iloc[columns]
            work.finish(number)


def seed_module(genes: pd.DataFrame, seed: int) -> np.random.Generator:
    """The randomness of one module, which is that of no other."""
    return np.random.default_rng(
        seed_for(seed, "simulated cohort", "module", int(genes["module"].iloc[0]))
    )


def draw_tumours(
    samples: pd.DataFrame, genes: pd.DataFrame, correlation: float, random: np.random.Generator
) -> FloatArray:
    """Standard normal expression of the genes of a module, samples x genes.

    Parameters
    ----------
    samples : pandas.DataFrame
        With the ``patient`` of each, a number from 0.
    genes : pandas.DataFrame
        The rows of `draw_genes` that belong to the module.
    correlation : float
        Of two genes of the module.
    random : numpy.random.Generator
    """
    patient, n_genes = samples["patient"].to_numpy(), len(genes)
    z = math.sqrt(WITHIN_PATIENT_CORRELATION) * _correlated_normal(
        patient.max() + 1, n_genes, correlation, random
    ).take(patient, axis=0)
    z += math.sqrt(1 - WITHIN_PATIENT_CORRELATION) * _correlated_normal(
        len(samples), n_genes, correlation, random
    )
    return z


def measure_expression(
    z: FloatArray, samples: pd.DataFrame, genes: pd.DataFrame, random: np.random.Generator
) -> FloatArray:
    """FPKM of samples of such expression, which it changes: with their batches and counts."""
    patient, batch = samples["patient"].to_numpy(), samples["batch"].to_numpy()
    n_patients, n_genes = patient.max() + 1, len(genes)
    z += random.normal(0, BATCH_SD, (batch.max() + 1, n_genes)).take(batch, axis=0)
    z += np.outer(samples["normal"], random.normal(0, NORMAL_TISSUE_SD, n_genes))
    fpkm = np.exp2(genes["log2_mean"].to_numpy() + genes["log2_sd"].to_numpy() * z)
    expressing = _draw_expressing_patients(n_patients, genes["prevalence"].to_numpy(), random)
    fpkm *= expressing.take(patient, axis=0)
    reads_per_fpkm = np.outer(samples["library_size"], genes["length"])
    counts: FloatArray = random.poisson(fpkm * reads_per_fpkm) / reads_per_fpkm
    return counts


def _correlated_normal(
    rows: int, genes: int, correlation: float, random: np.random.Generator
) -> FloatArray:
    """Standard normal values with one shared factor per row."""
    shared = random.normal(0, math.sqrt(correlation), (rows, 1))
    own: FloatArray = random.normal(0, math.sqrt(1 - correlation), (rows, genes))
    return own + shared


def _draw_expressing_patients(
    n_patients: int, prevalence: FloatArray, random: np.random.Generator
) -> NDArray[np.bool_]:
    """Which patients express which gene, patients x genes."""
    expressing = np.ones((n_patients, len(prevalence)), dtype=bool)
    rare = np.flatnonzero(prevalence < 1)
    n_expressing = np.maximum(1, np.round(prevalence[rare] * n_patients))
    places = np.repeat(np.arange(n_patients)[:, np.newaxis], len(rare), axis=1)
    expressing[:, rare] = random.permuted(places, axis=0) < n_expressing
    return expressing


def numbered(prefix: str, numbers: NDArray[np.int64]) -> list[str]:
    """Ids of equal width, counted from 1."""
    width = len(str(int(numbers.max()) + 1))
    return [f"{prefix}{number + 1:0{width}d}" for number in numbers]


def marked(n: int, members: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of n are members."""
    are = np.zeros(n, dtype=bool)
    are[members] = True
    return are


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
