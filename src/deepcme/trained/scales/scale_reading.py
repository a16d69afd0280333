"""The scale on which new samples are read, and their values on that of the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import counted
from deepcme.cohort.scales.mixed_scales import find_mixed_scales
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale, guess_scale
from deepcme.models.preprocessing import Log2Transformer
from deepcme.network.architecture import FloatArray
from deepcme.trained.model import Model

Normalisation = Literal["none", "cohort", "rank"]
FEWEST_SAMPLES = 20
"""Samples from which on their own means and deviations are taken."""


def require_convertible(scale: Scale | None, model: Model, normalise: Normalisation) -> None:
    """Refuse a declared linear scale that is another one than the model's.

    Raises
    ------
    DeepCMEError
        With the ways out.
    """
    trained = model.manifest.preprocessing
    if normalise == "none" and trained.log2 and scale in LINEAR_SCALES - {trained.scale}:
        raise DeepCMEError(
            f"The samples are {scale} and the model was trained on "
            f"{trained.scale}, which cannot be converted gene by gene: prepare them as "
            f"{trained.scale}, or use --normalise cohort or rank."
        )


def scale_to_read(
    X: FloatArray,
    samples: Sequence[str],
    declared: Scale | None,
    model: Model,
    normalise: Normalisation,
) -> tuple[Scale, list[str]]:
    """The scale declared; else the model's, or of a cohort by itself what all values tell."""
    if declared is not None:
        return declared, []
    if normalise != "cohort":
        scale = model.manifest.preprocessing.scale
        notes = [f"The values are read as {scale}, as the model's were."]
        return scale, notes + _doubt(X, scale)
    mixed = find_mixed_scales(X)
    if mixed is not None:
        raise DeepCMEError(f"{mixed.describe(samples)}.")
    scale, reason = guess_scale(X)
    return scale, [f"Scale taken as {scale}: {reason}."]


def _doubt(X: FloatArray, scale: Scale) -> list[str]:
    """A warning where the values of many samples look like those of another linear scale."""
    if scale not in LINEAR_SCALES or len(X) < FEWEST_SAMPLES:
        return []
    guessed, reason = guess_scale(X)
    if guessed == scale or guessed not in ("counts", "tpm"):
        return []
    return [
        f"{WARNING}the file looks like {guessed} ({reason}) and was read as {scale}: say what "
        "it is with --scale."
    ]


def on_model_scale(
    values: FloatArray, scale: Scale, model: Model
) -> tuple[FloatArray, list[str]]:
    """Values as they came, logged where the model's are."""
    notes = notes_on_scale(values, scale, model)
    if scale not in LINEAR_SCALES:
        return values, notes
    return Log2Transformer().fit_transform(np.maximum(values, np.float32(0))), notes


def notes_on_scale(values: FloatArray, scale: Scale, model: Model) -> list[str]:
    """What is made of values as they came, so that they are on the model's scale."""
    trained = model.manifest.preprocessing
    if scale not in LINEAR_SCALES:
        if not trained.log2:
            return []
        return [
            "The samples are logged already; their values are taken as "
            f"log2({trained.scale} + 1)."
        ]
    notes = []
    if n_negative := int(np.count_nonzero(values < 0)):
        notes.append(f"{counted(n_negative, 'negative value')} became 0, as {scale} has none.")
    if not trained.log2:
        notes.append(
            f"log2(x + 1) of the samples' {scale} was taken, as the model was trained on "
            "logged values."
        )
    return notes
