"""Reference values, and a small invented study."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from scipy.special import expit

from tests.evaluation.simulations import simulate_frozen_model

# A busy machine is no failure.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

REFERENCES = Path(__file__).parent / "references"


@pytest.fixture
def reference() -> Callable[[str], dict[str, Any]]:
    """Load a file of reference values; each says where its values come from."""

    def load(name: str) -> dict[str, Any]:
        return json.loads((REFERENCES / f"{name}.json").read_text())

    return load


@pytest.fixture(scope="session")
def frozen_coverage() -> dict[str, float]:
    """Coverage of every study-level interval for a calibrated frozen model, in brief."""
    return simulate_frozen_model(studies=50, n=300, events=100, auc=0.75, draws=200, seed=6)


@pytest.fixture
def shifted_cohorts() -> pd.DataFrame:
    """Two cohorts left out, right but for logits 1 too high in north and 1 too low in south.

    In each, true risks of 0.2 and 0.8 for 50 patients, of whom 10 and 40 have the event; the
    validation part tells the threshold, between the two.
    """
    risk = np.repeat([0.2, 0.8], 50)
    label = np.r_[np.arange(50) < 10, np.arange(50) < 40].astype(int)
    tables = []
    for split, (cohort, shift) in enumerate({"north": 1.0, "south": -1.0}.items()):
        logits = np.log(risk / (1 - risk)) + shift
        for part in ("validation", "test"):
            names = [f"{cohort} {part} {i}" for i in range(100)]
            columns = {
                "split": split,
                "model": "network",
                "sample": names,
                "patient": names,
                "part": part,
                "label": label,
                "score": logits,
                "probability": expit(logits),
                "left_out": cohort,
            }
            tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


@pytest.fixture
def predictions() -> pd.DataFrame:
    """Four splits of 60 patients by three models; the forest gives no probabilities.

    The first ten patients have two samples each.
    """
    random = np.random.default_rng(3)
    patients = np.array([f"patient{i}" for i in [*range(60), *range(10)]])
    samples = np.array([f"sample{i}" for i in range(70)])
    labels = np.array([i % 3 == 0 for i in [*range(60), *range(10)]]).astype(int)
    tables = []
    for split in range(4):
        part = np.empty(60, dtype=object)
        for stratum in (0, 1):
            members = random.permutation(np.flatnonzero(labels[:60] == stratum))
            cuts = np.split(members, [int(0.6 * len(members)), int(0.8 * len(members))])
            for name, rows in zip(("train", "validation", "test"), cuts, strict=True):
                part[rows] = name
        part = np.concatenate([part, part[:10]])
        for model, strength in (("network", 1.5), ("logistic", 1.0), ("forest", 0.2)):
            score = random.normal(size=70) + strength * labels
            tables.append(
                pd.DataFrame(
                    {
                        "split": split,
                        "model": model,
                        "sample": samples,
                        "patient": patients,
                        "part": part,
                        "label": labels,
                        "score": score,
                        "probability": np.nan if model == "forest" else expit(score - 1),
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)
