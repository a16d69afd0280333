"""The other cohorts of a study: read, matched by their genes, standardised, and described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few, told_apart
from deepcme.cohort.arrays import OtherPatients
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import gene_identifiers
from deepcme.cohort.scales.scales import LINEAR_SCALES
from deepcme.models.preprocessing import Log2Transformer
from deepcme.study.others.asked import describe_other_questions, load_as_asked
from deepcme.study.others.overlaps import find_overlaps
from deepcme.study.resolved import Study
from deepcme.trained.entries import Genes
from deepcme.trained.new_samples import expression_of, match_genes
from deepcme.trained.normalisation import standardise_within

FEWEST_COMMON_GENES = 20
"""Fewer are refused, unless they are most of the study's own."""
MOST_GENES = 0.5
"""Share of the study's own genes below which a loss of genes is warned about."""


_BLOCK_GENES = 2048


@dataclass(frozen=True)
class OtherCohort:
    """Another cohort in numbers and words.

    Attributes
    ----------
    name : str
        That of its file, without the ending.
    fingerprint : str
        Of its values, samples, outcomes and genes.
    unit : str
        Of its times, as the file has them.
    samples, patients, events, genes : int
    common_genes : int
        Those that the study's own cohort has too.
    scale, endpoint : str
    warnings : tuple of str
    """

    name: str
    fingerprint: str
    unit: str
    samples: int
    patients: int
    events: int
    genes: int
    common_genes: int
    scale: str
    endpoint: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Others:
    """The other cohorts of a study.

    Attributes
    ----------
    cohorts : tuple of OtherCohort
    genes : ndarray of int64
        Columns of the study's own cohort that all have, in ascending order.
    has_all_genes : bool
        Whether these are all that it has.
    arrays : OtherPatients
        What travels to a worker.
    warnings : tuple of str
        Of genes that are lost, and of endpoints in other words.
    """

    cohorts: tuple[OtherCohort, ...]
    genes: NDArray[np.int64]
    has_all_genes: bool
    arrays: OtherPatients
    warnings: tuple[str, ...]

    @property
    def n_samples(self) -> int:
        """How many samples join every training part."""
        return len(self.arrays.X)

    @property
    def all_warnings(self) -> list[str]:
        """All that is warned of, cohort by cohort."""
        return [*self.warnings, *(said for of in self.cohorts for said in of.warnings)]


def read_others(study: Study, own: Cohort) -> Others:
    """Read the other cohorts of a study, which must go with its own.

    Genes are matched as for a model in use: by Ensembl id, symbol or Entrez id; of several
    columns of a gene the strongest counts. Each cohort is logged where its scale is linear,
    and every gene standardised within it and clipped; a missing value, and a gene that is
    constant there, is 0.

    Parameters
    ----------
    study : Study
    own : Cohort
        The study's, of the samples that it takes.

    Raises
    ------
    DeepCMEError
        If one cannot be read, has another kind of outcome, too few samples or genes, or
        holds patients of another.
    """
    paths = study.also.cohorts
    own_name, *names = told_apart([own.name, *(path.stem for path in paths)])
    loaded = [load_as_asked(study, own, path) for path in paths]
    cohorts = {name: cohort for name, (cohort, _) in zip(names, loaded, strict=True)}
    everyone = {own_name: own, **cohorts}
    _refuse_twice(everyone)
    matched = _match(own, everyone)
    common = np.all([column >= 0 for column in matched.values()], axis=0)
    genes = np.flatnonzero(common)
    _require_genes(own, matched, genes)
    columns = {name: column[common] for name, column in matched.items()}
    alike = find_overlaps(everyone, columns, study.seed)
    has_all_genes = len(genes) == own.n_genes
    arrays = OtherPatients(
        own.X if has_all_genes else own.X[:, genes],
        _standardise(cohorts, columns, study.preprocessing.clip),
        tuple(outcome for _, outcome in loaded),
        _number_patients(own, cohorts),
    )
    described = tuple(
        _describe(name, cohort, int((matched[name] >= 0).sum()), alike[name])
        for name, cohort in cohorts.items()
    )
    warnings = [*_warn_of_lost_genes(own, genes), *describe_other_questions(own, cohorts)]
    return Others(described, genes, has_all_genes, arrays, tuple(warnings))


