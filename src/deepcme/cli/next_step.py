"""The command that goes on from what a command has made."""

from __future__ import annotations

import shlex
from pathlib import Path

from deepcme.base.terminal import say


def say_next(*words: str | Path) -> None:
    """Say a command as it is copied into a shell: on one line, odd names in quotes."""
    say(f"Next: {shlex.join(['deepcme', *map(str, words)])}", whole=True)
