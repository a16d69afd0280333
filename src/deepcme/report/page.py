"""The report as files: one HTML page that opens offline, Markdown, CSV tables, SVG and PDF."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote

import jinja2
import pandas as pd
from markupsafe import Markup

from deepcme import __version__
from deepcme.errors import DeepCMEError
from deepcme.files import write_csv, write_text
from deepcme.names import printable
from deepcme.report.charts import make_charts
from deepcme.report.contents import GENES_SHOWN, Contents, compute_contents
from deepcme.report.design import describe_coverage, find_leaks
from deepcme.report.formatting import show
from deepcme.report.inline import make_inline
from deepcme.report.markdown import code_span, finalize
from deepcme.report.methods import describe_replay, join_model_settings
from deepcme.report.outdated import remove_outdated
from deepcme.report.publication_figures import TABLES
from deepcme.report.selection import shorten_selection
from deepcme.report.styles import Chart, write_chart
from deepcme.selection.scores import FEW_DRIVING_SAMPLES
from deepcme.study.identity import describe_results_version
from deepcme.study.store import StudyFolder

Format = Literal["html", "md", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)


def write_report(folder: StudyFolder, formats: Sequence[str] = FORMATS) -> Path:
    """Write the report of a finished study; nothing is fitted.

    Parameters
    ----------
    folder : StudyFolder
    formats : sequence of {"html", "md", "csv"}
        ``report.html``; ``report.md``; every table as ``tables/NAME.csv``. The
        charts come as ``figures/NAME.svg`` and ``.pdf`` with any of them. Tables and
        charts of an earlier report that this one lacks are removed.

    Returns
    -------
    Path
        The page, or what was written instead of it.

    Raises
    ------
    DeepCMEError
        If a format is unknown, or the folder is not that of a finished study.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        named = unknown[0] if unknown else ""
        raise DeepCMEError(f"Unknown format {named!r}: choose from {', '.join(FORMATS)}.")
    contents = compute_contents(folder)
    charts = make_charts(contents)
    remove_outdated(folder.path, contents.tables, charts)
    for name, chart in charts.items():
        write_chart(chart, folder.path / "figures", name)
    written = folder.path
    if "csv" in formats:
        written = folder.path / "tables"
        for name, table in contents.tables.items():
            write_csv(written / f"{name}.csv", table)
    if "md" in formats:
        written = folder.path / "report.md"
        write_text(written, _render("report.md", contents, folder))
    if "html" in formats:
        written = folder.path / "report.html"
        write_text(written, render_page(contents, charts, folder))
    return written


def render_page(contents: Contents, charts: dict[str, Chart], folder: StudyFolder) -> str:
    """The whole page as one text, scripts and chart data inside it."""
    return _render(
        "report.html",
        contents,
        folder,
        charts={
            name: embedded_json(chart.to_dict())
            for name, chart in charts.items()
            if name not in TABLES  # the page has these as tables
        },
        inline=make_inline(make_environment()),
    )


def _render(template: str, contents: Contents, folder: StudyFolder, **more: Any) -> str:
    study = contents.identity["study"]
    genes = contents.tables.get("genes")
    shown = genes.head(GENES_SHOWN).to_dict("records") if genes is not None else []
    environment = make_environment(markdown=template.endswith(".md"))
    page = environment.get_template(template).render(
        contents=contents,
        cohort=contents.cohort,
        study=study,
        versions=contents.identity["versions"],
        results_version=describe_results_version(contents.identity),
        version=__version__,
        coverage=" ".join(
            [
                contents.notes["estimand"],
                describe_coverage(study["split"], find_leaks(contents.cohort, study)),
            ]
        ),
        replay=describe_replay(study),
        tables={name: show(name, table) for name, table in _shortened(contents).items()},
        few_samples=FEW_DRIVING_SAMPLES,
        genes=[{**gene, "link": gene_link(gene)} for gene in shown],
        n_genes=0 if genes is None else len(genes),
        study_file=(folder.path / "study.toml").read_text(encoding="utf-8"),
        command=_command(folder.path),
        **more,
    )
    # Half a character, as a changed file may hold, is no UTF-8.
    return page.encode(errors="replace").decode()


def _shortened(contents: Contents) -> dict[str, pd.DataFrame]:
    """The tables as a page shows them."""
    tables = shorten_selection(contents.tables)
    return tables | {"model_settings": join_model_settings(tables["model_settings"])}


def _command(folder: Path) -> str:
    """What repeats the study into a folder of its own."""
    again = folder.with_name(f"{folder.absolute().name}-again")
    return printable(
        shlex.join(["deepcme", "run", str(folder / "study.toml"), "--out", str(again)])
    )


def gene_link(gene: dict[Any, Any]) -> str:
    """Address of a page on the gene: Ensembl for its ids, else a search at NCBI."""
    identifier = str(gene["gene"])
    if identifier.startswith("ENSG"):
        return f"https://www.ensembl.org/id/{quote(identifier.split('.')[0], safe='')}"
    symbol = str(gene["symbol"] or "") if gene["symbol"] == gene["symbol"] else ""
    term = quote(f"{symbol or identifier}[sym] AND human[orgn]", safe="")
    return f"https://www.ncbi.nlm.nih.gov/gene/?term={term}"


def make_environment(*, markdown: bool = False) -> jinja2.Environment:
    """Templates that escape whatever comes from outside, in HTML or in Markdown."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("deepcme.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize if markdown else None,
    )
    environment.filters["code"] = code_span
    return environment


def embedded_json(value: dict[str, Any]) -> Markup:
    """JSON that every browser reads and that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))
