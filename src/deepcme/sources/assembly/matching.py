"""Which rows of a table are of a sample, though both may spell or cut its id otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.barcodes import canonical_id, read_barcode


def rows_by_common_part(samples: Sequence[str], ids: Sequence[str]) -> list[list[int]]:
    """For each sample, the positions in `ids` that are of it; each id by itself.

    A row of the very id goes before the rows of a shorter barcode (the longest of
    them), and these before rows of longer ones: aliquots of the sample. Two aliquots
    of one vial are of one sample; two vials are not. Ids that are no barcodes match
    as they are, but for spaces.
    """
    exact: dict[str, list[int]] = defaultdict(list)
    longer: dict[str, list[int]] = defaultdict(list)
    for position, identifier in enumerate(ids):
        exact[canonical_id(identifier)].append(position)
        barcode = read_barcode(identifier)
        for level in () if barcode is None else barcode.levels[:-1]:
            longer[level].append(position)
    return [_rows_of(sample, exact, longer) for sample in samples]


def _rows_of(
    sample: str, exact: dict[str, list[int]], longer: dict[str, list[int]]
) -> list[int]:
    barcode = read_barcode(sample)
    if barcode is None:
        return exact.get(canonical_id(sample), [])
    candidates = [exact.get(level, []) for level in reversed(barcode.levels)]
    candidates.append(longer.get(barcode.text, []))
    if barcode.sample is not None:
        candidates.append(longer.get(barcode.sample, []))
    return next((rows for rows in candidates if rows), [])


def rows_of_samples(
    samples: Sequence[str], table: pd.DataFrame, where: str
) -> tuple[pd.DataFrame, pd.Series]:
    """The row of each sample in a table indexed by ids, and whether there is one.

    Several rows of one sample are one if they agree; a cell that one of them leaves
    blank is filled from another.

    Parameters
    ----------
    samples : sequence of str
    table : DataFrame
        Indexed by ids of samples or patients, of any length and spelling.
    where : str
        Name of the file, for messages.

    Returns
    -------
    rows : DataFrame
        Indexed by `samples`, missing where the table has no row.
    known : Series of bool

    Raises
    ------
    DeepCMEError
        If rows of one sample disagree; they are named.
    """
    found = rows_by_common_part(samples, [str(identifier) for identifier in table.index])
    together = {tuple(rows): str(sample) for sample, rows in zip(samples, found, strict=True)}
    several = {rows: sample for rows, sample in together.items() if len(rows) > 1}
    numbered = table.reset_index(drop=True)
    if several:
        agreed = [_agreed(table.iloc[list(rows)], of, where) for rows, of in several.items()]
        joined = pd.DataFrame(agreed, columns=table.columns, dtype=object)
        numbered = pd.concat([numbered.astype(object), joined], ignore_index=True)
        numbered = numbered.infer_objects()
    place = {rows: len(table) + number for number, rows in enumerate(several)}
    positions = [place.get(tuple(rows), rows[0] if rows else -1) for rows in found]
    index = pd.Index(list(samples), dtype=object)
    rows = numbered.reindex(positions).set_axis(index, axis=0)
    return rows, pd.Series([bool(rows) for rows in found], index=index)


def _agreed(rows: pd.DataFrame, sample: str, where: str) -> list[object]:
    """One value of each column, of rows that are of one sample."""
    values: list[object] = []
    for position, column in enumerate(rows.columns):
        known = rows.iloc[:, position].dropna()
        distinct = known[~known.astype(str).duplicated()]
        if len(distinct) > 1:
            first, second = distinct.index[:2]
            raise DeepCMEError(
                f"{where}: the rows {first} and {second} are both of {sample} and differ in "
                f"{column!r} ({distinct.iloc[0]}, {distinct.iloc[1]}): leave all but one out."
            )
        values.append(known.iloc[0] if len(known) else None)
    return values
