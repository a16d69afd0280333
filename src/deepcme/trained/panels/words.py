"""How a panel came to be, in sentences."""

from __future__ import annotations

from deepcme.base.shown import names_in_line
from deepcme.base.words import counted
from deepcme.evaluation.survival.measured import UNO
from deepcme.selection.rankers import describe_ranker
from deepcme.trained.manifest import Manifest
from deepcme.trained.panels.manifest import PanelChoice, ReferenceCost

_MOST_NAMED = 20


def describe_panel(manifest: Manifest) -> list[str]:
    """What a panel is and what its reference genes cost; none of another model.

    Parameters
    ----------
    manifest : Manifest
    """
    panel = manifest.panel
    if panel is None:
        return []
    named = names_in_line(manifest.genes.names, _MOST_NAMED)
    sentences = [f"Panel: {_way(panel, len(manifest.genes.id))}: {named}."]
    if panel.reference is not None:
        taken_off = names_in_line(panel.reference.names, _MOST_NAMED)
        sentences.append(
            f"The mean log of {counted(len(panel.reference.id), 'reference gene')} "
            f"({taken_off}) is taken off each sample's{_cost(panel.reference_cost)}."
        )
    return sentences


def _way(panel: PanelChoice, n_genes: int) -> str:
    refit = "small networks" if panel.refit == "networks" else "regression with a ridge penalty"
    if panel.rule == "list":
        return f"all {counted(n_genes, 'gene')} named, refitted by {refit}"
    number = "as asked" if panel.rule == "number" else "as many as the one-standard-error rule"
    ranker = describe_ranker(panel.ranker or "")
    return (
        f"the first {counted(n_genes, 'gene')} of {panel.candidates:,} ({number}) by {ranker}, "
        f"refitted by {refit}"
    )


def _cost(cost: ReferenceCost | None) -> str:
    if cost is None:
        return ""
    measure = "AUC" if cost.measure == "auc" else UNO.heading
    both = (cost.with_reference.in_brackets(), cost.without_reference.in_brackets())
    return (
        f"; on the same held-out patients {measure} is {both[0]} with and {both[1]} without "
        f"them, a difference of {_signed(cost)}"
    )


def _signed(cost: ReferenceCost) -> str:
    found = cost.difference
    if found.ci_low is None or found.ci_high is None:
        return f"{found.value:+.2f}"
    return f"{found.value:+.2f} ({found.ci_low:+.2f} to {found.ci_high:+.2f})"
