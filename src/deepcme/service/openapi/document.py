"""The document itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcme.service.models.served import ServedModel
from deepcme.service.settings import ServiceSettings


def make_document(
    models: Mapping[str, ServedModel], settings: ServiceSettings
) -> dict[str, Any]:
    """All addresses with what they take and give."""
    return {"openapi": "3.1.0"}
