"""What the service tells of a model."""

from __future__ import annotations

from typing import Any

from deepcme.service.models.served import ServedModel
from deepcme.trained.survival.model import SurvivalModel


def describe(served: ServedModel) -> dict[str, Any]:
    """A model in plain data: whose it is, what it tells, and what it takes."""
    model, manifest = served.model, served.model.manifest
    panel = manifest.panel
    reference = None if panel is None else panel.reference
    return {
        "name": served.name,
        "version": served.version,
        "sha256": served.sha256,
        "date": manifest.date,
        "model": manifest.model.name,
        "cohort": manifest.cohort.name,
        "patients": manifest.cohort.patients,
        "endpoint": manifest.endpoint,
        "expected": model.expect(),
        "n_genes": model.n_genes,
        "panel": panel is not None,
        "genes": None if panel is None else manifest.genes.names,
        "reference_genes": [] if reference is None else reference.names,
        "scale": manifest.preprocessing.scale,
        "times": _times(model),
        "package_version": manifest.package_version,
    }


def _times(model: object) -> dict[str, Any] | None:
    if not isinstance(model, SurvivalModel):
        return None
    follow_up = model.manifest.follow_up
    return {
        "unit": follow_up.unit,
        "horizon": follow_up.horizon,
        "last_time": follow_up.last_time,
    }
