"""Small tables and a cohort of one's own, as examples of pages assume them."""

import numpy as np
import pandas as pd

from deepcme.models.signatures.published import load_signature
from tests.cli.command import deepcme


def invent_tables(folder):
    """A matrix and its samples, and the same of new patients."""
    symbols = dict.fromkeys(gene.symbol for gene in load_signature("ggi").genes)
    genes = [symbol for symbol in symbols if symbol]
    for seed, name in ((0, "expression.csv"), (1, "new.csv")):
        random = np.random.default_rng(seed)
        is_positive = np.arange(60) % 3 == 0
        values = random.normal(8, 1, (60, len(genes)))
        values[is_positive, :5] += 1.5
        samples = [f"S{seed}-{i}" for i in range(60)]
        pd.DataFrame(values.round(3), samples, genes).rename_axis("sample").to_csv(
            folder / name
        )
        pd.DataFrame(
            {
                "sample": samples,
                "patient": [f"P{seed}-{i}" for i in range(60)],
                "metastasis": is_positive.astype(int),
                "age": random.integers(30, 80, 60),
                "grade": random.integers(1, 4, 60),
            }
        ).to_csv(folder / ("patients.csv" if seed == 0 else "new-patients.csv"), index=False)


def invent_cohort(folder):
    """Of the new patients, by the command."""
    prepared = deepcme(
        *("prepare", "table", "--expression", "new.csv", "--samples", "new-patients.csv"),
        *("--label", "metastasis", "--patient", "patient", "-o", "new.h5ad", "-q"),
        cwd=folder,
    )
    assert prepared.returncode == 0, prepared.stderr
