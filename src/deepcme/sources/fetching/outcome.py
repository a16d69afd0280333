"""What a fetch of a portal brought, and the command that makes a cohort of it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deepcme.sources.fetching.files import DownloadCounts


@dataclass(frozen=True)
class Fetched:
    """Files of a portal, and how to go on.

    Parameters
    ----------
    counts : DownloadCounts
    prepare : sequence of str or path
        What follows ``deepcme prepare``: the portal, the files and their options.
    outcomes : sequence of str
        Options that name an outcome each, as they are written on the command line.
    notes : sequence of str
        What the user should know of the files.
    """

    counts: DownloadCounts
    prepare: Sequence[str | Path]
    outcomes: Sequence[str] = ()
    notes: Sequence[str] = ()

    def next_command(self) -> str:
        """The command to run next; the outcome is for the user to choose."""
        arguments = shlex.join(map(str, ["deepcme", "prepare", *self.prepare]))
        return f"{arguments} {'...' if self.outcomes else '--label ...'} -o cohort.h5ad"


def all_counts(counts: Sequence[DownloadCounts]) -> DownloadCounts:
    """The files of several downloads together."""
    return DownloadCounts(
        n_present=sum(part.n_present for part in counts),
        n_fetched=sum(part.n_fetched for part in counts),
    )
