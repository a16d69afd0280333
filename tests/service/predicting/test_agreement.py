"""The service, `predict` and requests of one sample after the other say the same."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.base.files.files import csv_text
from deepcme.trained.new_samples import expression_of_frame
from deepcme.trained.prediction import predict, round_predictions
from tests.service.asking import Service, samples_of
from tests.trained.panels.invented import invented_panel_model

TOLERANCE = 1e-12
MANY = pytest.param(150, marks=pytest.mark.slow)
PANELS = [(kind, refit) for kind in ("binary", "survival") for refit in ("linear", "networks")]


def examples(n):
    return settings(max_examples=n, deadline=None)


VALUES = st.one_of(
    st.floats(3, 11, width=32),
    st.floats(-50, 50, width=32),
    st.just(math.nan),
)


NEAR = st.one_of(st.floats(4, 6, width=32), st.just(math.nan))


def frames(genes, values=VALUES):
    """One to four samples of some genes, some of them without a value."""
    rows = st.lists(
        st.lists(values, min_size=len(genes), max_size=len(genes)), min_size=1, max_size=4
    )
    return rows.map(
        lambda values: pd.DataFrame(
            np.array(values, dtype=np.float32),
            index=[f"N{row}" for row in range(len(values))],
            columns=genes,
        )
    )


def require_same(service, name, frame):
    model = service.models[name].model
    try:
        expected = predict(model, expression_of_frame(frame, model.manifest.genes)).table
    except DeepCMEError as error:
        answer = service.predict(name, samples_of(frame))
        assert answer.status_code == 422
        assert answer.json() == {"error": str(error)}
        return
    together = service.predict(name, samples_of(frame)).json()["predictions"]
    require_rows(expected, together)
    for row, sample in zip(together, samples_of(frame), strict=True):
        alone = service.predict(name, [sample])
        if alone.status_code == 422:
            assert row["remark"]
        else:
            require_rows(pd.DataFrame([row]), alone.json()["predictions"])
    table = service.predict(name, samples_of(frame), headers={"Accept": "text/csv"})
    assert table.text == csv_text(round_predictions(expected))


def require_rows(expected, rows):
    assert [list(row) for row in rows] == [list(expected.columns)] * len(expected)
    for column in expected.columns:
        for value, told in zip(expected[column], (row[column] for row in rows), strict=True):
            if isinstance(told, float):
                assert abs(value - told) <= TOLERANCE
            elif told is None:
                assert pd.isna(value)
            else:
                assert value == told


@pytest.mark.parametrize("n", [3, MANY])
@pytest.mark.parametrize(("kind", "refit"), PANELS)
def test_a_panel_says_the_same_however_it_is_asked(kind, refit, n):
    model = invented_panel_model(kind, refit, 4, resamples=10)
    service = Service({"panel": model})
    genes = [*model.manifest.genes.names, "OTHER"]

    @examples(n)
    @given(frame=st.one_of(frames(genes), frames(genes[:-1])))
    def agree(frame):
        require_same(service, "panel", frame)

    agree()


@pytest.mark.parametrize("n", [3, MANY])
def test_a_panel_with_reference_genes_says_the_same_however_it_is_asked(service, n):
    model = service.models["times"].model
    genes = [*model.manifest.genes.names, *model.manifest.panel.reference.names]

    @examples(n)
    @given(frame=frames(genes, NEAR))
    def agree(frame):
        require_same(service, "times", np.exp2(frame) - 1)

    agree()


@pytest.mark.parametrize("n", [3, MANY])
def test_a_model_of_all_genes_says_the_same_however_it_is_asked(service, patients, n):
    model = service.models["whole"].model

    @examples(n)
    @given(factors=st.lists(st.floats(0.8, 1.2), min_size=1, max_size=4))
    def agree(factors):
        frame = patients[: len(factors)].mul(factors, axis=0)
        require_same(service, "whole", frame.astype("f4"))

    agree()
    assert model.panel is None
