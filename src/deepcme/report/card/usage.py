"""How a model is used: commands as they are typed."""

from __future__ import annotations

import shlex

from markupsafe import Markup

from deepcme.report.blocks import Blocks, Heading, Preformatted, Text
from deepcme.report.card.card import Card
from deepcme.report.markdown import fenced

IN_PANEL = "The calculator at the start of the page computes in the browser alone."


def write_usage(card: Card) -> Blocks:
    """Commands, and where what they give is explained."""
    yield Heading("How to use it", "use")
    if card.manifest.panel is not None:
        yield Text(IN_PANEL, only="html")
    commands = "\n".join(list_commands(card))
    yield Preformatted(commands, only="html")
    yield Text(Markup(fenced(commands, "sh")), only="md")
    yield Text(describe_usage(card))
    yield Text(f"What users must do and know: {card.answer('needed_of_users')}")


def list_commands(card: Card) -> list[str]:
    """Those for the model of this name in the folder that one works in."""
    name = card.name
    told = "risks" if card.survival else "probabilities"
    lines = [
        "pip install deepcme",
        "# " + f"{told} of new samples, genes by their names or ids",
        _command("predict", name, "new-samples.csv", "-o", "predictions.csv"),
        "# a page of each sample: where it stands, the genes that push it, cautions",
        _command(
            "predict", name, "new-samples.csv", "-o", "predictions.csv", "--page", "page.html"
        ),
        "# how good it is in patients whose endpoint is known",
        _command("validate", name, "new-cohort.h5ad", "-o", "validation"),
        "# this card with what was found there",
        _command("card", name, "-o", "card.html", "--validation", "validation"),
    ]
    if card.manifest.panel is not None:
        lines += [
            "# genes and coefficients as a table",
            _command("export", name, "-o", "panel.csv"),
        ]
    return lines


def _command(*words: str) -> str:
    return shlex.join(["deepcme", *words])


def describe_usage(card: Card) -> str:
    """What is to be known before a prediction is believed."""
    trained = card.manifest.preprocessing
    genes = "these genes alone are needed" if card.manifest.panel else "all genes are wanted"
    return (
        f"Values are to be on the scale of training ({trained.scale}), or said to be on "
        f"another with --scale; {genes}. A sample that is on another scale or far from the "
        "training data is refused or marked, and the table says why."
    )
