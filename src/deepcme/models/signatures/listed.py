"""The signatures as a table, one a row."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from deepcme.models.signatures.signature import Signature


def tabulate_signatures(signatures: Iterable[Signature]) -> pd.DataFrame:
    """What each signature is and where it comes from.

    Parameters
    ----------
    signatures : iterable of Signature

    Returns
    -------
    DataFrame
        Columns `name, title, other_names, genes, cancer, platform, cut_offs,
        cut_offs_hold` (the scalings on which they mean what they meant), `trained_on,
        source, doi, pmid, checked, not_checked` (against the source, and against what not).
    """
    return pd.DataFrame(
        [
            {
                "name": signature.name,
                "title": signature.title,
                "other_names": ", ".join(signature.other_names),
                "genes": len({gene.identity for gene in signature.genes}),
                "cancer": signature.cancer,
                "platform": signature.platform,
                "cut_offs": ", ".join(f"{cut:g}" for cut in signature.cut_offs),
                "cut_offs_hold": ", ".join(signature.cut_offs_hold),
                "trained_on": signature.trained_on.sentence,
                "source": signature.source.citation,
                "doi": signature.source.doi,
                "pmid": signature.source.pmid,
                "checked": signature.source.checked,
                "not_checked": signature.source.not_checked,
            }
            for signature in signatures
        ]
    )
