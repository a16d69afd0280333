"""The tables of the page on how good panels are, each between its marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pages import put, tabulate

PANEL, RANDOM, ALL, SIGNATURE = "panel", "random panel", "all genes", "signature"
"""Kinds of predictors."""
MADE_HERE = "made on patients of this cohort"
_COHORTS = ["cohort", "patients", "events", "candidates"]


def write_page(page: Path, results: pd.DataFrame) -> None:
    """Panels on real cohorts: beside all genes, random panels and signatures."""
    put(page, "cohorts", _list_cohorts(results))
    put(page, "auc", _compare(results))
    put(page, "rankers", _compare_rankers(results))
    put(page, "signatures", _list_signatures(results))
    put(page, "seconds", _list_seconds(results))


def write_across(page: Path, table: pd.DataFrame) -> None:
    """A panel of one cohort on another."""
    rows = [
        [
            f"{row['genes']:,}",
            _interval(row, "expected", "expected_low", "expected_high"),
            _interval(row, "auc", "ci_low", "ci_high"),
            f"{row['n']} / {row['events']}",
            _interval(
                row,
                "observed_expected",
                "observed_expected_low",
                "observed_expected_high",
            ),
            _interval(row, "slope", "slope_low", "slope_high"),
        ]
        for row in table[table["normalise"] == "cohort"].to_dict("records")
    ]
    header = [
        *("genes", "AUC expected, by cross-validation", "AUC found", "patients / events"),
        *("O/E", "slope"),
    ]
    put(page, "across", _markdown(header, rows))


def write_honesty(page: Path, table: pd.DataFrame) -> None:
    """What panels say of themselves, beside what simulations know."""
    rows = [
        [
            row["setting"],
            row["cohorts"],
            f"{row['patients']:.0f} / {row['events']:.0f}",
            f"{row['genes']:.0f}",
            f"{row['expected']:.3f}",
            f"{row['truth']:.3f}",
            f"{row['width']:.2f}",
            f"**{row['covered']:.1%}**",
            f"{row['rises']:.0%}",
        ]
        for row in table.to_dict("records")
    ]
    header = [
        *("setting", "cohorts", "patients / events", "genes", "expected", "true"),
        *("width", "intervals that hold it", "with a rising line"),
    ]
    put(page, "honesty", _markdown(header, rows))
    known = table.dropna(subset="slope")
    rows = [
        [
            row["setting"],
            f"{row['slope']:.2f}",
            f"{row['observed_expected']:.2f}",
            *(f"{row[f'place_{at}']:.0%}" for at in ("0.1", "0.25", "0.5", "0.75", "0.9")),
        ]
        for row in known.to_dict("records")
    ]
    header = [
        *("setting", "slope", "O/E", "below place .1", "below .25", "below .5"),
        *("below .75", "below .9"),
    ]
    put(page, "calibration", _markdown(header, rows))
    rows = [
        [
            row["setting"],
            f"**{row['risk_covered']:.0%}**",
            f"{row['risk_width']:.2f}",
            f"{row['risk_error']:.2f}",
            f"{row['risk_spread']:.2f}",
        ]
        for row in table.dropna(subset="risk_covered").to_dict("records")
    ]
    header = [
        *("setting", "intervals that hold the true risk", "mean width"),
        *("error of the risk (root mean square)", "deviation of the true risks"),
    ]
    put(page, "risks", _markdown(header, rows))


def _list_cohorts(results: pd.DataFrame) -> str:
    of_cohorts = results.groupby("cohort", sort=False)[["n", "events", "candidates"]].first()
    rows = [[name, *(f"{value:,}" for value in row)] for name, *row in of_cohorts.itertuples()]
    return _markdown(_COHORTS, rows)


def _compare(results: pd.DataFrame) -> str:
    """A line for each cohort and size: the panel, and what stands beside it."""
    rows = []
    for cohort, of_cohort in results.groupby("cohort", sort=False):
        whole = of_cohort[of_cohort["kind"] == ALL].set_index("name")
        signatures = of_cohort[of_cohort["kind"] == SIGNATURE]
        of_others = signatures[signatures["made_here"].fillna("") != MADE_HERE]
        bests = [table.loc[table["auc"].idxmax()] for table in (signatures, of_others)]
        panels = of_cohort[of_cohort["kind"] == PANEL]
        for row in panels[panels["name"] == panels["name"].iloc[0]].to_dict("records"):
            size = row["genes"]
            random = of_cohort[(of_cohort["kind"] == RANDOM) & (of_cohort["genes"] == size)]
            n_better = int((random["auc"] >= row["auc"]).sum())
            rows.append(
                [
                    cohort,
                    size,
                    _interval(row, "auc", "ci_low", "ci_high"),
                    *(
                        _interval(whole.loc[name], "auc", "ci_low", "ci_high")
                        for name in ("LR-tuned", "Committee")
                    ),
                    _difference(whole.loc["LR-tuned"], size),
                    f"{random['auc'].mean():.2f} ({random['auc'].min():.2f} to "
                    f"{random['auc'].max():.2f}; {n_better} of {len(random)} as good)",
                    *(cell for best in bests for cell in _signature(best, size)),
                ]
            )
    header = [
        *("cohort", "genes", "panel", "all genes, LR-tuned", "all genes, Committee"),
        *("panel less LR-tuned", "ten random panels"),
        *("best signature", "panel less that"),
        *("best signature made on other patients", "panel less that"),
    ]
    return _markdown(header, rows)


def _compare_rankers(results: pd.DataFrame) -> str:
    panels = results[results["kind"] == PANEL]
    names = list(dict.fromkeys(panels["name"]))
    rows = []
    for (cohort, size), of_size in panels.groupby(["cohort", "genes"], sort=False):
        by_name = of_size.set_index("name")
        cells = [_interval(by_name.loc[name], "auc", "ci_low", "ci_high") for name in names]
        rows.append([cohort, size, *cells])
    return _markdown(["cohort", "genes", *names], rows)


def _list_signatures(results: pd.DataFrame) -> str:
    rows = [
        [
            row["cohort"],
            row["name"],
            f"{row['genes']:.0f}",
            _interval(row, "auc", "ci_low", "ci_high"),
            row["made_here"],
        ]
        for row in results[results["kind"] == SIGNATURE].to_dict("records")
    ]
    return _markdown(["cohort", "signature", "genes found", "AUC", ""], rows)


def _list_seconds(results: pd.DataFrame) -> str:
    fitted = results[results["kind"].isin([PANEL, ALL])]
    seconds = fitted.groupby(["kind", "name", "cohort"], sort=False)["seconds"].mean()
    table = seconds.unstack("cohort")[list(dict.fromkeys(fitted["cohort"]))]
    rows = [
        [f"{kind}, {name}", *(f"{value:.2g}" for value in row)]
        for (kind, name), row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return _markdown(["", *table.columns], rows)


def _signature(best: pd.Series, size: int) -> tuple[str, str]:
    mark = " †" if best["made_here"] == MADE_HERE else ""
    estimate = _interval(best, "auc", "ci_low", "ci_high")
    return f"{best['name']}{mark}: {estimate}", _difference(best, size)


def _difference(row: pd.Series, size: int) -> str:
    names = [f"panel_of_{size}_less{end}" for end in ("", "_low", "_high")]
    value, low, high = (row[name] for name in names)
    return f"{value:+.2f}<br>{low:+.2f} to {high:+.2f}".replace(" to ", "&nbsp;to&nbsp;")


def _interval(row: Any, value: str, low: str, high: str) -> str:
    ends = f"{row[low]:.2f}&nbsp;to&nbsp;{row[high]:.2f}"
    return f"{row[value]:.2f}<br>{ends}"


def _markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return tabulate([header, ["---"] * len(header), *rows])
