"""Transformers behave as scikit-learn's do and do what their names say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMEError
from deepcme.models.preprocessing import (
    ClippedStandardScaler,
    Log2Transformer,
    MedianImputer,
    PrevalenceFilter,
    fit_and_transform_rows,
    kept_genes,
    make_preprocessor,
    transform_rows,
)


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [Log2Transformer(), MedianImputer(), PrevalenceFilter(), ClippedStandardScaler(clip=5.0)]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def frame(values, columns=("a", "b", "c")):
    return pd.DataFrame(values, columns=list(columns), dtype=float)


def test_log2_of_x_plus_one():
    out = Log2Transformer().fit_transform([[0.0, 1.0], [3.0, 1023.0]])
    np.testing.assert_allclose(out, [[0, 1], [2, 10]], rtol=1e-6)


def test_log2_refuses_negative_values():
    with pytest.raises(DeepCMEError, match="Negative values"):
        Log2Transformer().fit([[-1.0]])


def test_imputer_puts_the_training_median_and_drops_what_was_empty():
    train = frame([[1, np.nan, np.nan], [3, 5, np.nan], [8, 7, np.nan]])
    imputer = MedianImputer().set_output(transform="pandas").fit(train)
    out = imputer.transform(frame([[np.nan, np.nan, 4]]))
    assert out.columns.tolist() == ["a", "b"]
    assert out.iloc[0].tolist() == [3, 6]


def test_prevalence_filter_keeps_genes_expressed_often_enough():
    X = frame([[1, 0, 0], [1, 0, 2], [1, 0, 0], [1, 3, 2]])
    kept = PrevalenceFilter(0.5).set_output(transform="pandas").fit_transform(X)
    assert kept.columns.tolist() == ["a", "c"]


def test_prevalence_filter_knows_the_floor_of_logs():
    X = frame([[1, -9.97, -9.97], [1, -9.97, 2], [-2, -9.97, -9.97], [1, 3, 2]])
    kept = PrevalenceFilter(0.5, absent_up_to=-9.96).fit(X).get_support()
    assert kept.tolist() == [True, False, True]


def test_standardisation_clips_and_leaves_constant_genes_at_zero():
    train = frame([[0, 7, 1], [2, 7, 1], [4, 7, 1e6]])
    scaler = ClippedStandardScaler(clip=1.0).fit(train)
    out = scaler.transform(frame([[2, 7, 1], [100, 9, 1e9]]))
    np.testing.assert_allclose(out[0], [0, 0, -1 / np.sqrt(2)], atol=1e-6)
    np.testing.assert_allclose(out[1], [1, 0, 1])


def test_a_constant_gene_is_constant_in_spite_of_rounding():
    X = np.full((7, 1), 0.1, dtype=np.float32)
    assert np.all(ClippedStandardScaler().fit_transform(X) == 0)


@pytest.mark.parametrize(
    ("scale", "absent", "prevalence", "steps"),
    [
        ("fpkm", 0.0, 0.1, ["log2", "impute", "prevalence", "standardise"]),
        ("fpkm", 0.0, 0.0, ["log2", "impute", "standardise"]),
        ("intensity", None, 0.1, ["log2", "impute", "standardise"]),
        ("log2", -9.96, 0.1, ["impute", "prevalence", "standardise"]),
        ("log2", None, 0.1, ["impute", "standardise"]),
    ],
)
def test_only_the_steps_a_scale_needs(scale, absent, prevalence, steps):
    made = make_preprocessor(scale, absent_up_to=absent, min_prevalence=prevalence, clip=5.0)
    assert [name for name, _ in made.steps] == steps


def test_positions_of_the_genes_that_come_out():
    preprocessor = make_preprocessor("fpkm", absent_up_to=0.0, min_prevalence=0.5, clip=np.inf)
    preprocessor.fit(np.array([[1, 0, 0], [2, 0, 5], [3, 0, 0], [4, 1, 7]], dtype=np.float32))
    assert kept_genes(preprocessor).tolist() == [0, 2]


def test_rows_are_transformed_in_blocks_as_in_one(random):
    X = random.gamma(2.0, 3.0, size=(200, 6)).astype(np.float32)
    preprocessor = make_preprocessor(
        "fpkm", absent_up_to=0.0, min_prevalence=0.1, clip=5.0
    ).fit(X[:100])
    rows = random.permutation(200)[:150]
    np.testing.assert_array_equal(
        transform_rows(preprocessor, X, rows), preprocessor.transform(X[rows])
    )


def _step_by_step(preprocessor, learn_on, rows):
    """Each step on all genes, by the plainest of numpy's functions."""
    for _, step in preprocessor.steps:
        if isinstance(step, Log2Transformer):
            learn_on, rows = (
                np.log1p(of) * np.float32(1 / np.log(2)) for of in (learn_on, rows)
            )
        elif isinstance(step, MedianImputer):
            held = ~np.isnan(learn_on).all(axis=0)
            medians = np.full(len(held), np.nan, np.float32)
            medians[held] = np.nanmedian(learn_on[:, held], axis=0)
            np.testing.assert_array_equal(step.medians_, medians)
            learn_on, rows = (
                np.where(np.isnan(of), medians, of)[:, held] for of in (learn_on, rows)
            )
        elif isinstance(step, PrevalenceFilter):
            prevalence = (learn_on > step.absent_up_to).mean(axis=0)
            np.testing.assert_array_equal(step.prevalence_, prevalence)
            kept = prevalence >= step.min_prevalence
            learn_on, rows = learn_on[:, kept], rows[:, kept]
        else:
            mean = learn_on.mean(axis=0, dtype=np.float64)
            spread = learn_on.astype(np.float64).std(axis=0)
            constant = spread < 1e-6
            spread[constant] = 1
            np.testing.assert_array_equal(step.mean_, mean.astype(np.float32))
            np.testing.assert_array_equal(step.scale_, spread.astype(np.float32))
            rows = (rows - mean.astype(np.float32)) / spread.astype(np.float32)
            rows = np.clip(np.where(constant, 0, rows), -step.clip, step.clip)
    return rows


