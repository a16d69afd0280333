"""Simulated cohorts of correlated genes, one set of which goes with the label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepcme.base.seeds import seed_for
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import HONEST
from deepcme.selection.enrichment.association import PatientPermutations, compute_residuals
from deepcme.selection.enrichment.measured import MeasuredGenes, find_sets
from deepcme.selection.enrichment.shifts import compute_shifts
from deepcme.simulation.cohorts import CohortDesign, draw_samples, simulate_module
from deepcme.simulation.expression import draw_genes, each_module
from deepcme.sources.gene_sets import GeneSet

PLANTED = "planted"
_MODULE = 50


@dataclass(frozen=True)
class PlantedSet:
    """How a cohort is drawn.

    Attributes
    ----------
    effect : float
        Shift of each gene of the planted set in events, in standard deviations.
    other_effects : float
        Spread of the effects of three genes of ten, whatever their sets.
    correlation : float
        Of two genes of a module.
    samples, events, genes : int
    planted, correlated, random : int
        Genes of the planted set, which is part of a module; sets that are parts of other
        modules; sets of genes drawn from all others.
    """

    effect: float = 0.8
    other_effects: float = 0.0
    correlation: float = 0.4
    samples: int = 200
    events: int = 60
    genes: int = 2000
    planted: int = 30
    correlated: int = 24
    random: int = 25

    def draw(self, seed: int) -> tuple[Cohort, list[GeneSet]]:
        """A cohort, and its sets, the planted one first."""
        design = CohortDesign(
            samples=self.samples, genes=self.genes, events=self.events, signal_genes=0,
            effect=0.0, rare_genes=0.1, module_size=_MODULE,
            module_correlation=self.correlation, repeated_samples=0.0,
        )  # fmt: skip
        random = np.random.default_rng(seed_for(seed, "planted set"))
        samples, genes = draw_samples(design, seed), draw_genes(design, seed)
        common = ~genes["rare"].to_numpy()
        planted = np.flatnonzero(common & (genes["module"] == 0).to_numpy())[: self.planted]
        effect = random.normal(0, self.other_effects, self.genes)
        effect *= random.random(self.genes) < 0.3
        effect[planted] += self.effect
        genes["effect"] = effect
        X = np.empty((self.samples, self.genes), dtype=np.float32)
        for columns, of_module in each_module(design, genes, quiet=True):
            X[:, columns] = simulate_module(samples, of_module, self.correlation, seed)
        names = genes.index.to_numpy()
        cohort = Cohort.from_arrays(
            X, samples["label"], samples=[f"S{i}" for i in range(self.samples)],
            genes=names.tolist(), endpoint="simulated", scale="fpkm",
        )  # fmt: skip
        others = np.setdiff1d(np.arange(self.genes), planted)
        modules = random.permutation(np.arange(1, self.genes // _MODULE))[: self.correlated]
        members = [planted]
        for module in modules:
            of_module = np.flatnonzero(genes["module"].to_numpy() == module)
            members.append(random.choice(of_module, random.integers(15, 41), replace=False))
        members += [
            random.choice(others, random.integers(15, 61), replace=False)
            for _ in range(self.random)
        ]
        kinds = [PLANTED, *[f"module {m}" for m in modules]]
        kinds += [f"random {number}" for number in range(self.random)]
        return cohort, [
            GeneSet(kind, tuple(names[of_set]), "simulated.gmt")
            for kind, of_set in zip(kinds, members, strict=True)
        ]

    def test(self, seed: int) -> pd.DataFrame:
        """The sets of a cohort as `compute_shifts` tells them, by name, smallest p first."""
        cohort, sets = self.draw(seed)
        strata = [""] * cohort.n_samples
        measured = MeasuredGenes.of(cohort, HONEST, strata)
        found = find_sets(sets, measured, 10, 500)
        table = compute_shifts(
            measured.expression,
            compute_residuals(cohort.outcome, strata),
            [one.genes for one in found],
            PatientPermutations.of(cohort.patients, strata),
            np.random.default_rng(seed_for(seed, "test of sets")),
        ).set_index(pd.Index([one.gene_set.name for one in found]))
        distance = -table["statistic"].abs()
        return table.assign(distance=distance).sort_values(["p", "distance"])


@dataclass(frozen=True)
class FoundSets:
    """What many cohorts gave: of each, one number."""

    is_first: np.ndarray
    is_claimed: np.ndarray
    false_discoveries: np.ndarray
    rejected: np.ndarray

    @classmethod
    def of(cls, design: PlantedSet, seeds: range) -> FoundSets:
        """Whether the planted set came first and is claimed, the share of false claims, and
        of null sets with p up to 0.05."""
        rows = []
        for seed in seeds:
            table = design.test(seed)
            null = table[table.index != PLANTED]
            n_claimed = int(table["claimed"].sum())
            rows.append(
                (
                    table.index[0] == PLANTED,
                    bool(table.loc[PLANTED, "claimed"]),
                    null["claimed"].sum() / max(n_claimed, 1),
                    (null["p"] <= 0.05).mean(),
                )
            )
        return cls(*np.array(rows, dtype=float).T)
