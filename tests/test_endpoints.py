"""Endpoints give 1, 0 or unknown."""

import numpy as np
import pandas as pd

from deepcme.endpoints import event_within_horizon


def test_event_within_horizon():
    time = pd.Series([1.0, 5.0, 6.0, 6.0, 4.0, 5.0, np.nan])
    event = pd.Series([1, 1, 1, 0, 0, 0, 1])
    label = event_within_horizon(time, event, 5.0)
    # early event, event on the day, late event, followed past, censored before, followed to it
    np.testing.assert_array_equal(label, [1, 1, 0, 0, np.nan, 0, np.nan])
