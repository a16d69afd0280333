"""The report as files: one HTML page that opens offline, Markdown, CSV tables, SVG and PDF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import write_csv, write_text
from deepcme.base.files.locks import only_one_in
from deepcme.report import outline
from deepcme.report.blocks import Blocks
from deepcme.report.contents import compute_contents
from deepcme.report.figures.drawing import Drawing, begin_drawing
from deepcme.report.figures.journal.journal import FOLDER
from deepcme.report.figures.styles import Spec, specify
from deepcme.report.inline import bundle_beside
from deepcme.report.render import render_markdown, render_page
from deepcme.report.section import Contents
from deepcme.study.store import StudyFolder

Format = Literal["html", "md", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
_MANIFEST = "report.json"
_FOR_JOURNAL = f"figures/{FOLDER}"

# What reports wrote that left no list, and that not every report has.
_WITHOUT_LIST = (
    "comparison", "classification", "calibration", "recalibration", "recalibration_lines",
    "calibration_curves", "decision_curve", "net_benefit", "prediction_stability",
    "instability", "genes", "top_genes", "history", "training_curves", "added_value_auc",
    "added_value", "clinical_columns", "null_runs", "nulls", "permutation", "panel_curve",
    "panel_choice", "panel_genes", "selection_claims", "selection_genes", "selection_clusters",
    "selection_blocks", "selection_stability", "score_agreement", "held_out_gene_scores",
    "table_1", "table_2", "table_3", "figure_5", "figure_6", "figure_7", "figure_8", "claims",
    "patient_flow",
)  # fmt: skip


def write_report(
    folder: StudyFolder,
    formats: Sequence[str] = FORMATS,
    contents: Contents | None = None,
    *,
    for_journal: bool = False,
) -> Path:
    """Write the report of a finished study; nothing is fitted.

    Parameters
    ----------
    folder : StudyFolder
    formats : sequence of {"html", "md", "csv"}
        ``report.html``; ``report.md``; every table as ``tables/NAME.csv``. The
        charts come as ``figures/NAME.svg`` and ``.pdf`` with any of them. Tables and
        charts of an earlier report that this one lacks are removed; ``report.json``
        lists those of this one, and has the sentence that it opens with.
    contents : Contents, optional
        What the report says, where it is computed already.
    for_journal : bool
        Whether each chart comes as ``figures/journal/NAME-85mm`` and ``NAME-180mm`` as well,
        for print: SVG, PDF, PNG and, where Pillow is there, TIFF; ``figures.csv`` lists them.

    Returns
    -------
    Path
        The page, or what was written instead of it.

    Raises
    ------
    DeepCMEError
        If a format is unknown, the folder is not that of a finished study, or a run is at
        work there.
    """
    require_formats(formats)
    with only_one_in(folder.path), begin_drawing() as drawing:
        if "html" in formats:
            bundle_beside()
        contents = contents or compute_contents(folder)
        charts = {name: specify(chart) for name, chart in contents.charts.items()}
        drawing.draw(charts, for_journal=for_journal)
        return _write_report(folder, formats, contents, charts, drawing)


def require_formats(formats: Sequence[str]) -> Sequence[str]:
    """The formats, if there are some and each is known."""
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        named = unknown[0] if unknown else ""
        raise DeepCMEError(f"Unknown format {named!r}: choose from {', '.join(FORMATS)}.")
    return formats


def _write_report(
    folder: StudyFolder,
    formats: Sequence[str],
    contents: Contents,
    charts: dict[str, Spec],
    drawing: Drawing,
) -> Path:
    path = folder.path
    folder.remove_leftovers()
    name = contents.results.cohort["name"]
    what = (
        "the endpoint" if contents.results.study.survival is None else "the time to the event"
    )
    heading = f"{name}: how well does gene expression predict {what}?"
    texts: dict[Path, str] = {}
    if "md" in formats:
        texts[path / "report.md"] = render_markdown(
            heading, _blocks_of(contents), contents.charts
        )
    if "html" in formats:
        texts[path / "report.html"] = render_page(
            f"{name}: deepcme report", heading, _blocks_of(contents), charts, study=name
        )
    figures = drawing.write(path / "figures")
    _replace_earlier(folder, contents, figures)
    if "csv" in formats:
        for name, table in contents.tables.items():
            write_csv(path / "tables" / f"{name}.csv", table)
    for file, text in texts.items():
        write_text(file, text)
    return [path / "tables", *texts][-1]


def _blocks_of(contents: Contents) -> Blocks:
    for section in outline.sections_of(contents.results.study):
        yield from section.write(contents)


def _replace_earlier(folder: StudyFolder, contents: Contents, figures: list[str]) -> None:
    """Remove what an earlier report wrote and this one lacks, and list what this one has."""
    files = [f"tables/{name}.csv" for name in contents.tables]
    files += [f"figures/{name}" for name in figures]
    path = folder.path
    has_list = (path / _MANIFEST).is_file()
    earlier = folder.read_json(_MANIFEST).get("files", []) if has_list else []
    kinds = ("tables/*.csv", "figures/*.svg", "figures/*.pdf", f"{_FOR_JOURNAL}/*.*")
    for file in [file for kind in kinds for file in path.glob(kind)]:
        name = file.relative_to(path).as_posix()
        is_earlier = name in earlier if has_list else file.stem in _WITHOUT_LIST
        if is_earlier and name not in files:
            file.unlink()
    with suppress(OSError):  # it is not empty, or not there
        (path / _FOR_JOURNAL).rmdir()
    manifest = {"sentence": outline.compute_verdict(contents).sentence, "files": files}
    write_text(path / _MANIFEST, json.dumps(manifest, indent=2) + "\n")
