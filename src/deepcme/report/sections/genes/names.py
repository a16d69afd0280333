"""What genes are called on a page, and where more is told of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd


def name_genes(gene_scores: pd.DataFrame) -> pd.DataFrame:
    """Add `gene_name`, the symbol with the id where both are known and differ."""
    symbol = gene_scores["symbol"].fillna("").astype(str)
    gene = gene_scores["gene"].astype(str)
    alone = (symbol == "") | (symbol == gene)
    return gene_scores.assign(gene_name=np.where(alone, gene, symbol + " (" + gene + ")"))


def label_genes(genes: pd.DataFrame) -> pd.DataFrame:
    """Add `label`, as short as it can be: the symbol, with the id where two genes share it."""
    symbol = genes["symbol"].fillna("").astype(str)
    gene = genes["gene"].astype(str)
    short = symbol.where(symbol != "", gene)
    whole = name_genes(genes)["gene_name"]
    return genes.assign(label=short.where(~short.duplicated(keep=False), whole))


def gene_link(gene: dict[Any, Any]) -> str:
    """Address of a page on the gene: Ensembl for its ids, else a search at NCBI."""
    identifier = str(gene["gene"])
    if identifier.startswith("ENSG"):
        return f"https://www.ensembl.org/id/{quote(identifier.split('.')[0], safe='')}"
    symbol = str(gene["symbol"] or "") if gene["symbol"] == gene["symbol"] else ""
    term = quote(f"{symbol or identifier}[sym] AND human[orgn]", safe="")
    return f"https://www.ncbi.nlm.nih.gov/gene/?term={term}"
