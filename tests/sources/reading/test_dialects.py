"""The same cohort in every dialect of text is the same cohort; a spoiled file is refused.

What is read and what is refused is the table in docs/reference/file-formats/files.md. Every
example is first read, with blemishes that are read, and then spoiled and refused.
"""

import tempfile
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from tests.sources.blemishes import READ, REFUSED, files
from tests.sources.dialects import TISSUES, cohorts

FEW = settings(
    max_examples=20,
    report_multiple_bugs=False,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MANY = settings(FEW, max_examples=500)
COLUMNS = TableColumns(label="relapse", patient="patient", tissue="tissue")


def read(written, decimal="."):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for which in ("expression", "samples"):
            paths.append(Path(folder) / written.dialect[which].file_name(which))
            paths[-1].write_bytes(written.content(which))
        return cohort_from_tables(*paths, COLUMNS, decimal=decimal)


def assert_read_as_written(cohort, invented):
    labelled = [i for i, label in enumerate(invented.labels) if label is not None]

    def of_labelled(values):
        return [values[i] for i in labelled]

    assert cohort.samples.tolist() == of_labelled(invented.samples)
    assert cohort.patients.tolist() == of_labelled(invented.patients)
    assert cohort.labels.tolist() == of_labelled(invented.labels)
    assert cohort.gene_ids.tolist() == invented.genes
    np.testing.assert_allclose(cohort.X, invented.values[labelled], rtol=1e-6)
    tissue = [TISSUES[word] for word in of_labelled(invented.tissue_words)]
    assert cohort.obs["tissue"].tolist() == tissue
    for name, values in invented.columns.items():
        assert cohort.obs[name].astype(str).tolist() == of_labelled(values)


def check_an_example(data):
    spoiled = data.draw(files(cohorts()))
    written = deepcopy(spoiled)
    wanted = data.draw(st.sets(st.sampled_from(READ), max_size=3))
    for blemish in (blemish for blemish in READ if blemish in wanted):
        blemish(data.draw, written)
    decimal = data.draw(st.sampled_from([".", ","]))
    written.use_decimal(decimal)
    assert_read_as_written(read(written, decimal), written.cohort)

    at_fault = data.draw(st.sampled_from(REFUSED))(data.draw, spoiled)
    if at_fault is not None:
        with pytest.raises(DeepCMEError) as refusal:
            read(spoiled)
        assert spoiled.dialect[at_fault].file_name(at_fault) in str(refusal.value)
        assert "\n" not in str(refusal.value)


@FEW
@given(data=st.data())
def test_a_cohort_in_any_dialect_is_read_as_written_and_refused_when_spoiled(data):
    check_an_example(data)


@pytest.mark.slow
@MANY
@given(data=st.data())
def test_many_cohorts_in_any_dialect(data):
    check_an_example(data)
