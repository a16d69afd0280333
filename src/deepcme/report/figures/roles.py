"""Who is highlighted in a chart: the model, what it is compared with, and the clinic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from deepcme.report.figures.styles import DASHES, OTHER, PALETTE, Style, dash_of

_MODEL, _COMPARATOR, _CLINIC, _BOTH = PALETTE[:4]


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
    def highlighted(self) -> list[str]:
        """The models with a colour, the one that the study is about first."""
        named = (self.headline, self.comparator, self.clinic, self.both)
        return [name for name in dict.fromkeys(named) if name]

    def colour(self, model: str) -> str:
        """Of a model's marks."""
        return self.styles([model])[model][0]

    def styles(self, models: Iterable[str]) -> dict[str, Style]:
        """Colour and dash of each; grey ones differ by their dash."""
        colours = {
            self.both: _BOTH,
            self.clinic: _CLINIC,
            self.comparator: _COMPARATOR,
            self.headline: _MODEL,
        }
        models = [*models]
        known = self.highlighted
        rest = [name for name in dict.fromkeys([*self.models, *models]) if name not in known]
        highlighted = {name: (colours[name], DASHES[0]) for name in known}
        grey = {name: (OTHER, dash_of(place)) for place, name in enumerate(rest, start=1)}
        styles = {**highlighted, **grey}
        return {name: styles[name] for name in models}

    def order(self, models: Iterable[str]) -> list[str]:
        """The highlighted ones first, the others as they come."""
        models = [*dict.fromkeys(models)]
        first = [name for name in self.highlighted if name in models]
        return [*first, *(name for name in models if name not in first)]

    def sort(self, table: pd.DataFrame, column: str = "model") -> pd.DataFrame:
        """The rows of a table in that order."""
        places = {name: place for place, name in enumerate(self.order(table[column]))}
        return table.sort_values(column, key=lambda names: names.map(places), kind="stable")
