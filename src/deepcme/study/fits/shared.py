"""What fits of the same training part share: its rows, prepared once, and their Gram matrix.

Preprocessing knows no outcome, and so the models of a split, and the reruns of one on permuted
outcomes, learn from the same rows. A process keeps those that it prepared last.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.splits import RowIndex, Split
from deepcme.models.fitting import Preparation, PreparedRows, prepare_rows
from deepcme.models.preprocessing import transform_rows
from deepcme.models.targets import Targets
from deepcme.network.architecture import FloatArray


@dataclass
class PreparedSplit:
    """The rows of a split: those that are fitted on, and those of the test part.

    Attributes
    ----------
    fitting : PreparedRows
        Training and validation part, and before them patients of other cohorts, if any join.
    preprocessor : Pipeline
    """

    fitting: PreparedRows
    preprocessor: Pipeline
    _test: FloatArray | None = field(default=None, repr=False)

    def prepare_test(self, X: FloatArray, rows: RowIndex) -> FloatArray:
        """The rows of the test part, prepared when they are first asked for."""
        if self._test is None:
            self._test = transform_rows(self.preprocessor, X, rows)
            self._test.flags.writeable = False
        return self._test

    def learn(self, targets: Targets, rows: RowIndex) -> None:
        """Take other labels and weights; rows and Gram matrix stay."""
        known = vars(self.fitting).get("gram", self.fitting.known_gram)
        weights = None if targets.weights is None else targets.weights[rows]
        self.fitting = replace(
            self.fitting, labels=targets.values[rows], weights=weights, known_gram=known
        )


class _Last(threading.local):
    """What this process, or a thread of a cluster's worker, prepared last, and of what."""

    made_of: Hashable = None
    prepared: PreparedSplit | None = None


_last = _Last()


def prepare_split(
    data: CohortArrays,
    view: tuple[Hashable, ...],
    split: Split,
    settings: Preparation,
    targets: Targets,
    others: PreparedRows | None = None,
    *,
    learn_on: RowIndex,
    identity: str,
) -> PreparedSplit:
    """Prepare the rows of a split, or take those of the fit before where they are the same.

    One is kept, and let go before the next is made, so that no more memory is needed than for
    a single fit. Where patients of other cohorts join, nothing is shared.

    Parameters
    ----------
    data : CohortArrays
        As the fit sees it.
    view : tuple
        All in which its expression differs from the cohort's.
    split : Split
    settings : Preparation
    targets : Targets
    others : PreparedRows, optional
    learn_on : array of int
        Rows that the preprocessing learns from.
    identity : str
        That of the cohort's arrays, which no others have.
    """
    rows = split.fitting_rows
    of_rows = [_content(part) for part in (rows, learn_on, split.test)]
    steps = settings.fit_on, settings.min_prevalence, settings.clip
    made_of = (identity, *view, *of_rows, *steps)
    if others is None and _last.made_of == made_of and _last.prepared is not None:
        _last.prepared.learn(targets, rows)
        return _last.prepared
    _last.made_of = _last.prepared = None
    prepared = PreparedSplit(*prepare_rows(data, rows, settings, learn_on, targets, others))
    if others is None:
        prepared.fitting.X.flags.writeable = False
        _last.made_of, _last.prepared = made_of, prepared
    return prepared


def _content(rows: NDArray[np.int64]) -> bytes:
    return rows.tobytes()
