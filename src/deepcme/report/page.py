"""One HTML page that opens offline, and the same charts as SVG files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import altair as alt
import jinja2
import pandas as pd
import vl_convert
from markupsafe import Markup

from deepcme import __version__
from deepcme.files import whole_file, write_text
from deepcme.report import figures, tables
from deepcme.study.models import DEEPCME
from deepcme.study.store import StudyFolder


def write_report(folder: StudyFolder) -> Path:
    """Write ``report.html`` and ``figures/*.svg`` from the study's tables.

    Every number on the page is computed anew from ``predictions.parquet`` and
    ``gene_scores.csv``; nothing is fitted.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    DeepCMEError
        If the folder is not that of a finished study.
    """
    predictions = folder.read_table("predictions.parquet")
    genes = tables.compute_top_genes(folder.read_table("gene_scores.csv"))
    genes = genes[genes["model"] == _gene_model(genes)]
    charts = _charts(predictions, genes)
    for name, chart in charts.items():
        with whole_file(folder.path / "figures" / f"{name}.svg") as temporary:
            chart.save(temporary)
    page = _template().render(
        version=__version__,
        cohort=folder.read_json("cohort.json"),
        identity=folder.read_json("identity.json"),
        study_file=(folder.path / "study.toml").read_text(encoding="utf-8"),
        auc_by_split=tables.compute_auc_by_split(predictions).to_dict("records"),
        summary=tables.compute_summary(predictions).to_dict("records"),
        genes=genes.to_dict("records"),
        charts={name: _embedded_json(chart.to_dict()) for name, chart in charts.items()},
        vega=_vega_bundle(),
    )
    path = folder.path / "report.html"
    write_text(path, page)
    return path


def _gene_model(genes: pd.DataFrame) -> str:
    """The network whose genes are shown: DeepCME where there is one, else the first."""
    models = genes["model"].unique().tolist()
    return DEEPCME if DEEPCME in models or not models else str(models[0])


def _charts(predictions: pd.DataFrame, genes: pd.DataFrame) -> dict[str, figures.Chart]:
    test = tables.compute_test_metrics(predictions, "auc")
    charts = {
        "auc_by_split": figures.plot_auc_by_split(test),
        "roc": figures.plot_roc(tables.compute_mean_roc(predictions)),
    }
    if len(genes):
        charts["top_genes"] = figures.plot_top_genes(genes)
    return charts


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("deepcme.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _vega_bundle() -> Markup:
    """Vega, Vega-Lite and Vega-Embed as JavaScript, in the version Altair writes for."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version)
    return Markup(script.replace("</script", "<\\/script"))


def _embedded_json(value: dict[str, Any]) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))
