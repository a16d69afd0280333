"""The quick way of a panel says what the long way says, and leaves to it what it cannot say."""

import numpy as np
import pytest

from deepcme.service.predicting.panels import QuickPanel
from deepcme.service.predicting.predicting import predict_samples
from deepcme.service.requests.options import Options
from deepcme.service.requests.samples import Samples
from deepcme.service.settings import ServiceSettings
from tests.service.asking import typical_values

GENES = [f"GENE{n}" for n in range(1, 6)]


@pytest.fixture(scope="module")
def quick(panel_model):
    return QuickPanel(panel_model)


def one(values, name="A", **options):
    return Samples([name], [values], Options(**options))


@pytest.mark.parametrize(
    "values",
    [
        dict.fromkeys(GENES, 7.0),
        dict.fromkeys(GENES, 7.0) | {"GENE2": None},
        dict.fromkeys(GENES, 7.0) | {"GENE2": 9.6, "GENE4": 4.5},
        dict(zip([f"ENSG{n:011d}" for n in range(1, 6)], [6, 7, 8, 7, 6], strict=True)),
    ],
    ids=["usual", "without a gene", "out of range", "other names"],
)
def test_it_has_the_columns_and_notes_of_the_long_way(panel_model, quick, values):
    samples = one(values)
    told = quick.tell(samples)
    assert told is not None
    expected = predict_samples(panel_model, samples, ServiceSettings())
    assert sorted(told.notes) == sorted(expected.notes)
    assert list(told.columns) == list(expected.table.columns)
    assert told.columns["lowest"][0] == expected.table["lowest"][0]


@pytest.mark.parametrize(
    "samples",
    [
        one(dict.fromkeys(GENES[1:], 7.0)),
        one(dict.fromkeys([*GENES, "OTHER"], 7.0)),
        one(dict.fromkeys([*GENES[1:], "gene1"], 7.0)),
        one(dict.fromkeys([*GENES[1:], "ENSG00000000002"], 7.0)),
        one(dict.fromkeys(GENES, 1e39)),
        one(dict.fromkeys(GENES)),
        one(dict.fromkeys(GENES, 7.0), name=" A"),
        one(dict.fromkeys(GENES, 7.0), scale="tpm"),
        one(dict.fromkeys(GENES, 7.0), normalise="rank"),
        Samples(["A", "a"], [dict.fromkeys(GENES, 7.0)] * 2, Options()),
    ],
)
def test_what_it_cannot_say_it_leaves_to_the_long_way(quick, samples):
    assert quick.tell(samples) is None


def test_it_is_ready_from_the_start_also_with_reference_genes(times_model):
    quick = QuickPanel(times_model)
    told = quick.tell(one(typical_values(times_model), times=(1.0,)))
    assert np.isfinite(told.columns["risk_by_1"][0])
