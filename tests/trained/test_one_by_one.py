"""A prediction is of one sample alone: beside others it is the same, in whatever form kept."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepcme.trained.files import load_model
from deepcme.trained.new_samples import Expression
from deepcme.trained.prediction import predict, round_predictions
from tests.trained.panels.invented import invented_panel_model

STORED = Path(__file__).parent / "models"
KEPT = {
    "networks": "schema_2",
    "coefficients": "schema_3",
    "committee": "schema_5",
    "coefficients of times": "schema_4",
    "hazard networks": "schema_4_networks",
    "committee of times": "schema_6",
}


def model_of(kind):
    if kind in KEPT:
        return load_model(STORED / KEPT[kind] / "model")
    outcome, refit = kind.removesuffix(" panel").split(" ")
    return invented_panel_model(outcome, refit, genes=20, log2=True)


def samples_like(model, n, seed=3):
    """New samples on the model's scale, one without the value of a gene."""
    random = np.random.default_rng(seed)
    statistics = model.statistics
    values = statistics.mean + statistics.scale * random.normal(size=(n, model.n_genes))
    X = (np.exp2(values) - 1 if model.manifest.preprocessing.log2 else values).clip(0)
    X[1, 0] = np.nan
    names = {"gene_id": model.manifest.genes.id}
    return Expression(X.astype(np.float32), [f"N{n}" for n in range(n)], names, None)


@pytest.mark.parametrize(
    "kind",
    [
        *KEPT,
        "binary linear panel",
        "survival linear panel",
        "binary networks panel",
        "survival networks panel",
    ],
)
def test_a_sample_is_told_the_same_alone_as_beside_others(kind):
    model = model_of(kind)
    together = samples_like(model, 40)
    table = predict(model, together, allow_missing=model.panel is None).table
    alone = pd.concat(
        predict(
            model, together.of_samples(np.array([row])), allow_missing=model.panel is None
        ).table
        for row in range(5)
    ).reset_index(drop=True)
    numbers = table.select_dtypes("float").columns
    np.testing.assert_allclose(alone[numbers], table.loc[:4, numbers], rtol=0, atol=1e-12)
    shown = round_predictions(table.head()), round_predictions(alone)
    assert shown[0].to_csv() == shown[1].to_csv()
