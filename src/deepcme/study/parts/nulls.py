"""Reruns where there is nothing special to find: permuted labels, random genes, signatures.

A permutation reruns the whole pipeline of the study's headline on permuted
labels, splits included. A gene set is that model refitted on the study's own
splits with the genes of the set alone; a user's signature stands beside random
sets of its size. Sizes count genes: one that has several columns brings them all.

Tables
------
nulls.csv             one row per null run: kind, number, size, auc, n_splits, n, events,
                      signature, listed, missing; absent where none was asked for
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import fit_seed
from deepcme.cohort.outcome import Outcome, labels_of
from deepcme.cohort.splits import Split
from deepcme.evaluation.metrics import compute_auc_within
from deepcme.evaluation.nulls import describe_power_to_reject
from deepcme.evaluation.predictions import STRATUM
from deepcme.models.fitting import fit_preprocessor
from deepcme.models.preprocessing import kept_genes
from deepcme.study.fit import Fit, Results, View, fitted_split, results_of
from deepcme.study.part import Kept, TextColumns
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.signatures import Signature, read_signature
from deepcme.study.resolved import Study
from deepcme.study.settings import NullSettings, PreprocessingSettings
from deepcme.study.tasks import Plan, common_content, content_key

NullKind = Literal["permuted labels", "random genes", "signature"]

PAPER_SIZE = 30  # the paper's list of top genes
NULL_RUNS = "nulls.csv"
NULL_COLUMNS = (
    "kind", "number", "size", "auc", "n_splits", "n", "events", "signature", "listed", "missing"
)  # fmt: skip


@dataclass(frozen=True)
class NullRun:
    """One rerun of the study's headline.

    Attributes
    ----------
    kind : {"permuted labels", "random genes", "signature"}
    number : int
        Which of its kind and size, from 1.
    size : int
        Genes that can enter.
    genes : tuple of int or None
        Columns of the cohort that it is confined to: all that these genes have.
    outcome : Outcome or None
        Instead of the cohort's.
    signature : Signature or None
    """

    kind: NullKind
    number: int
    size: int
    genes: tuple[int, ...] | None = None
    outcome: Outcome | None = None
    signature: Signature | None = None

    @property
    def title(self) -> str:
        """A name that no other run of the study has."""
        if self.signature is not None:
            return f"signature {self.signature.name}"
        of_size = f" of {self.size}" if self.genes is not None else ""
        return f"{self.kind}{of_size} {self.number}"


@dataclass(frozen=True, kw_only=True)
class NullFit(Fit):
    """A fit of a null run, whose labels and genes stand for the cohort's."""

    null: NullRun

    @property
    def title(self) -> str:
        return f"{self.model.name}, {self.null.title}, split {self.split_number}"


class Nulls(FitsPart[NullFit]):
    """Reruns of the study's headline."""

    name = "nulls"
    settings = NullSettings
    results_version = 2
    tables: ClassVar[TextColumns] = {NULL_RUNS: ("signature", "missing")}
    purpose = "for null runs"

    def is_asked_for(self, study: Study) -> bool:
        return bool(study.nulls.permutations or study.nulls.gene_sets)

    def tasks(self, plan: Plan) -> Iterator[NullFit]:
        """Fits of the headline for every null run; permuted labels draw new splits."""
        study, model = plan.study, plan.study.headline
        common = common_content(plan, self.results_version)
        for run in make_null_runs(study, plan.cohort, plan.splits):
            splits: Sequence[Split] = plan.splits
            if run.outcome is not None:
                seed = seed_for(study.seed, "splits", run.title)
                splits = study.split.draw(plan.cohort, seed, run.outcome)
            for number, split in enumerate(splits, start=1):
                null = {"title": run.title, "genes": run.genes}
                content = {**common, "model": model.model_dump(), "number": number}
                yield NullFit(
                    key=content_key({**content, "null": null}),
                    part=self.name,
                    split_number=number,
                    split=fitted_split(split, model),
                    model=model,
                    preprocessing=study.preprocessing,
                    random_state=fit_seed(study.seed, model.name, run.title, number),
                    view=View(run.outcome, run.genes),
                    scores_only=True,
                    null=run,
                )

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        fits = self.of(plan)
        return {NULL_RUNS: compute_null_runs(plan, results_of(kept, fits))} if fits else {}

    def count_permutations(self, plan: Plan) -> int:
        return plan.study.nulls.permutations

    def announce(self, plan: Plan) -> str:
        runs = list({task.null.title: task.null for task in self.of(plan)}.values())
        return describe_null_runs(runs, plan.study.headline.name) if runs else ""


