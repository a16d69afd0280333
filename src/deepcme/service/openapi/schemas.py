"""What is sent and answered, as JSON Schema."""

from __future__ import annotations

from typing import Any

from deepcme.cohort.scales.scales import SCALES
from deepcme.service.requests.options import MOST_TIMES, NORMALISATIONS
from deepcme.service.requests.samples import LONGEST_NAME
from deepcme.service.settings import ServiceSettings

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_COUNT = {"type": "integer", "minimum": 0}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NAME = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": r"\S"}
_IDENTITY = {"name": _TEXT, "version": _TEXT, "sha256": _SHA256}


def ref(name: str) -> dict[str, str]:
    """A schema of `make_schemas` by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def make_schemas(settings: ServiceSettings) -> dict[str, Any]:
    """All schemas by name."""
    return {**_sent(settings), **_answered()}


def _sent(settings: ServiceSettings) -> dict[str, Any]:
    sample = _object(
        {
            "sample": {**_NAME, "description": "Id of the sample."},
            "values": {
                "type": "object",
                "description": "Value of each gene, by Ensembl id, symbol or Entrez id; null "
                "where there is none.",
                "propertyNames": _NAME,
                "minProperties": 1,
                "maxProperties": settings.columns,
                "additionalProperties": _or_null({"type": "number"}),
            },
        }
    )
    return {
        "Scale": {"type": "string", "enum": list(SCALES)},
        "Normalise": {"type": "string", "enum": list(NORMALISATIONS), "default": "none"},
        "Times": {
            "type": "string",
            "pattern": r"^[0-9]{1,6}(\.[0-9]{1,6})?(,[0-9]{1,6}(\.[0-9]{1,6})?){0,19}$",
        },
        "Sample": sample,
        "Samples": _object(
            {
                "samples": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": settings.samples,
                    "items": ref("Sample"),
                },
                "scale": _or_null(ref("Scale")),
                "normalise": _or_null(ref("Normalise")),
                "times": _or_null(
                    {
                        "type": "array",
                        "maxItems": MOST_TIMES,
                        "items": {"type": "number", "exclusiveMinimum": 0},
                    }
                ),
            },
            needed=["samples"],
        ),
    }


def _answered() -> dict[str, Any]:
    model = {
        **_IDENTITY,
        "date": _or_null(_TEXT),
        "model": _TEXT,
        "cohort": _TEXT,
        "patients": _COUNT,
        "endpoint": _TEXT,
        "expected": _TEXT,
        "n_genes": _COUNT,
        "panel": {"type": "boolean"},
        "genes": _or_null({"type": "array", "items": _TEXT}),
        "reference_genes": {"type": "array", "items": _TEXT},
        "scale": ref("Scale"),
        "times": _or_null(_object({"unit": _TEXT, "horizon": _NUMBER, "last_time": _NUMBER})),
        "package_version": _TEXT,
    }
    limits = ("bytes", "json_bytes", "samples", "columns", "cells")
    return {
        "Error": _object({"error": {**_TEXT, "description": "One sentence."}}),
        "State": _object({"status": {"type": "string", "enum": ["alive", "ready"]}}),
        "Document": {"type": "object", "required": ["openapi", "paths"]},
        "Model": _object(model),
        "Models": _object(
            {
                "models": {"type": "array", "items": ref("Model")},
                "limits": _object(dict.fromkeys(limits, _COUNT)),
            }
        ),
        "Identity": _object(_IDENTITY),
        "Prediction": _prediction(),
        "Predictions": _object(
            {
                "model": ref("Identity"),
                "predictions": {"type": "array", "items": ref("Prediction")},
                "notes": {"type": "array", "items": _TEXT},
            }
        ),
    }


def _prediction() -> dict[str, Any]:
    """A row of the table of `predict`; which columns there are depends on the model."""
    share, truth = _or_null(_SHARE), _or_null({"type": "boolean"})
    risks = ("probability", "risk", "ci_low", "ci_high", "lowest", "highest", "place")
    return {
        "type": "object",
        "description": "Columns of the table of `deepcme predict`; null where a cell is empty.",
        "properties": {
            "sample": _TEXT,
            **dict.fromkeys(risks, share),
            "spread": _or_null(_NUMBER),
            "threshold": _SHARE,
            "positive": truth,
            "horizon": _TEXT,
            "group": _or_null(_TEXT),
            "log_hazard": _or_null(_NUMBER),
            "far": truth,
            "coverage": _SHARE,
            "outside": _TEXT,
            "training_patient": {"type": "string", "enum": ["yes", "likely", "no", "unknown"]},
            "genes": _TEXT,
            "remark": _TEXT,
        },
        "patternProperties": {"^risk_by_": share, "^members$": _TEXT},
        "required": ["sample", "coverage", "training_patient", "genes", "remark"],
    }


def _object(properties: dict[str, Any], needed: list[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if needed is None else needed,
        "additionalProperties": False,
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}