def _describe(name: str, cohort: Cohort, n_common: int, alike: Sequence[str]) -> OtherCohort:
    return OtherCohort(
        name=name,
        fingerprint=cohort.fingerprint,
        unit=cohort.outcome.endpoint.unit,
        samples=cohort.n_samples,
        patients=cohort.n_patients,
        events=cohort.n_positives,
        genes=cohort.n_genes,
        common_genes=n_common,
        scale=cohort.scale,
        endpoint=cohort.endpoint,
        warnings=tuple(alike),
    )


def _refuse_twice(cohorts: Mapping[str, Cohort]) -> None:
    """Refuse the same file under two names."""
    found: dict[str, str] = {}
    for name, cohort in cohorts.items():
        if (first := found.setdefault(cohort.fingerprint, name)) != name:
            raise DeepCMEError(f"{name} holds the same as {first}: give each cohort once.")


def _match(own: Cohort, everyone: Mapping[str, Cohort]) -> dict[str, NDArray[np.int64]]:
    """Of each cohort the columns of the own cohort's genes, -1 where it lacks one."""
    identifiers = gene_identifiers(own)
    genes = Genes(id=identifiers.pop("gene_id"), others=identifiers)
    return {
        name: np.arange(own.n_genes)
        if cohort is own
        else match_genes(expression_of(cohort), genes).column
        for name, cohort in everyone.items()
    }


def _require_genes(
    own: Cohort, matched: Mapping[str, NDArray[np.int64]], genes: NDArray[np.int64]
) -> None:
    if len(genes) >= min(FEWEST_COMMON_GENES, max(1, MOST_GENES * own.n_genes)):
        return
    counts = ", ".join(
        f"{name} {int((column >= 0).sum()):,}" for name, column in [*matched.items()][1:]
    )
    raise DeepCMEError(
        f"Of the {own.n_genes:,} genes of {own.name} only {len(genes):,} are in all other "
        f"cohorts ({counts}), too few to learn from: translate their genes to one kind of "
        "identifier with `deepcme genes map`, or leave out the cohort that has the fewest."
    )


def _warn_of_lost_genes(own: Cohort, genes: NDArray[np.int64]) -> list[str]:
    if len(genes) >= MOST_GENES * own.n_genes:
        return []
    return [
        f"Only {len(genes):,} of the {own.n_genes:,} genes of {own.name} "
        f"({len(genes) / own.n_genes:.0%}) are in all cohorts: what is fitted with other "
        "patients does without the others."
    ]


def _standardise(
    cohorts: Mapping[str, Cohort], columns: Mapping[str, NDArray[np.int64]], clip: float
) -> NDArray[np.float32]:
    """The common genes of all samples, standardised within each cohort a block at a time."""
    n_samples = sum(cohort.n_samples for cohort in cohorts.values())
    n_genes = len(next(iter(columns.values())))
    Z, first = np.empty((n_samples, n_genes), dtype=np.float32), 0
    for name, cohort in cohorts.items():
        of_cohort = Z[first : first + cohort.n_samples]
        _require_values(name, cohort, columns[name])
        for start in range(0, n_genes, _BLOCK_GENES):
            block = slice(start, start + _BLOCK_GENES)
            values = cohort.X[:, columns[name][block]]
            if cohort.scale in LINEAR_SCALES:
                values = Log2Transformer().fit_transform(values)
            np.clip(standardise_within(values), -clip, clip, out=of_cohort[:, block])
        first += cohort.n_samples
    return Z


def _require_values(name: str, cohort: Cohort, columns: NDArray[np.int64]) -> None:
    empty = np.array([np.isnan(values[columns]).all() for values in cohort.X])
    if empty.any():
        raise DeepCMEError(
            f"{name}: {counted(int(empty.sum()), 'sample')} ({few(cohort.samples[empty], 6)}) "
            "without a value of any gene that all cohorts have: leave them out."
        )


def _number_patients(own: Cohort, cohorts: Mapping[str, Cohort]) -> NDArray[np.int64]:
    """A number for each patient, which none of the study's own has."""
    numbers, first = [], own.n_patients
    for cohort in cohorts.values():
        of_cohort = np.unique(cohort.patients.astype(str), return_inverse=True)[1]
        numbers.append(first + of_cohort)
        first += cohort.n_patients
    return np.concatenate(numbers)
