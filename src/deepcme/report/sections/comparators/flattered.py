"""Which signatures a cohort flatters, as it helped to make them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def find_warned(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Those of a report's signatures whose performance here is too good.

    Parameters
    ----------
    tables : mapping of DataFrame
        The report's.
    """
    table = tables.get("beside_clinic_signatures")
    if table is None:
        return []
    return table.loc[table["trained_here"] != "", "signature"].astype(str).tolist()
