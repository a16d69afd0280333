"""Simulated bulk RNA-seq cohorts: FPKM with a known truth.

The expression is that of `deepcme.simulation.expression`, which the true genes of events
shift by ``effect[g] * event[i]``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.cohort.cohort import Cohort
from deepcme.simulation.expression import (
    ExpressionDesign,
    FloatArray,
    draw_genes,
    draw_patients,
    draw_tumours,
    each_module,
    measure_expression,
    numbered,
    seed_module,
    shuffle_samples,
)


@dataclass(frozen=True)
class CohortDesign(ExpressionDesign):
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
        self.require_possible()


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
    for columns, of_module in each_module(design, genes, quiet=quiet):
        X[:, columns] = simulate_module(samples, of_module, design.module_correlation, seed)
    return Cohort.from_arrays(
        X,
        samples["label"],
        samples=numbered("S", np.arange(design.samples)),
        patients=numbered("P", samples["patient"].to_numpy()),
        tissue=np.where(samples["normal"], "normal", "primary").tolist(),
        batch=numbered("B", samples["batch"].to_numpy()),
        clinical=samples[["library_size"]],
        genes=genes.index.tolist(),
        gene_annotation=genes[["module", "signal", "effect", "rare"]],
        endpoint="simulated event = 1, none = 0",
        scale="fpkm",
        name="simulated",
        provenance=_provenance(design, seed, genes),
    )


def draw_samples(design: CohortDesign, seed: int) -> pd.DataFrame:
    """Label of each sample, and what `shuffle_samples` says of it."""
    random = np.random.default_rng(seed_for(seed, "simulated cohort", "samples"))
    n_non_events = design.samples - design.events
    event_patients, n_event_patients = draw_patients(design.events, design, random)
    other_patients, n_other_patients = draw_patients(n_non_events, design, random)
    patient = np.r_[event_patients, n_event_patients + other_patients]
    repeated = np.r_[
        np.arange(design.events) >= n_event_patients,
        np.arange(n_non_events) >= n_other_patients,
    ]
    samples = shuffle_samples(patient, repeated, design, random)
    return samples.assign(label=(samples["place"] < design.events).astype(np.int8))


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
    random = seed_module(genes, seed)
    z = draw_tumours(samples, genes, correlation, random)
    z += np.outer((samples["label"] == 1) & ~samples["normal"], genes["effect"])
    return measure_expression(z, samples, genes, random)


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
