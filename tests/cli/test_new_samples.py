"""`deepcme predict` as patients meet it: one at a time, in any company, without an endpoint."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme import Cohort
from deepcme.cli.main import main
from deepcme.trained.files import save_model
from deepcme.trained.prediction import predict
from tests.trained.conftest import bundle_cohort, ensembl_ids, model, training_cohort
from tests.trained.test_prediction import of_slope_0

__all__ = ["model", "training_cohort"]  # fixtures


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model):
    path = tmp_path_factory.mktemp("new")
    save_model(model, path / "model")
    return path


@pytest.fixture
def run(folder, capsys):
    """Run the command and return its exit code, what it printed, and its table."""

    def predict_file(name, *words, of="model"):
        output = folder / "predictions.csv"
        output.unlink(missing_ok=True)
        code = run_command("predict", folder / of, folder / name, "-o", output, *words)
        said = capsys.readouterr()
        table = pd.read_csv(output, keep_default_na=False) if output.exists() else None
        return code, said, table

    return predict_file


def run_command(*words):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.argv", ["deepcme", *map(str, words)])
        try:
            main()
        except SystemExit as stop:
            return stop.code or 0
    return 0


def company():
    """Samples of every kind, in a table of genes x samples; two rows are of one gene."""
    values = bundle_cohort(ensembl_ids(), seed=1).X[:16].astype(np.float64)
    values[1] = np.log2(values[1] + 1)
    values[2, 5:] = np.nan
    values[3] = np.nan
    values[4] = 0
    values[5] *= 1000
    values[6, :2] = [-0.01, np.nan]
    values[7] = np.random.default_rng(0).normal(size=40)
    values[8] = np.rint(values[8])
    table = pd.DataFrame(values.T, index=ensembl_ids(), columns=[f"S{i}" for i in range(16)])
    second = (table.iloc[[0]] * np.linspace(0.2, 2, 16)).set_axis(["ENSG00000000001.7"])
    return pd.concat([table, second])


@pytest.fixture(scope="module")
def all_together(folder):
    company().to_csv(folder / "all.csv")
    code = run_command(
        "predict", folder / "model", folder / "all.csv", "-o", folder / "all.out.csv"
    )
    assert code == 0
    return as_written(folder / "all.out.csv")


def as_written(path):
    """A table's cells as they stand in the file, by sample."""
    return pd.read_csv(path, dtype=str, keep_default_na=False).set_index("sample")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 15), min_size=1, max_size=16, unique=True), st.booleans())
def test_who_else_is_in_the_file_changes_nothing(folder, all_together, places, turned):
    chosen = company().iloc[:, places]
    output = folder / "some.out.csv"
    output.unlink(missing_ok=True)
    (chosen.T if turned else chosen).to_csv(folder / "some.csv")
    code = run_command("predict", folder / "model", folder / "some.csv", "-o", output)
    expected = all_together.loc[list(chosen.columns)]
    if (expected["probability"] == "").all():
        assert code == 2
        assert not output.exists()
        return
    assert code == 0
    pd.testing.assert_frame_equal(as_written(output), expected, check_names=False)


def test_company_holds_samples_of_every_kind(all_together):
    remark = all_together["remark"].str.split(":").str[0]
    assert remark[["S1", "S2", "S3", "S4", "S7"]].tolist() == [
        "values fit log2(x + 1) of fpkm, not fpkm itself",
        "values of under 95% of the model's genes",
        "no value of the model's genes",
        "one and the same value of all of the model's genes",
        "values are log ratios or centred values, and the model takes expression levels, which "
        "cannot be converted",
    ]
    assert (all_together["probability"] == "").sum() == 5
    assert all_together.loc["S5", "far"] == "yes"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 119), min_size=1, max_size=40, unique=True))
def test_predictions_are_the_same_to_the_last_digits(model, whole, places):
    expression, table = whole
    found = predict(model, expression.of_samples(np.array(places))).table
    for column in ("probability", "spread", "coverage"):
        np.testing.assert_allclose(
            found[column], table[column].iloc[places], rtol=0, atol=1e-12, equal_nan=True
        )


@pytest.fixture(scope="module")
def whole(model):
    from deepcme.trained.new_samples import expression_of

    expression = expression_of(bundle_cohort(ensembl_ids(), seed=3))
    return expression, predict(model, expression).table


