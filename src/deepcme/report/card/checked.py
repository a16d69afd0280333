"""Where a model was checked: what `deepcme validate` found, in a file that names the model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import ValidationError

from deepcme.base.dates import today
from deepcme.base.errors import DeepCMEError
from deepcme.base.names import require_text, texts_in
from deepcme.base.version import __version__
from deepcme.trained.entries import Count, Interval, Part
from deepcme.trained.learning import as_interval
from deepcme.trained.model import Model
from deepcme.trained.tested import FROZEN
from deepcme.trained.validation import Validation

FILE = "validation.json"
_TABLES = ("external_auc", "external_calibration"), (
    "external_discrimination", "external_performance",
)  # fmt: skip
"""Of the model as it came: ranks and risks, of a model of yes or no, and of one of times."""
_IN_BRACKETS = re.compile(r" \(([^()]*)\)")
_SHOWN = {"AUC": "auc", "PR-AUC": "pr_auc"}


class Finding(Part):
    """A measure of the model as it came, with `n` and `events` of the patients tested."""

    measure: str
    estimate: Interval
    interval: str
    n: Count
    events: Count


class Checked(Part):
    """What the model did on patients of another cohort, or again on its own (`brand`).

    `model` is the SHA-256 of the model's manifest; None of a model that was not read from a
    folder, of which nobody can say later that it was this one.
    """

    format: Literal["deepcme validation"] = "deepcme validation"
    schema_version: Literal[1] = 1
    package_version: str
    date: str
    model: str | None
    cohort: str
    endpoint: str
    normalise: str
    brand: str
    found: str
    findings: list[Finding]
    notes: list[str]

    @classmethod
    def of(cls, validation: Validation) -> Self:
        """What a validation found."""
        return cls(
            package_version=__version__,
            date=today().isoformat(),
            model=validation.model.sha256,
            cohort=validation.cohort,
            endpoint=validation.endpoint,
            normalise=validation.normalise,
            brand=validation.brand,
            found=validation.describe(),
            findings=list(_findings(validation)),
            notes=_without_ids(validation),
        )

    @classmethod
    def read(cls, folder: Path, model: Model) -> Self:
        """What the results of `deepcme validate` say, if they are of this model.

        Raises
        ------
        DeepCMEError
            Naming the folder, if they are not those of a validation, or of another model.
        """
        path = folder / FILE
        try:
            text = path.read_text(encoding="utf-8")
            found = cls.model_validate_json(text)
            for words in texts_in(json.loads(text)):
                require_text(words, f"{path}: the text")
        except (OSError, UnicodeDecodeError, ValidationError, RecursionError) as error:
            raise DeepCMEError(
                f"{folder}: {FILE} is missing or damaged there; name the folder that "
                "`deepcme validate` of this version wrote, or validate again."
            ) from error
        if found.model is None or found.model != model.sha256:
            raise DeepCMEError(
                f"{folder}: the results are those of another model, or of one that was never "
                "saved; validate this one with `deepcme validate`."
            )
        return found

    def to_json(self) -> str:
        """As the file has it."""
        return json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n"

    def finding(self, measure: str) -> Finding | None:
        """A measure; None where it was not found."""
        return next((found for found in self.findings if found.measure == measure), None)


def _without_ids(validation: Validation) -> list[str]:
    """The notes without names of samples: a card is handed on, and they are patients'."""
    ids = {str(name) for name in validation.tables["predictions"]["sample"]}

    def without(found: re.Match[str]) -> str:
        return "" if ids & {*found[1].removesuffix(" ...").split(", ")} else found[0]

    notes = [_IN_BRACKETS.sub(without, note) for note in validation.notes]
    return [note for note in notes if not any(f"({name}" in note for name in ids)]


def _findings(validation: Validation) -> Iterator[Finding]:
    for name in (name for pair in _TABLES for name in pair if name in validation.tables):
        table = validation.tables[name]
        if "model" in table.columns:
            table = table[table["model"] == FROZEN]
        seen = set()
        for row in table.to_dict("records"):
            measure = row.get("measure", row.get("metric", ""))
            measure = _SHOWN.get(measure, measure)
            if measure in seen or not np.isfinite(row["value"]):
                continue
            seen.add(measure)
            yield Finding(
                measure=measure,
                estimate=as_interval(row["value"], row["ci_low"], row["ci_high"]),
                interval=str(row.get("method", row.get("interval", ""))),
                n=int(row["n"]),
                events=int(row["events"]),
            )
