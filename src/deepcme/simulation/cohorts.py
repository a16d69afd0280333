"""Simulated bulk RNA-seq cohorts: FPKM with a known truth.

The log2 FPKM of gene g in sample i is::

    mean[g] + sd[g] * (z[g, i] + effect[g] * event[i] + batch[g, b(i)] + normal[g, i])

where z is standard normal, correlated within modules of genes and between
the samples of a patient. Reads are Poisson counts with the mean FPKM * gene length *
library size, and the simulated value is the count turned back into FPKM: low
expression is noisy, and a small library misses genes that a large one sees.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.progress import show_progress
from deepcme.base.seeds import seed_for
from deepcme.base.workload import equal_pieces
from deepcme.cohort.cohort import Cohort

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


@dataclass(frozen=True)
class CohortDesign:
    """The numbers of a simulated cohort; the defaults have the size of the paper's.

    Parameters
    ----------
    samples, genes : int
    events : int
        Samples labelled 1, exactly. All samples of a patient have one label.
    signal_genes : int
        Genes that differ between events and non-events; never rare ones.
    effect : float
        Size of that difference: the shift of a signal gene's mean log2
        expression in events, up or down at random, in units of the gene's
        standard deviation among non-events of one batch (Cohen's d), before
        counting noise. Other genes of its module do not shift. In normal
        tissue there is no shift.
    rare_genes : float
        Share of genes that only 0.1% to 5% of patients express (at least one).
    module_size : int
        Genes in a module; the last module may be smaller.
    module_correlation : float
        Correlation of the log2 expression of two genes of a module.
    batches : int
        Batches of equal size, unrelated to the label; each shifts each gene by
        a normal deviate of 0.3 of the gene's standard deviations.
    repeated_samples : float
        Share of samples that come from a patient who has one already, among
        events and non-events alike; the correlation within a patient is 0.7.
    normal_tissue : float
        Share of the repeated samples that are normal tissue, in which each
        gene is shifted by a normal deviate of one standard deviation.

    Raises
    ------
    DeepCMEError
        If the numbers are impossible.
    """

    samples: int = 1193
    genes: int = 56602
    events: int = 23
    signal_genes: int = 50
    effect: float = 0.5
    rare_genes: float = 0.25
    module_size: int = 50
    module_correlation: float = 0.4
    batches: int = 4
    repeated_samples: float = 0.1
    normal_tissue: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.events < self.samples:
            raise DeepCMEError(
                f"{self.events} events among {self.samples} samples are not possible: there "
                "must be at least one event and one non-event."
            )
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


def simulate_cohort(design: CohortDesign, seed: int = 1, *, quiet: bool = True) -> Cohort:
    """Draw a cohort; the same design and seed give the same bytes.

    Modules are drawn one at a time, each from its own branch of the seed, so
    that memory holds little more than the matrix.

    Parameters
    ----------
    design : CohortDesign
    seed : int
    quiet : bool
        Show no progress.

    Returns
    -------
    Cohort
        Scale ``fpkm``. The truth is in `adata.var`: ``module`` (number),
        ``signal``, ``rare`` (true or false) and ``effect`` (signed, 0 where there
        is none); design, seed and signal genes also in the provenance. `obs`
        has the ``library_size`` in million reads.
    """
    samples = draw_samples(design, seed)
    genes = draw_genes(design, seed)
    X = np.empty((design.samples, design.genes), dtype=np.float32)
    starts = range(0, design.genes, design.module_size)
    work = equal_pieces(len(starts))
    with show_progress("Simulating", work, noun="modules", quiet=quiet):
        for number, start in enumerate(starts):
            of_module = genes.iloc[start : start + design.module_size]
            X[:, start : start + design.module_size] = simulate_module(
                samples, of_module, design.module_correlation, seed
            )
            work.finish(number)
    return Cohort.from_arrays(
        X,
        samples["label"],
        samples=_numbered("S", np.arange(design.samples)),
        patients=_numbered("P", samples["patient"].to_numpy()),
        tissue=np.where(samples["normal"], "normal", "primary").tolist(),
        batch=_numbered("B", samples["batch"].to_numpy()),
        clinical=samples[["library_size"]],
        genes=genes.index.tolist(),
        gene_annotation=genes[["module", "signal", "effect", "rare"]],
        endpoint="simulated event = 1, none = 0",
        scale="fpkm",
        name="simulated",
        provenance=_provenance(design, seed, genes),
    )


def draw_samples(design: CohortDesign, seed: int) -> pd.DataFrame:
    """Label, patient (number), normal (tissue), batch (number), library size of each sample."""
    random = np.random.default_rng(seed_for(seed, "simulated cohort", "samples"))
    n_non_events = design.samples - design.events
    event_patients, n_event_patients = _draw_patients(design.events, design, random)
    other_patients, n_other_patients = _draw_patients(n_non_events, design, random)
    patient = np.r_[event_patients, n_event_patients + other_patients]
    repeated = np.r_[
        np.arange(design.events) >= n_event_patients,
        np.arange(n_non_events) >= n_other_patients,
    ]
    n_normal = round(design.normal_tissue * repeated.sum())
    normal = np.zeros(design.samples, dtype=bool)
    normal[random.choice(np.flatnonzero(repeated), n_normal, replace=False)] = True
    order = random.permutation(design.samples)
    return pd.DataFrame(
        {
            "label": (order < design.events).astype(np.int8),
            "patient": pd.factorize(patient[order])[0],
            "normal": normal[order],
            "batch": random.permutation(np.arange(design.samples) % design.batches),
            "library_size": LIBRARY_SIZE_MILLIONS
            * random.lognormal(0, LIBRARY_SIZE_LOG_SD, design.samples),
        }
    )


def _draw_patients(
    n_samples: int, design: CohortDesign, random: np.random.Generator
) -> tuple[NDArray[np.int64], int]:
    """Patient of each sample, repeated ones last, and the number of patients."""
    n_patients = max(1, n_samples - round(design.repeated_samples * n_samples))
    repeated = random.integers(n_patients, size=n_samples - n_patients)
    return np.r_[np.arange(n_patients), repeated], n_patients


def draw_genes(design: CohortDesign, seed: int) -> pd.DataFrame:
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
            "signal": _marked(n, signal),
            "effect": effect,
            "rare": _marked(n, rare),
            "prevalence": prevalence,
            "log2_mean": log2_mean,
            "log2_sd": random.uniform(*GENE_SD, n),
            "length": GENE_LENGTH_KB * random.lognormal(0, GENE_LENGTH_LOG_SD, n),
        },
        index=pd.Index(_numbered("GENE", np.arange(n)), dtype=object),
    )


def simulate_module(
    samples: pd.DataFrame, genes: pd.DataFrame, correlation: float, seed: int
) -> FloatArray:
    """FPKM of the genes of one module, which depend on no other module.

    Parameters
    ----------
    samples : pandas.DataFrame
        From `draw_samples`.
    genes : pandas.DataFrame
        The rows of `draw_genes` that belong to the module.
    correlation : float
        Of two genes of the module.
    seed : int
    """
    random = np.random.default_rng(
        seed_for(seed, "simulated cohort", "module", int(genes["module"].iloc[0]))
    )
    patient, batch = samples["patient"].to_numpy(), samples["batch"].to_numpy()
    normal = samples["normal"].to_numpy()
    n_patients, n_genes = patient.max() + 1, len(genes)
    z = math.sqrt(WITHIN_PATIENT_CORRELATION) * _correlated_normal(
        n_patients, n_genes, correlation, random
    ).take(patient, axis=0)
    z += math.sqrt(1 - WITHIN_PATIENT_CORRELATION) * _correlated_normal(
        len(samples), n_genes, correlation, random
    )
    z += np.outer((samples["label"] == 1) & ~normal, genes["effect"])
    z += random.normal(0, BATCH_SD, (batch.max() + 1, n_genes)).take(batch, axis=0)
    z += np.outer(normal, random.normal(0, NORMAL_TISSUE_SD, n_genes))
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


def _provenance(design: CohortDesign, seed: int, genes: pd.DataFrame) -> dict[str, object]:
    effects = genes.loc[genes["signal"], "effect"]
    return {
        "source": "simulation",
        "seed": seed,
        "design": asdict(design),
        "signal_genes": {str(gene): float(effect) for gene, effect in effects.items()},
        "notes": [
            f"Simulated with seed {seed}: {design.signal_genes} signal genes with a shift of "
            f"{design.effect:g} standard deviations, {design.n_rare_genes} rare genes, modules "
            f"of {design.module_size}, {design.batches} batches."
        ],
    }


def _numbered(prefix: str, numbers: NDArray[np.int64]) -> list[str]:
    """Ids of equal width, counted from 1."""
    width = len(str(int(numbers.max()) + 1))
    return [f"{prefix}{number + 1:0{width}d}" for number in numbers]


def _marked(n: int, members: NDArray[np.int64]) -> NDArray[np.bool_]:
    marked = np.zeros(n, dtype=bool)
    marked[members] = True
    return marked


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
