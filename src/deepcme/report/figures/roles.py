"""Who is highlighted in a chart: the model, what it is compared with, and the clinic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from deepcme.report.figures.styles import OTHER, Style, line_styles, palette_styles
from deepcme.report.layouts.numbers import choose_decimals, show_estimate


@dataclass(frozen=True)
class Roles:
    """What each of a study's models is to a reader; all others are grey.

    Attributes
    ----------
    headline : str
        The model that the study is about: blue.
    comparator : str
        The one that was named beforehand: vermilion; empty if there is none.
    clinic : str
        Clinical columns alone, or an index of them: green; empty if there is none.
    both : str
        Clinical columns and genes together: pink; empty if there is none.
    models : sequence of str
        Every model in one order, so that each keeps its look in all charts.
    """

    headline: str
    comparator: str = ""
    clinic: str = ""
    both: str = ""
    models: Sequence[str] = ()

    @property
    def highlighted(self) -> dict[str, Style]:
        """Colour and dash of the models with a role, the one that the study is about first."""
        named = (self.headline, self.comparator, self.clinic, self.both)
        looks: dict[str, Style] = {}
        # By the dash alone they are told apart in print without colours.
        for name, look in zip(named, line_styles(len(named)), strict=True):
            if name:
                looks.setdefault(name, look)
        return looks

    def colour(self, model: str) -> str:
        """Of a model's marks."""
        return self.styles([model])[model][0]

    def styles(self, models: Iterable[str]) -> dict[str, Style]:
        """Colour and dash of each; grey ones differ by their dash."""
        models, known = [*models], self.highlighted
        rest = [name for name in dict.fromkeys([*self.models, *models]) if name not in known]
        dashes = [dash for _, dash in line_styles(len(known) + len(rest))[len(known) :]]
        grey = {name: (OTHER, dash) for name, dash in zip(rest, dashes, strict=True)}
        return {name: known[name] if name in known else grey[name] for name in models}

    def order(self, models: Iterable[str]) -> list[str]:
        """The highlighted ones first, the others as they come."""
        models = [*dict.fromkeys(models)]
        first = [name for name in self.highlighted if name in models]
        return [*first, *(name for name in models if name not in first)]

    def sort(self, table: pd.DataFrame, column: str = "model") -> pd.DataFrame:
        """The rows of a table in that order."""
        places = {name: place for place, name in enumerate(self.order(table[column]))}
        return table.sort_values(column, key=lambda names: names.map(places), kind="stable")

    def on_top(self, table: pd.DataFrame, column: str = "model") -> pd.DataFrame:
        """The rows of a table so that highlighted models are drawn upon the others."""
        return self.sort(table.iloc[::-1], column).iloc[::-1]


def styles_of(models: pd.Series[str], roles: Roles | None) -> dict[str, Style]:
    """Colour and dash of each model, those with a role first."""
    names = models.drop_duplicates().tolist()
    return palette_styles(names) if roles is None else roles.styles(roles.order(names))


def label_estimates(estimates: pd.DataFrame | None) -> dict[str, str]:
    """The name of each model with its estimate and interval.

    Parameters
    ----------
    estimates : DataFrame or None
        Columns model, value, ci_low, ci_high.
    """
    if estimates is None:
        return {}
    decimals = choose_decimals(estimates["ci_low"], estimates["ci_high"])
    rows = estimates[["model", "value", "ci_low", "ci_high"]].itertuples(index=False)
    return {
        model: f"{model} {show_estimate(*ends, decimals=decimals)}".rstrip()
        for model, *ends in rows
    }
