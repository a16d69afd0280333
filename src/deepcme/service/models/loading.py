"""A model as the service has it: verified, its arrays mapped, and answering its own sample."""

from __future__ import annotations

from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.service.models.served import ServedModel
from deepcme.trained.files import load_model
from deepcme.trained.self_test import require_self_test

__all__ = ["load_served"]


def load_served(name: str, copy: Path, source: Path) -> ServedModel:
    """Read a model from the copy of its folder, and have it answer its self-test sample.

    Raises
    ------
    DeepCMEError
        If a file is damaged, or the answer is another than it gave when it was trained;
        the sentence names the folder that it was copied from.
    """
    try:
        model = load_model(copy, mapped=True)
        require_self_test(model)
    except DeepCMEError as error:
        raise DeepCMEError(str(error).replace(str(copy), str(source))) from error
    version = model.manifest.version or ""
    assert model.sha256 is not None
    return ServedModel(name, version, model.sha256, model, copy)
