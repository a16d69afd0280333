"""The reruns that a study asks for: permuted outcomes, random sets of genes, and signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.cohort.balanced import BalancedPermutations
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.splits import Split
from deepcme.evaluation.nulls import PERMUTED_LABELS, describe_power_to_reject
from deepcme.evaluation.survival.tables.nulls import PERMUTED_OUTCOMES
from deepcme.models.fitting import fit_preprocessor
from deepcme.models.preprocessing import kept_genes
from deepcme.study.parts.signatures import Signature, read_signature
from deepcme.study.resolved import Study
from deepcme.study.settings import NullSettings, PreprocessingSettings

NullKind = Literal["permuted labels", "permuted outcomes", "random genes", "signature"]

PAPER_SIZE = 30  # the paper's list of top genes


@dataclass(frozen=True)
class NullRun:
    """One rerun of the study's headline.

    Attributes
    ----------
    kind : {"permuted labels", "permuted outcomes", "random genes", "signature"}
    number : int
        Which of its kind and size, from 1.
    size : int
        Genes that can enter.
    genes : tuple of int or None
        Columns of the cohort that it is confined to: all that these genes have.
    outcome : Outcome or None
        Instead of the cohort's.
    rows : tuple of int or None
        Of times, whose outcome each sample has.
    signature : Signature or None
    """

    kind: NullKind
    number: int
    size: int
    genes: tuple[int, ...] | None = None
    outcome: Outcome | None = None
    rows: tuple[int, ...] | None = None
    signature: Signature | None = None

    @property
    def title(self) -> str:
        """A name that no other run of the study has."""
        if self.signature is not None:
            return f"signature {self.signature.name}"
        of_size = f" of {self.size}" if self.genes is not None else ""
        return f"{self.kind}{of_size} {self.number}"


def make_null_runs(study: Study, cohort: Cohort, splits: Sequence[Split]) -> list[NullRun]:
    """The null runs that a study asks for; run i of a kind does not depend on their number.

    Raises
    ------
    DeepCMEError
        If a signature cannot be used, or there are too few genes to draw sets from.
    """
    runs = [*_permuted_runs(study, cohort, splits)]
    settings = study.nulls
    if settings.gene_sets == 0 and not settings.signatures:
        return runs
    pool = GenePool.of(cohort, find_entering_genes(cohort, splits, study.preprocessing))
    signatures = list(_signature_runs(settings, cohort, pool))
    sizes = {*settings.sizes, *(run.size for run in signatures)} or {PAPER_SIZE}
    if settings.gene_sets and max(sizes) >= pool.n_genes:
        raise DeepCMEError(
            f"There are no random sets of {max(sizes):,} genes: preprocessing leaves "
            f"{pool.n_genes:,} genes of the cohort in every split; give smaller sizes under "
            "[nulls] of the study file, or a smaller signature."
        )
    return [*runs, *signatures, *_random_runs(study, sorted(sizes), pool)]


@dataclass(frozen=True)
class GenePool:
    """Columns that can enter, and which gene each is of: one may have several, as probes do."""

    columns: NDArray[np.int64]
    genes: NDArray[np.int64]

    @classmethod
    def of(cls, cohort: Cohort, columns: NDArray[np.int64]) -> GenePool:
        """Columns of one symbol are of one gene; where there is none, the id tells."""
        names = cohort.gene_names[columns]
        return cls(columns, pd.factorize(names)[0].astype(np.int64))

    @property
    def n_genes(self) -> int:
        """Number of genes."""
        return len(np.unique(self.genes))

    def count(self, columns: NDArray[np.int64]) -> int:
        """Number of genes that these columns are of."""
        return len(np.unique(self.genes[np.isin(self.columns, columns)]))

    def draw(self, size: int, random: np.random.Generator) -> tuple[int, ...]:
        """All columns of so many genes, drawn without replacement."""
        genes = random.choice(self.n_genes, size, replace=False)
        drawn: list[int] = self.columns[np.isin(self.genes, genes)].tolist()
        return tuple(drawn)


def find_entering_genes(
    cohort: Cohort, splits: Sequence[Split], preprocessing: PreprocessingSettings
) -> NDArray[np.int64]:
    """Positions of the genes that no training part leaves out for want of values.

    Those of the inner folds count too: a model tuned over them preprocesses in each. So do
    training and validation part together, on which others are fitted.
    """
    everywhere = np.ones(cohort.n_genes, dtype=bool)
    parts = [part.train for split in splits for part in (split, *split.inner)]
    parts += [split.over_inner_folds().train for split in splits]
    for rows in parts:
        kept = kept_genes(fit_preprocessor(cohort, rows, preprocessing))
        everywhere &= np.isin(np.arange(cohort.n_genes), kept)
    return np.flatnonzero(everywhere)


def _permuted_runs(study: Study, cohort: Cohort, splits: Sequence[Split]) -> Iterator[NullRun]:
    if not study.nulls.permutations:
        return
    kind = study.headline.kind
    permutations = BalancedPermutations.of(
        cohort.outcome,
        cohort.patients,
        splits,
        study.split.strata_of(cohort),
        by=study.split.by,
        # What is fitted on the training part alone has the events that validation leaves it.
        validates=kind.takes_validation or not kind.refitted,
    )
    for number in range(1, study.nulls.permutations + 1):
        rows = permutations.draw(
            np.random.default_rng(seed_for(study.seed, "permutation", number))
        )
        run = NullRun(
            PERMUTED_LABELS, number, cohort.n_genes, outcome=cohort.outcome.take(rows)
        )
        if study.survival is not None:
            run = replace(run, kind=PERMUTED_OUTCOMES, rows=tuple(rows.tolist()))
        yield run


def _signature_runs(
    settings: NullSettings, cohort: Cohort, pool: GenePool
) -> Iterator[NullRun]:
    for number, path in enumerate(settings.signatures, start=1):
        signature = read_signature(path, cohort)
        genes = np.intersect1d(signature.genes, pool.columns)
        if len(genes) == 0:
            raise DeepCMEError(
                f"{path}: none of its genes is expressed in enough samples of every split; "
                "lower min_prevalence under [preprocessing], or leave the signature out."
            )
        entering = tuple(genes.tolist())
        size = pool.count(genes)
        yield NullRun("signature", number, size, genes=entering, signature=signature)


def _random_runs(study: Study, sizes: Sequence[int], pool: GenePool) -> Iterator[NullRun]:
    for size in sizes:
        for number in range(1, study.nulls.gene_sets + 1):
            random = np.random.default_rng(seed_for(study.seed, "random genes", size, number))
            yield NullRun("random genes", number, size, genes=pool.draw(size, random))


def describe_null_runs(runs: Sequence[NullRun], model: str) -> str:
    """What is rerun, and what the cohort has of the signatures, in words."""
    words = {
        PERMUTED_LABELS: "{count:,} with permuted labels",
        PERMUTED_OUTCOMES: "{count:,} with permuted times and events",
        "random genes": "{count:,} with {size:,} random genes",
        "signature": "{count:,} with the signatures' genes",
    }
    counts = Counter((run.kind, 0 if run.signature else run.size) for run in runs)
    counted = [
        words[kind].format(count=count, size=size) for (kind, size), count in counts.items()
    ]
    found = [_describe_signature(run, run.signature) for run in runs if run.signature]
    n_permutations = sum(run.outcome is not None for run in runs)
    warning = describe_power_to_reject(n_permutations)
    sentences = [f"Reruns of {model}: {', '.join(counted)}.", *found, warning]
    return " ".join(filter(None, sentences))


def _describe_signature(run: NullRun, signature: Signature) -> str:
    """What was found of it, and what of that enters."""
    entering = run.genes or ()
    if len(entering) == len(signature.genes):
        return signature.describe()
    return (
        f"{signature.describe()} {len(entering):,} of these columns enter; the others have "
        "values in too few samples of some split."
    )
