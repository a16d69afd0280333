"""What the manifest of a panel says of how its genes were chosen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deepcme.trained.entries import Count, Genes, Interval, Part


class ReferenceCost(Part):
    """What taking the reference genes off costs: the measure with and without, held out.

    Of the same held-out patients; `difference` is with less without.
    """

    measure: Literal["auc", "uno_c"]
    with_reference: Interval
    without_reference: Interval
    difference: Interval


class SizeTried(Part):
    """A size that was tried in inner folds.

    `loss` is the mean log loss, or of times the mean deviance of the partial likelihood; `se`
    its standard error over the folds.
    """

    n_genes: Annotated[int, Field(ge=1)]
    loss: float
    se: Annotated[float, Field(ge=0)]


class PanelChoice(Part):
    """How a panel came to its genes, and what was refitted on them.

    Attributes
    ----------
    rule : {"number", "one standard error", "list"}
        Of its size; ``list`` is a panel of all genes that were named.
    ranker : str or None
        That ordered the candidates; none of a list.
    candidates : int
        Genes among which it was chosen.
    refit : {"linear", "networks"}
    reference : Genes or None
        Whose mean is taken off a sample's values.
    reference_cost : ReferenceCost or None
    inner_sizes : list of SizeTried
        By which the size was chosen; none where it was given.
    """

    rule: Literal["number", "one standard error", "list"]
    ranker: str | None
    candidates: Count
    refit: Literal["linear", "networks"]
    reference: Genes | None = None
    reference_cost: ReferenceCost | None = None
    inner_sizes: list[SizeTried] = Field(default_factory=list)