NULLS = Nulls()


def make_null_runs(study: Study, cohort: Cohort, splits: Sequence[Split]) -> list[NullRun]:
    """The null runs that a study asks for; run i of a kind does not depend on their number.

    Raises
    ------
    DeepCMEError
        If a signature cannot be used, or there are too few genes to draw sets from.
    """
    runs = [
        NullRun("permuted labels", number, cohort.n_genes, outcome=outcome)
        for number, outcome in enumerate(_permuted(study, cohort), start=1)
    ]
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


def _permuted(study: Study, cohort: Cohort) -> Iterator[Outcome]:
    strata = study.split.strata_of(cohort) if study.nulls.permutations else None
    for number in range(1, study.nulls.permutations + 1):
        random = np.random.default_rng(seed_for(study.seed, "permutation", number))
        yield cohort.outcome.permute(cohort.patients, random, strata)


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
        "permuted labels": "{count:,} with permuted labels",
        "random genes": "{count:,} with {size:,} random genes",
        "signature": "{count:,} with the signatures' genes",
    }
    counts = Counter((run.kind, 0 if run.signature else run.size) for run in runs)
    counted = [
        words[kind].format(count=count, size=size) for (kind, size), count in counts.items()
    ]
    found = [_describe_signature(run, run.signature) for run in runs if run.signature]
    n_permutations = sum(run.kind == "permuted labels" for run in runs)
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


def compute_null_runs(plan: Plan, results: Results[NullFit]) -> pd.DataFrame:
    """One row per null run: its size, its test AUC averaged over the splits, and the counts.

    The AUC is that within strata where the study has any. `n` and `events` count samples
    tested at least once, events by the run's own labels; `listed` and `missing` say what
    the cohort lacks of a signature.
    """
    cohort = plan.cohort
    levels = plan.study.split.levels_of(cohort)
    strata = np.zeros(cohort.n_samples) if levels is None else np.array(levels)
    runs: dict[str, NullRun] = {}
    tests: dict[str, list[pd.DataFrame]] = {}
    for task, result in results:
        n_test = len(task.split.test)
        rows = result.rows[-n_test:]
        label = labels_of(task.null.outcome or cohort.outcome)[rows]
        test = pd.DataFrame({"row": rows, "label": label, "score": result.score[-n_test:]})
        test[STRATUM] = strata[rows]
        runs[task.null.title] = task.null
        tests.setdefault(task.null.title, []).append(test)
    rows_of_table = [_null_row(run, tests[title]) for title, run in runs.items()]
    return pd.DataFrame(rows_of_table, columns=list(NULL_COLUMNS))


def _null_row(run: NullRun, tests: list[pd.DataFrame]) -> dict[str, Any]:
    tested = pd.concat(tests).drop_duplicates("row")
    row: dict[str, Any] = {
        "kind": run.kind,
        "number": run.number,
        "size": run.size,
        "auc": np.nanmean(
            [compute_auc_within(test["label"], test["score"], test[STRATUM]) for test in tests]
        ),
        "n_splits": len(tests),
        "n": len(tested),
        "events": int(tested["label"].sum()),
    }
    if run.signature is not None:
        row["signature"] = run.signature.name
        row["listed"] = run.signature.n_listed
        row["missing"] = ", ".join(run.signature.missing)
    return row