def with_labels(folder, change):
    """A cohort's file whose labels were changed afterwards."""
    bundle_cohort(ensembl_ids(), seed=1).save(folder / "labelled.h5ad")
    adata = change(ad.read_h5ad(folder / "labelled.h5ad"))
    adata.write_h5ad(folder / "changed.h5ad")
    return "changed.h5ad"


def without_label(adata):
    del adata.obs["label"]
    return adata


def with_a_missing_label(adata):
    adata.obs["label"] = adata.obs["label"].astype(float)
    adata.obs.iloc[3, adata.obs.columns.get_loc("label")] = np.nan
    return adata


@pytest.mark.parametrize(
    "change",
    [
        lambda adata: adata[:1].copy(),
        lambda adata: adata[adata.obs["label"] == 0].copy(),
        with_a_missing_label,
        without_label,
    ],
    ids=["one patient", "one class", "a missing label", "no label"],
)
def test_labels_of_a_cohort_are_not_looked_at(folder, run, change):
    name = with_labels(folder, change)
    expected = run("labelled.h5ad")[2].set_index("sample")
    code, _, table = run(name)
    assert code == 0
    table = table.set_index("sample")
    pd.testing.assert_frame_equal(table, expected.loc[table.index])


def test_a_cohort_file_is_checked_all_the_same(folder, run):
    def broken(adata):
        adata.X[2, 4] = np.inf
        return adata

    code, said, table = run(with_labels(folder, broken))
    assert code == 2
    assert (
        "changed.h5ad: sample S2, gene ENSG00000000005: the value inf is infinite." in said.err
    )
    assert table is None
    np.save(folder / "other.npy", np.zeros(3))
    assert run("other.npy")[0] == 2


def test_it_says_how_many_the_range_the_threshold_and_where_to_read_on(folder, run, model):
    company().to_csv(folder / "all.csv")
    _, said, table = run("all.csv")
    found = table[table["probability"] != ""]
    probability = found["probability"].astype(float)
    threshold = model.manifest.threshold.probability
    assert (
        f"{(found['positive'] == 'yes').sum()} of 11 samples positive, at the threshold of "
        f"{threshold:.3f}. Probabilities run from {probability.min():.3f} to "
        f"{probability.max():.3f}. 5 samples without a prediction."
    ) in said.out
    assert "deepcme explain predictions" in said.out
    assert (table["threshold"] == round(threshold, 6)).all()


def test_it_repeats_what_the_model_warns_of(folder, run, model):
    if not (folder / "of_nothing").exists():
        save_model(of_slope_0(model), folder / "of_nothing")
    bundle_cohort(ensembl_ids(), seed=1).save(folder / "labelled.h5ad")
    code, said, table = run("labelled.h5ad", "--quiet", of="of_nothing")
    assert code == 0
    assert (table["positive"] == "").all()
    assert "- Warning: of the model: this model predicts nothing." in said.err
    assert "- Warning: no sample is called positive or negative" in said.err


def test_one_patient_is_not_normalised_by_itself(folder, run):
    company()[["S0"]].to_csv(folder / "one.csv")
    code, said, table = run("one.csv", "--normalise", "cohort")
    assert code == 2
    assert "needs 20 or more, and there is 1" in said.err
    assert table is None


def test_text_and_infinite_values_are_refused_by_sample_and_gene(folder, run):
    for cell, sentence in (("high", "'high' is not a number"), ("inf", "infinite")):
        table = company().astype(object)
        table.iloc[3, 2] = cell
        table.to_csv(folder / "odd.csv")
        code, said, _ = run("odd.csv")
        assert code == 2
        assert "sample S2, gene ENSG00000000004" in said.err
        assert sentence in said.err


def test_the_files_own_scale_goes_with_a_cohort_unless_another_is_said(folder, run):
    logged = bundle_cohort(ensembl_ids(), seed=1, scale="log2")
    logged.save(folder / "logged.h5ad")
    bundle_cohort(ensembl_ids(), seed=1).save(folder / "labelled.h5ad")
    expected = run("labelled.h5ad")[2]
    found = run("logged.h5ad")[2]
    np.testing.assert_allclose(found["probability"], expected["probability"], atol=2e-5)
    Cohort.load(folder / "labelled.h5ad").save(folder / "said.h5ad")
    code, said, _ = run("said.h5ad", "--scale", "log2")
    assert code == 2
    assert "values fit linear ones, not logs" in said.err
