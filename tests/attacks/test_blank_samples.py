"""A sample without values gets no probability, whatever stands in their place."""

import numpy as np
import pandas as pd
import pytest

from deepcme.trained.files import load_model
from tests.attacks.command import deepcme
from tests.attacks.test_strangers_files import MODEL

pytestmark = [pytest.mark.cause("blank-samples"), pytest.mark.guard]


def all_blank(table):
    table.loc["s3"] = ""


def words_for_nothing(table):
    table.loc["s3"] = "NA"


def half_blank(table):
    table.loc["s3", table.columns[::2]] = ""


def not_numbers(table):
    table.loc["s3"] = "NaN"


def one_value_left(table):
    table.loc["s3", table.columns[1:]] = ""


@pytest.mark.parametrize(
    ("blank", "options"),
    [
        (all_blank, ()),
        (all_blank, ("--normalise", "rank")),
        (words_for_nothing, ()),
        (not_numbers, ("--normalise", "rank")),
        (half_blank, ()),
        (one_value_left, ("--normalise", "rank")),
    ],
    ids=lambda value: value.__name__ if callable(value) else " ".join(value) or "as it is",
)
def test_predict_leaves_it_blank_and_says_so(tmp_path, blank, options):
    genes = load_model(MODEL).manifest.genes.id
    values = np.random.default_rng(1).gamma(2.0, 30.0, (6, len(genes)))
    table = pd.DataFrame(values, [f"s{i}" for i in range(6)], genes).astype(object)
    blank(table)
    table.rename_axis("sample").to_csv(tmp_path / "x.csv")
    outcome = deepcme("predict", MODEL, tmp_path / "x.csv", "-o", tmp_path / "p.csv", *options)
    assert outcome.code == 0, outcome.err
    predicted = pd.read_csv(tmp_path / "p.csv", index_col="sample")
    assert predicted.loc["s3", ["probability", "positive"]].isna().all()
    assert "value" in predicted.loc["s3", "remark"]
    assert predicted["probability"].notna().sum() == 5
    assert "s3" in outcome.out + outcome.err
