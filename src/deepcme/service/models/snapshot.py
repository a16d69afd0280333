"""A private copy of each model: a file that changes in place never changes an answer."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from deepcme.base.errors import DeepCMEError

__all__ = ["name_models", "take_snapshot"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FILES = ("manifest.json", "model.safetensors", "expected.json")
"""What a model is read from; the folder may hold more."""


def name_models(folders: Iterable[Path]) -> dict[str, Path]:
    """Each folder under the name by which its model is asked: its own, of a link the link's.

    Raises
    ------
    DeepCMEError
        If two models bear one name, or a name does not fit into an address.

    Examples
    --------
    >>> from pathlib import Path
    >>> from deepcme.service.models.snapshot import name_models
    >>> list(name_models([Path("models/panel"), Path("models/genome")]))
    ['panel', 'genome']
    """
    named: dict[str, Path] = {}
    for folder in folders:
        name = folder.absolute().name  # not resolved: a link may lead to the newest
        if not _NAME.fullmatch(name):
            raise DeepCMEError(
                f"{folder}: a model is asked by the name of its folder, which goes into "
                "addresses: rename it to letters without accents, digits, '.', '-' and '_'."
            )
        if name in named:
            raise DeepCMEError(
                f"{folder} and {named[name]}: two models of the name {name}; rename one of the "
                "folders."
            )
        named[name] = folder
    return named


def take_snapshot(named: dict[str, Path], place: Path) -> list[Path]:
    """Copy the models' files to folders of their names; whether they are whole is seen there.

    Raises
    ------
    DeepCMEError
        If a folder holds no model.
    """
    copies = []
    for name, folder in named.items():
        if not (folder / _FILES[0]).is_file():
            raise DeepCMEError(
                f"{folder}: this is not a deepcme model, as it holds no {_FILES[0]}; name "
                "the folder that `deepcme train` wrote."
            )
        copy = place / name
        copy.mkdir(mode=0o700)
        for file in _FILES:
            _copy(folder / file, copy / file)
        copies.append(copy)
    return copies


def _copy(source: Path, target: Path) -> None:
    """Copy a file, if it is one; what is missing is told by who reads the model."""
    if source.is_file():
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise DeepCMEError(
                f"{source}: the file cannot be copied ({error.strerror})."
            ) from error
