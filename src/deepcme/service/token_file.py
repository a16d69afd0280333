"""The token that the service demands, from a file that its owner alone can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from deepcme.base.errors import DeepCMEError

__all__ = ["read_token"]

FEWEST_LETTERS = 16
_MOST_BYTES = 4096
_MAKE_ONE = "make one with: openssl rand -hex 32"


def read_token(path: Path) -> str:
    """The token in a file, without the spaces and line ends around it.

    It is told in no message.

    Raises
    ------
    DeepCMEError
        If others than the owner can read the file, or it holds no token of 16 to 4,096 ASCII
        letters without a space.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "no such file"
        raise DeepCMEError(f"{path}: the token cannot be read ({said}).") from error
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        raise DeepCMEError(
            f"{path}: others than its owner can read the token: chmod 600 {path}, and if they "
            f"may have done so, {_MAKE_ONE}."
        )
    token = content.decode("ascii", "replace").strip()
    if len(content) > _MOST_BYTES or not _is_word(token):
        raise DeepCMEError(
            f"{path}: a token is one word of ASCII letters, digits and signs: {_MAKE_ONE}."
        )
    if len(token) < FEWEST_LETTERS:
        raise DeepCMEError(
            f"{path}: a token of under {FEWEST_LETTERS} letters can be guessed: {_MAKE_ONE}."
        )
    return token


def _is_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