@pytest.mark.parametrize("n_learned", [80, 81])
@pytest.mark.parametrize(("scale", "absent"), [("fpkm", 0.0), ("log2", None)])
@pytest.mark.parametrize("missing", [0.0, 0.02])
def test_blocks_of_genes_give_the_bytes_that_all_at_once_give(
    random, n_learned, scale, absent, missing
):
    X = random.gamma(1.0, 3.0, size=(120, 700)).astype(np.float32)
    X[:, 3] = 7
    X[random.random(X.shape) < random.random(700)] = 0
    X[random.random(X.shape) < missing] = np.nan
    X[:, 500] = np.nan if missing else X[:, 500]
    learn_on, rows = random.permutation(120)[:n_learned], random.permutation(120)[:60]
    for learned, transformed in ((learn_on, rows), (learn_on[:50], learn_on), (rows, rows)):
        preprocessor = make_preprocessor(
            scale, absent_up_to=absent, min_prevalence=0.2, clip=2.0
        )
        found = fit_and_transform_rows(preprocessor, X, learned, transformed)
        expected = _step_by_step(preprocessor, X[learned], X[transformed])
        assert found.flags.c_contiguous
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(transform_rows(preprocessor, X, transformed), expected)


def test_rows_that_are_prepared_come_above(random):
    X = random.gamma(1.0, 3.0, size=(40, 30)).astype(np.float32)
    X[:35, 4] = 0
    above = random.normal(size=(7, 30)).astype(np.float32)
    preprocessor = make_preprocessor("fpkm", absent_up_to=0.0, min_prevalence=0.5, clip=2.0)
    rows = np.arange(20)
    together = fit_and_transform_rows(preprocessor, X, rows, rows, above)
    np.testing.assert_array_equal(together[:7], np.delete(above, 4, axis=1))
    np.testing.assert_array_equal(together[7:], transform_rows(preprocessor, X, rows))
