"""The genes that carry the prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from markupsafe import Markup

from deepcme.base.errors import AbsentError
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.report.blocks import Blocks, Figure, Fragment, Heading, Table, Text
from deepcme.report.figures.study import plot_top_genes
from deepcme.report.formatting import Shown, TableLayout
from deepcme.report.models import members_of
from deepcme.report.section import Contents, Section
from deepcme.selection.scores import FEW_DRIVING_SAMPLES
from deepcme.study.resolved import Study
from deepcme.study.settings import ModelSettings

TOP_GENES = 30
"""Genes in a chart, and in the Markdown."""
_GENES_SHOWN = 500

_TOP_GENES = TableLayout(
    "",
    ("rank", "Rank", ".0f"), ("gene", "Gene", ""), ("symbol", "Symbol", ""),
    ("score", "Score", ".3f"), ("driving_samples", "Effective samples", ".1f"),
)  # fmt: skip


def name_genes(gene_scores: pd.DataFrame) -> pd.DataFrame:
    """Add `gene_name`, the symbol with the id where both are known and differ."""
    symbol = gene_scores["symbol"].fillna("").astype(str)
    gene = gene_scores["gene"].astype(str)
    alone = (symbol == "") | (symbol == gene)
    return gene_scores.assign(gene_name=np.where(alone, gene, symbol + " (" + gene + ")"))


def _genes_of(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Gene scores of the headline, or of a network beside it where it has none."""
    model = study.gene_model
    if scores.empty or model is None:
        raise AbsentError("No model of this study gives gene scores.")
    return name_genes(scores[scores["model"] == model.name])


def _compute(contents: Contents) -> None:
    scores = contents.results.folder.read_table("gene_scores.csv")
    contents.add("genes", lambda: _genes_of(scores, contents.results.study))
    if "genes" in contents.tables:
        top = contents.tables["genes"].head(TOP_GENES)
        contents.charts["top_genes"] = plot_top_genes(top)


def gene_link(gene: dict[Any, Any]) -> str:
    """Address of a page on the gene: Ensembl for its ids, else a search at NCBI."""
    identifier = str(gene["gene"])
    if identifier.startswith("ENSG"):
        return f"https://www.ensembl.org/id/{quote(identifier.split('.')[0], safe='')}"
    symbol = str(gene["symbol"] or "") if gene["symbol"] == gene["symbol"] else ""
    term = quote(f"{symbol or identifier}[sym] AND human[orgn]", safe="")
    return f"https://www.ncbi.nlm.nih.gov/gene/?term={term}"


def find_learned(models: Sequence[ModelSettings], name: str) -> str:
    """What a model of a study of times learned, in words."""
    kind = next((model.kind for model in models if model.name == name), None)
    is_classifier = kind is not None and BinaryOutcome.kind in kind.outcomes
    return "whether the event comes by the horizon" if is_classifier else "the times"


def describe_whose_genes(study: Study, model: str) -> str:
    """Whose gene scores these are, where they are not those of the model of the verdict."""
    headline = study.headline
    if model == headline.name:
        return ""
    learned = (
        "" if study.survival is None else f", which learned {find_learned(study.models, model)}"
    )
    estimator = next(of.estimator for of in study.models if of.name == model)
    is_member = headline.kind.is_committee and estimator in members_of(headline)
    member = (
        f"; a model like it is one of the members of {headline.name}, the others have no gene "
        "scores"
        if is_member
        else ""
    )
    return f"{headline.name} gives no gene scores: these are of {model}{learned}{member}."


def _write(contents: Contents) -> Blocks:
    if "genes" not in contents.tables:
        return
    genes = contents.tables["genes"]
    shown = genes.head(_GENES_SHOWN).to_dict("records")
    yield Heading("Genes that carry the prediction", "genes", only="html")
    yield Heading("Genes of highest score", "genes", only="md")
    model = str(genes["model"].iloc[0])
    yield Text(describe_whose_genes(contents.results.study, model))
    yield Text(
        Markup(
            "Gene score: the sum of the absolute first-layer weights of a gene (equation 4 of "
            "the paper), averaged over the splits. It ranks genes; it does not say that a gene "
            "is a cause, nor that it is needed. Effective samples: how many samples carry the "
            "variance of the gene, (&Sigma;z&sup2;)&sup2; / &Sigma;z&#8308; of its "
            "standardised values over the cohort. Where they are fewer than {} (flagged), the "
            "score tells of those samples rather than of the disease."
        ).format(FEW_DRIVING_SAMPLES),
        only="html",
    )
    yield Figure(
        "top_genes",
        "Bar chart of the highest gene scores; the numbers are in the next table",
        f"The genes of highest score in {model}.",
    )
    yield Fragment(
        "genes.html",
        {"genes": [{**gene, "link": gene_link(gene)} for gene in shown], "n_genes": len(genes)},
        only="html",
    )
    yield Table("genes", _show_top(genes.head(TOP_GENES)), only="md")


def _show_top(genes: pd.DataFrame) -> Shown:
    shown = _TOP_GENES.show(genes)
    for row, few in zip(shown.rows, genes["few_driving_samples"], strict=True):
        row[-1] += " (few)" if few else ""
    return shown


SECTION = Section(_write, _compute)
