"""Tables of refits, by hand and at random."""

import numpy as np
import pandas as pd
import pytest


def table_of_refits(labels, risks, drawn):
    """Rows of refits by numbers from 0, of samples S0, S1, ... each of a patient of its own."""
    samples = [f"S{i}" for i in range(len(labels))]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "refit": number,
                    "sample": samples,
                    "patient": samples,
                    "label": labels,
                    "drawn": of_drawn,
                    "risk": of_risks,
                }
            )
            for number, (of_risks, of_drawn) in enumerate(zip(risks, drawn, strict=True))
        ],
        ignore_index=True,
    )


@pytest.fixture
def four_patients():
    """Four patients, of whom two have the event, and two refits."""
    return table_of_refits(
        labels=[0, 1, 0, 1],
        risks=[[0.1, 0.4, 0.2, 0.8], [0.2, 0.1, 0.2, 0.7], [0.1, 0.6, 0.5, 0.8]],
        drawn=[[1, 1, 1, 1], [2, 1, 1, 0], [0, 1, 2, 1]],
    )


@pytest.fixture
def random_refits():
    """A model of a number that says something, on 120 patients, and 30 refits of it."""
    random = np.random.default_rng(0)
    labels = np.arange(120) % 3 == 0
    signal = labels + random.normal(size=120)
    drawn = [np.ones(120, dtype=int)]
    drawn += [np.bincount(random.integers(120, size=120), minlength=120) for _ in range(30)]
    lines = random.normal([-1.0, 0.8], [0.2, 0.2], size=(31, 2))
    risks = [1 / (1 + np.exp(-a - b * signal)) for a, b in lines]
    return table_of_refits(labels.astype(int), risks, drawn)
