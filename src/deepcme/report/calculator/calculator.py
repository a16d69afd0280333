"""The block of a page that computes: a panel, used in the browser alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from markupsafe import Markup

from deepcme.base.words import counted
from deepcme.report.blocks import Block, Form
from deepcme.report.calculator.numbers import numbers_of
from deepcme.report.render import embedded_json
from deepcme.trained.model import Model

_SCALES = {
    "fpkm": "FPKM, not logged",
    "tpm": "TPM, not logged",
    "rsem": "RSEM's estimates, not logged",
    "counts": "counts of reads, not logged",
    "intensity": "intensities, not logged",
    "log2": "log2 values",
}


def calculator_data(
    model: Model, *, name: str = "", checked: Sequence[str] = ()
) -> dict[str, Any]:
    """What the calculator of a panel needs, ready for JSON, in full precision.

    Parameters
    ----------
    model : Model
        That of a panel.
    name : str
        Of the model's folder.
    checked : sequence of str
        Where the model was validated and what was found, in a sentence each.
    """
    manifest = model.manifest
    cohort, trained = manifest.cohort, manifest.preprocessing
    return {
        "name": name or f"{manifest.model.name} of {cohort.name}",
        "version": manifest.version or "",
        "date": manifest.date or "",
        "sha256": model.sha256 or "",
        "package": manifest.package_version,
        "cohort": cohort.name,
        "patients": f"{counted(cohort.patients, 'patient')}, {cohort.positives} {model.having}",
        "endpoint": manifest.endpoint,
        "expected": model.expect(),
        "checked": list(checked),
        "scale": trained.scale,
        "relative": trained.relative,
        **numbers_of(model),
    }


@dataclass(frozen=True)
class Input:
    """Where the value of a gene is typed: its label, and what it was in training."""

    anchor: str
    label: str
    hint: str
    number: int
    is_reference: bool = False


@dataclass(frozen=True)
class Calculator(Block):
    """Where values of patients are typed, pasted or chosen, and what the panel tells of them.

    Attributes
    ----------
    data : mapping
        As `calculator_data` gives it.
    anchor : str
        Of the block; a page with several gives each its own.
    """

    folder: ClassVar[str] = "calculator"

    data: Mapping[str, Any]
    anchor: str = "calculator"
    only: Form | None = field(default="html", kw_only=True)

    @property
    def json(self) -> Markup:
        """The data as the page holds them."""
        return embedded_json(dict(self.data))

    @property
    def scale_in_words(self) -> str:
        """What the values are that are asked for."""
        scale = _SCALES[self.data["scale"]]
        if self.data["relative"]:
            scale = f"ratios or centred values ({scale})"
        told = (
            f"Values as the model's were: {scale}, of the same platform. Under each gene stands"
        )
        if not self.data["reference"]:
            return f"{told} what it was in training."
        return (
            f"{told} what its log2 was in training, less the mean of the reference genes, "
            "which is taken off here as well."
        )

    @property
    def inputs(self) -> list[Input]:
        """One for each gene, the reference genes first."""
        reference = [
            Input(f"{self.anchor}-reference-{number}", label, "", number, True)
            for number, label in enumerate(_labels(self.data["reference"]))
        ]
        labels = _labels(self.data["genes"])
        return reference + [
            Input(f"{self.anchor}-gene-{number}", label, self._hint(gene), number)
            for number, (label, gene) in enumerate(zip(labels, self.data["genes"], strict=True))
        ]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the model is, and where it was checked."""
        data = self.data
        dated = f", {data['date']}" if data["date"] else ""
        version = f", version {data['version']}" if data["version"] else ""
        return [
            ("Model", f"{data['name']}{version}{dated}"),
            ("Learned from", f"{data['cohort']}: {data['patients']}"),
            ("Endpoint", data["endpoint"]),
            ("Expected", data["expected"]),
            ("Checked on", " ".join(data["checked"]) or "no other patients yet"),
            ("SHA-256", data["sha256"] or "not known before the model is written"),
        ]

    def _hint(self, gene: Mapping[str, Any]) -> str:
        """The training range, as values are typed; beside reference genes it is of logs."""
        low, high = gene["ranges"][0], gene["ranges"][-1]
        if self.data["reference"]:
            return f"{low:+.2f} to {high:+.2f}".replace("-", "\u2212")
        if self.data["log2"]:
            low, high = (2**end - 1 for end in (low, high))
        return f"{_short(low)} to {_short(high)}"


def _labels(genes: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each gene is called, with its id where several are called so."""
    times = Counter(gene["label"] for gene in genes)
    return [
        gene["label"] if times[gene["label"]] == 1 else f"{gene['label']} ({gene['names'][0]})"
        for gene in genes
    ]


def _short(value: float) -> str:
    """Three digits or more, and no exponent of usual values."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(decimals, 6)}f}" if abs(value) < 1e6 else f"{value:.3g}"
