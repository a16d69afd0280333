"""`deepcme prepare gdc`, `xena`, `cbioportal`, `geo`, `archs4`: portals' files to a cohort."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.cli.data.follow_up import FollowUpOptions
from deepcme.cli.data.prepare import finish
from deepcme.cli.options import (
    ENDPOINT,
    FILES,
    SCALES,
    VALUES,
    Command,
    Scale,
    ScaleName,
    Shared,
    with_options,
    with_shared_options,
)

if TYPE_CHECKING:
    from deepcme.sources.assembly.assembly import LabelRule


@dataclass(frozen=True)
class Annotation(FollowUpOptions):
    """What tells of a portal's samples beside its expression files."""

    label: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN|RULE",
            rich_help_panel=ENDPOINT,
            help="Clinical column of 1 and 0, or yes and no; or the rule pathologic-m1, "
            "any-distant-metastasis or hcmdb:FILE; or else --time and --event.",
        ),
    ] = None
    clinical_table: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="Clinical table of patients or samples (Biotab, cBioPortal, Xena or plain). "
            "Can be given again.",
        ),
    ] = None

    @property
    def rule(self) -> LabelRule:
        """The rule that gives the samples their outcome."""
        from deepcme.sources.assembly.labels import label_rule

        rule = None if self.label is None else label_rule(self.label)
        if (times := self.times) is None and rule is not None:
            return rule
        if times is None or rule is not None:
            raise DeepCMEError(
                "Give either --label COLUMN or --time COLUMN and --event COLUMN."
            )
        return times.label

    def read(self, shared: Shared) -> dict[str, Any]:
        """Rule, clinical tables, and what is made of names and ids, as sources take them."""
        from deepcme.sources.assembly.clinical_tables import read_clinical

        return {
            "label_rule": self.rule,
            "clinical": [
                read_clinical(path, shared.decimal) for path in self.clinical_table or []
            ],
            "patient": shared.patient,
            "tissue": shared.tissue,
            "naming": shared.naming(),
        }


def _with_portal_options(command: Command) -> Command:
    return with_shared_options(with_options("annotation", Annotation)(command))


@_with_portal_options
def gdc(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Folder of `deepcme fetch gdc`, or of a cart."),
    ],
    annotation: Annotation,
    shared: Shared,
    column: Annotated[
        Literal["fpkm_unstranded", "tpm_unstranded", "unstranded"],
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=VALUES,
            help="Which values of STAR files to take: fpkm_unstranded, tpm_unstranded or "
            "unstranded.",
        ),
    ] = "fpkm_unstranded",
    sample_sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="Which file belongs to which sample.",
            show_default="the folder's samples.tsv",
        ),
    ] = None,
    probemap: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="Table of gene ids and symbols, for legacy files.",
        ),
    ] = None,
    repeated: Annotated[
        Literal["first", "mean"] | None,
        typer.Option(
            metavar="first|mean",
            rich_help_panel=VALUES,
            help="What to take of several files of one sample.",
            show_default="they are refused and listed",
        ),
    ] = None,
) -> None:
    """Make a cohort of GDC expression files (STAR, or legacy HTSeq)."""
    from deepcme.sources.gdc.cohort import cohort_from_gdc

    cohort = cohort_from_gdc(
        folder,
        column=column,
        sample_sheet=sample_sheet,
        probemap=probemap,
        repeated=repeated,
        **annotation.read(shared),
    )
    finish(cohort, shared, annotation)


@_with_portal_options
def xena(
    expression: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Matrix of the GDC hub (*.star_fpkm.tsv.gz)."),
    ],
    annotation: Annotation,
    shared: Shared,
    probemap: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="probeMap of the matrix, for gene symbols.",
        ),
    ] = None,
    scale: Annotated[
        ScaleName | None,
        typer.Option(
            metavar="SCALE",
            rich_help_panel=VALUES,
            help=f"What the values are, of a matrix of Firehose or the like: {SCALES}.",
            show_default="logs",
        ),
    ] = None,
) -> None:
    """Make a cohort of a UCSC Xena matrix, or another that lies alike."""
    from deepcme.sources.xena import cohort_from_xena

    cohort = cohort_from_xena(
        expression,
        probemap=probemap,
        decimal=shared.decimal,
        scale=scale,
        **annotation.read(shared),
    )
    finish(cohort, shared, annotation)


@_with_portal_options
def cbioportal(
    expression: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Expression file (data_mrna_*.txt)."),
    ],
    annotation: Annotation,
    shared: Shared,
    scale: Scale = None,
) -> None:
    """Make a cohort of a cBioPortal study's expression and clinical files."""
    from deepcme.sources.cbioportal import cohort_from_cbioportal

    cohort = cohort_from_cbioportal(
        expression,
        scale=scale,
        decimal=shared.decimal,
        **annotation.read(shared),
    )
    finish(cohort, shared, annotation)


@_with_portal_options
def geo(
    series: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Series matrix files (*_series_matrix.txt.gz), one per platform, or a "
            "SOFT family file (*_family.soft.gz).",
        ),
    ],
    annotation: Annotation,
    shared: Shared,
    counts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="Matrix of a sequencing series: NCBI's counts, or one with the samples' "
            "accessions or titles.",
        ),
    ] = None,
    platform_table: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="Table with the genes of a platform's probes, one for each series matrix in "
            "their order; with --counts, the table of its genes. Can be given again.",
        ),
    ] = None,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GPL",
            rich_help_panel=FILES,
            help="Platform to take of a SOFT family file, such as GPL96. Can be given again.",
        ),
    ] = None,
    scale: Scale = None,
) -> None:
    """Make a cohort of a GEO series and the characteristics of its samples."""
    from deepcme.sources.geo.geo import cohort_from_geo

    cohort = cohort_from_geo(
        series,
        counts=counts,
        platforms=platform_table or (),
        gpl=platform or (),
        scale=scale,
        decimal=shared.decimal,
        **annotation.read(shared),
    )
    finish(cohort, shared, annotation)


@_with_portal_options
def archs4(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE.h5", help="ARCHS4's file of genes (human_gene_v2.5.h5)."),
    ],
    annotation: Annotation,
    shared: Shared,
    series: Annotated[
        str | None,
        typer.Option(
            metavar="GSE,GSE", rich_help_panel=FILES, help="Series whose samples to take."
        ),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FILES,
            help="Samples to take: a list of GSM numbers, or a table by them.",
        ),
    ] = None,
) -> None:
    """Make a cohort of samples of ARCHS4, by the characteristics of GEO."""
    from deepcme.sources.geo.archs4 import cohort_from_archs4

    cohort = cohort_from_archs4(
        file,
        series=[name.strip() for name in (series or "").split(",") if name.strip()],
        samples=samples,
        decimal=shared.decimal,
        **annotation.read(shared),
    )
    finish(cohort, shared, annotation)
