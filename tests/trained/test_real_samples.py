"""Real samples, alone as in company, by models of their own cohort."""

import numpy as np
import pandas as pd
import pytest

from deepcme.trained.new_samples import Expression
from deepcme.trained.prediction import predict as predict_new
from deepcme.trained.training import train_model
from tests.real_cohorts import load_real_cohort
from tests.trained.conftest import QUICK

pytestmark = pytest.mark.shared


def read(folder, name):
    return pd.read_parquet(folder / name / "expression.parquet").astype(np.float32)


def table_of(table, scale=None):
    """Of nobody but these samples, and of unknown scale."""
    samples, genes = ([str(name) for name in names] for names in (table.index, table.columns))
    return Expression(table.to_numpy(), samples, {"gene_id": genes}, scale)


def predict(model, expression):
    """Of samples that the model may have learned from."""
    return predict_new(model, expression, allow_training_samples=True)


@pytest.fixture(scope="module")
def models():
    trained = {}

    def model_of(folder, name):
        if name not in trained:
            trained[name] = train_model(load_real_cohort(folder, name), QUICK)
        return trained[name]

    return model_of


def assert_alone_as_in_company(model, table, rows):
    expected = predict(model, table_of(table)).table
    assert (expected["remark"] == "").all()
    for row in rows:
        found = predict(model, table_of(table.iloc[[row]])).table.iloc[0]
        assert found["probability"] == pytest.approx(expected["probability"][row], abs=1e-12)
        assert found["genes"] == expected["genes"][row]
        assert found["far"] == expected["far"][row]


def test_levels_with_four_values_below_0(shared_data, models):
    name = "vdx_gse2034_gse5327_150_symbols"
    table = read(shared_data, name)
    negative = np.flatnonzero((table < 0).any(axis=1))
    assert len(negative) == 4
    assert_alone_as_in_company(
        models(shared_data, name), table, [*negative, *range(0, 150, 10)]
    )
    with_one = predict(models(shared_data, name), table_of(table.iloc[3:149]))
    assert with_one.table["probability"].notna().all()


def test_linear_values_some_of_which_sum_to_a_million(shared_data, models):
    name = "tcga_brca_rsem909_hcmdb"
    table = read(shared_data, name)
    of_million = np.flatnonzero(np.abs(table.sum(axis=1) / 1e6 - 1) < 0.01)
    assert len(of_million) == 12
    model = models(shared_data, name)
    assert_alone_as_in_company(model, table, [*of_million, *range(0, 1218, 100)])
    logs = np.log2(table + 1)
    mixed = pd.concat([table.iloc[:30], logs.iloc[30:60]])
    remarks = predict(model, table_of(mixed)).table["remark"]
    assert (remarks[:30] == "").all()
    assert remarks[30:].str.startswith("values fit log2(x + 1) of rsem").all()


def test_real_levels_linear_values_and_centred_values_are_told_apart(shared_data, models):
    name = "gse7390_transbig76"
    table = read(shared_data, name)
    model = models(shared_data, name)
    company = table.iloc[60:90]
    for other, clause in (
        (2 ** table.iloc[:30] - 1, "values fit linear ones"),
        (table.iloc[:30] - table.mean(), "values are log ratios or centred"),
        ((table.iloc[:30] - table.mean()) / table.std(), "values are log ratios or centred"),
    ):
        remarks = predict(model, table_of(pd.concat([other, company]))).table["remark"]
        assert remarks[:30].str.startswith(clause).all()
        assert (remarks[30:] == "").all()


def test_one_value_below_0_in_a_table_of_others(shared_data, models):
    name = "gse7390_transbig76"
    model, table = models(shared_data, name), read(shared_data, name).iloc[:20]
    expected = predict(model, table_of(table)).table["probability"]
    table.iloc[0, 0] = -0.01
    found = predict(model, table_of(table)).table["probability"]
    np.testing.assert_allclose(found[1:], expected[1:], rtol=0, atol=1e-12)
    assert np.isfinite(found[0])
