"""A model that the service answers with, under its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deepcme.trained.model import Model

__all__ = ["ServedModel"]


@dataclass(frozen=True)
class ServedModel:
    """A model of the service, and what every answer of it says about itself.

    Attributes
    ----------
    name : str
        Of the folder that it was read from.
    version : str
        As its trainer says.
    sha256 : str
        Of its manifest, which holds those of its files.
    model : Model
    folder : path
    """

    name: str
    version: str
    sha256: str
    model: Model
    folder: Path
