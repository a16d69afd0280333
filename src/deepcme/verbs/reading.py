"""Make a cohort of files from Python, as `deepcme prepare` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.cohort.endpoints.units import TimeUnit
from deepcme.cohort.filters import filter_samples
from deepcme.cohort.making.frames import times_of
from deepcme.cohort.people import cell_text
from deepcme.cohort.scales.scales import Scale
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.censoring import check_horizon
from deepcme.sources.assembly.assembly import LabelRule
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.expression import GeneNaming
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.geo.geo import cohort_from_geo
from deepcme.sources.spreadsheets import Orientation, TableColumns, cohort_from_tables
from deepcme.verbs.asked import Files

__all__ = ["read_geo", "read_table"]

Ambiguous = Literal["drop", "first"]


def read_table(
    expression: str | Path,
    samples: str | Path,
    *,
    label: str | None = None,
    time: str | None = None,
    event: str | None = None,
    time_unit: TimeUnit | None = None,
    competing: Mapping[str, object] | None = None,
    horizon: float | None = None,
    drop_censored: bool = False,
    sample: str | None = None,
    patient: str | None = None,
    tissue: str | None = None,
    batch: str | None = None,
    where: Mapping[str, object] | None = None,
    keep_tissue: str | Sequence[str] = (),
    one_per_patient: bool = False,
    scale: Scale | None = None,
    layer: str | None = None,
    orientation: Orientation | None = None,
    decimal: Literal[".", ","] = ".",
    ambiguous: Ambiguous = "drop",
    repair_gene_names: bool = False,
) -> Cohort:
    r"""Make a cohort of an expression table and a samples table.

    As `deepcme prepare table`, whose options have the same names. Of DataFrames that are in
    memory already, `Cohort.from_frame` makes one.

    Parameters
    ----------
    expression : path
        Expression matrix (``.csv``, ``.tsv``, ``.xlsx``, ``.parquet``, ``.gct``, ``.h5ad``),
        whichever way it lies.
    samples : path
        Table with one row for each sample.
    label : str, optional
        Column of the endpoint: 1 or 0, blank where unknown.
    time, event : str, optional
        Instead of a label, columns of the time and of whether the event was seen.
    time_unit : {"days", "months", "years"}, optional
    competing : mapping of one column to its value, optional
        What rules the event out, such as ``{"vital_status": "Dead"}``.
    horizon : float, optional
        Up to which time the event is asked for, in the unit of the times.
    drop_censored : bool
        Leave out who was censored before the horizon, for an outcome without times.
    sample, patient, tissue, batch : str, optional
        Columns of these.
    where : mapping of column to value, optional
        Keep only such samples.
    keep_tissue : str or sequence of str, optional
        Keep only these tissues, such as ``primary``.
    one_per_patient : bool
        Keep one sample of each patient.
    scale : {"fpkm", "tpm", "rsem", "counts", "log2", "intensity"}, optional
        What the values are; worked out, and noted, if not given.
    layer : str, optional
        What to take of an ``.h5ad`` file.
    orientation : {"samples-in-rows", "genes-in-rows"}, optional
    decimal : {".", ","}
        Decimal point of the tables.
    ambiguous : {"drop", "first"}
        What becomes of a row of several genes.
    repair_gene_names : bool
        Turn dates that a spreadsheet made of genes back into genes.

    Returns
    -------
    Cohort
        Whose `notes` say what was found.

    Raises
    ------
    DeepCMEError
        One sentence that names the file and the row, column, gene or sample.

    Examples
    --------
    >>> from pathlib import Path
    >>> import deepcme
    >>> _ = Path("expression.csv").write_text(
    ...     "gene,S1,S2,S3,S4\nTP53,7.1,6.2,8.0,5.5\nESR1,9.4,10.2,3.1,4.4\n"
    ... )
    >>> _ = Path("samples.csv").write_text("sample,relapse\nS1,1\nS2,0\nS3,1\nS4,0\n")
    >>> cohort = deepcme.read_table("expression.csv", "samples.csv", label="relapse")
    >>> cohort.scale, len(cohort)
    ('log2', 4)
    """
    _require_paths(expression=expression, samples=samples)
    times = _times(time, event, time_unit, competing, horizon, drop_censored)
    conditions = [(column, cell_text(value)) for column, value in (where or {}).items()]
    cohort = cohort_from_tables(
        expression,
        samples,
        TableColumns(label, sample, patient, tissue, batch, conditions, times),
        scale=scale,
        orientation=orientation,
        decimal=decimal,
        layer=layer,
        naming=GeneNaming(ambiguous, repair_gene_names),
    )
    return choose_samples(
        cohort,
        drop_censored=drop_censored,
        keep_tissue=keep_tissue,
        one_per_patient=one_per_patient,
    )


def read_geo(
    series: Files,
    *,
    label: str | None = None,
    time: str | None = None,
    event: str | None = None,
    time_unit: TimeUnit | None = None,
    competing: Mapping[str, object] | None = None,
    horizon: float | None = None,
    drop_censored: bool = False,
    counts: str | Path | None = None,
    platform_table: Files = (),
    platform: str | Sequence[str] = (),
    clinical_table: Files = (),
    patient: str | None = None,
    tissue: str | None = None,
    keep_tissue: str | Sequence[str] = (),
    one_per_patient: bool = False,
    scale: Scale | None = None,
    decimal: Literal[".", ","] = ".",
    ambiguous: Ambiguous = "drop",
    repair_gene_names: bool = False,
) -> Cohort:
    r"""Make a cohort of a GEO series, whose files `deepcme fetch geo` gets.

    As `deepcme prepare geo`, whose options have the same names.

    Parameters
    ----------
    series : path or paths
        Series matrix files, one for each platform, or a SOFT family file.
    label : str, optional
        Characteristic of 1 and 0, or yes and no, that is the endpoint; or
        ``pathologic-m1``, ``any-distant-metastasis`` or ``hcmdb:FILE``.
    time, event : str, optional
        Instead of a label, characteristics of the time and of whether the event was seen.
    time_unit : {"days", "months", "years"}, optional
    competing : mapping of one column to its value, optional
    horizon : float, optional
    drop_censored : bool
        As in `read_table`.
    counts : path, optional
        Matrix of a sequencing series.
    platform_table : path or paths, optional
        Tables with the genes of the probes.
    platform : str or sequence of str, optional
        Platforms to take of a SOFT family file.
    clinical_table : path or paths, optional
        Further tables of the patients.
    patient, tissue : str, optional
        Columns of these.
    keep_tissue, one_per_patient, scale, decimal, ambiguous, repair_gene_names
        As in `read_table`.

    Returns
    -------
    Cohort

    Raises
    ------
    DeepCMEError
        One sentence that names the file and what cannot be read in it.

    Examples
    --------
    >>> from pathlib import Path
    >>> import deepcme
    >>> _ = Path("GSE1_series_matrix.txt").write_text(
    ...     '!Series_geo_accession\t"GSE1"\n'
    ...     '!Sample_title\t"P1"\t"P2"\t"P3"\t"P4"\n'
    ...     '!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"\t"GSM4"\n'
    ...     '!Sample_platform_id\t"GPL1"\t"GPL1"\t"GPL1"\t"GPL1"\n'
    ...     '!Sample_characteristics_ch1\t"relapse: 1"\t"relapse: 0"'
    ...     '\t"relapse: 1"\t"relapse: 0"\n'
    ...     '!series_matrix_table_begin\n'
    ...     '"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"\t"GSM4"\n'
    ...     '"TP53"\t7.1\t6.2\t8.0\t5.5\n"ESR1"\t9.4\t10.2\t3.1\t4.4\n'
    ...     '!series_matrix_table_end\n'
    ... )
    >>> deepcme.read_geo("GSE1_series_matrix.txt", label="relapse").n_positives
    2
    """
    times = _times(time, event, time_unit, competing, horizon, drop_censored)
    cohort = cohort_from_geo(
        _listed(series),
        _rule(label, times),
        counts=counts,
        platforms=_listed(platform_table),
        gpl=[str(name) for name in _listed(platform)],
        clinical=[read_clinical(Path(path), decimal) for path in _listed(clinical_table)],
        patient=patient,
        tissue=tissue,
        decimal=decimal,
        scale=scale,
        naming=GeneNaming(ambiguous, repair_gene_names),
    )
    return choose_samples(
        cohort,
        drop_censored=drop_censored,
        keep_tissue=keep_tissue,
        one_per_patient=one_per_patient,
    )


def choose_samples(
    cohort: Cohort,
    *,
    drop_censored: bool,
    keep_tissue: str | Sequence[str],
    one_per_patient: bool,
) -> Cohort:
    """The samples that were asked for of a cohort whose horizon can be meant.

    Raises
    ------
    DeepCMEError
        If too few are followed to the horizon, or all of a class would be left out.
    """
    kept = filter_samples(
        leave_out_censored(cohort) if drop_censored else cohort,
        keep_tissue=[keep_tissue] if isinstance(keep_tissue, str) else keep_tissue,
        one_per_patient=one_per_patient,
    )
    require_horizon_in_reach(kept)
    return kept


def require_horizon_in_reach(cohort: Cohort) -> None:
    """Refuse a horizon to which too few are followed, which may be meant in another unit."""
    outcome = cohort.outcome
    endpoint = outcome.endpoint
    if not isinstance(outcome, SurvivalOutcome) or endpoint.horizon is None:
        return
    try:
        check_horizon(outcome.follow_up, endpoint.horizon)
    except AbsentError as error:
        unit = endpoint.unit or "the unit of the times"
        raise DeepCMEError(
            f"{str(error).removesuffix('.')}; it is in {unit}, as they are, and "
            f"the longest time is {outcome.times.max():g}."
        ) from error


def as_cohort(cohort: Cohort | str | Path) -> Cohort:
    """A cohort as it is, or read from its file."""
    return cohort if isinstance(cohort, Cohort) else Cohort.load(as_path(cohort))


def as_path(cohort: Any) -> Path:
    """The path of a cohort that is none itself; what is neither is refused."""
    if isinstance(cohort, str | Path):
        return Path(cohort)
    raise DeepCMEError(
        f"A {type(cohort).__name__} is no cohort: make one of DataFrames with "
        "deepcme.Cohort.from_frame, or of files with deepcme.read_table."
    )


def _times(
    time: str | None,
    event: str | None,
    unit: TimeUnit | None,
    competing: Mapping[str, object] | None,
    horizon: float | None,
    drop_censored: bool,
) -> TimeToEvent | None:
    if drop_censored and horizon is None:
        raise DeepCMEError(
            "drop_censored leaves out the censored before horizon=: give it too."
        )
    return times_of(time, event, unit, competing, horizon)


def _rule(label: str | None, times: TimeToEvent | None) -> LabelRule:
    if (label is None) == (times is None):
        raise DeepCMEError("Give either label= or time= and event=.")
    if times is not None:
        return times.label
    return label_rule(str(label))


def _listed(values: Any) -> list[Any]:
    return [values] if isinstance(values, str | Path) else list(values)


def _require_paths(**files: Any) -> None:
    for name, file in files.items():
        if isinstance(file, pd.DataFrame):
            raise DeepCMEError(
                f"{name} is a DataFrame, and read_table reads files: make a cohort of "
                "DataFrames with deepcme.Cohort.from_frame."
            )
