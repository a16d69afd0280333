"""Predict metastasis from gene expression, name the genes, and say how good it is.

Public names are loaded on first use, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepcme.bundle.files import load_model
    from deepcme.classifier import DeepCMEClassifier
    from deepcme.cohort import Cohort
    from deepcme.ensemble import DeepCMEEnsemble
    from deepcme.errors import DeepCMEError
    from deepcme.report.notebook import read_report

__all__ = [
    "Cohort",
    "DeepCMEClassifier",
    "DeepCMEEnsemble",
    "DeepCMEError",
    "__version__",
    "load_model",
    "read_report",
]

__version__ = "0.1.0"

_HOMES = {
    "Cohort": "deepcme.cohort",
    "DeepCMEClassifier": "deepcme.classifier",
    "DeepCMEEnsemble": "deepcme.ensemble",
    "DeepCMEError": "deepcme.errors",
    "load_model": "deepcme.bundle.files",
    "read_report": "deepcme.report.notebook",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'deepcme' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
