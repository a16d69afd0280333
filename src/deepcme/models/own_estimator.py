"""What estimators of this package share: rules for their parameters, and a generator."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from deepcme.base.parameters import Rule, check_parameters


class OwnEstimator(BaseEstimator, ABC):  # type: ignore[misc]
    """An estimator whose parameters keep the rules of its class."""

    random_state: int | np.random.RandomState | None
    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {}

    def check_parameters(self) -> None:
        """Refuse values that `fit` would refuse, without any data.

        Raises
        ------
        DeepCMEError
            Naming the parameter, what it must be, and its value.
        """
        check_parameters(vars(self), self._rules)

    def _generator(self) -> np.random.Generator:
        """A generator from one draw, whatever kind of random_state."""
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        return np.random.default_rng(seed)
