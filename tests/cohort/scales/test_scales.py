"""The scale of a matrix is worked out from the distribution of its values."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.scales.floors import describe_floor
from deepcme.cohort.scales.scales import (
    LINEAR_SCALES,
    absent_up_to,
    doubt_logs,
    guess_scale,
    on_scale,
)
from tests.invented_values import (
    gamma,
    genes_at_levels,
    logged,
    normal,
    poisson,
    standardised,
    with_negatives,
)


@pytest.mark.parametrize(
    ("values", "scale", "reason"),
    [
        (gamma(2, 1) - 3, "log2", "negative"),
        (normal(0.3), "log2", "as logs and log ratios"),
        (normal(), "log2", "as logs and log ratios"),
        (normal(1.5, centre=8), "log2", "as on a log scale"),
        (np.log2(gamma(0.3, 50, zeros=0.2) + 1), "log2", "as on a log scale"),
        (np.round(gamma(0.5, 900, zeros=0.2)), "counts", "whole numbers"),
        (np.round(gamma(2, 500) + 20), "counts", "whole numbers"),
        (np.round(gamma(2, 500, n_genes=6000) + 20), "intensity", "of 6,000 genes"),
        (gamma(0.3, 20, zeros=0.3), "fpkm", "usual for FPKM"),
        (gamma(0.5, 2000, zeros=0.2), "rsem", "usual for RSEM"),
        (gamma(2, 500) + 20, "intensity", "hardly any is 0"),
    ],
)
def test_scales_are_told_apart(values, scale, reason):
    guessed, said = guess_scale(values.astype(np.float32))
    assert (guessed, reason in said) == (scale, True), said


@pytest.mark.parametrize("zeros", [0.3, 0])
def test_samples_that_sum_to_a_million_are_tpm(zeros):
    values = gamma(3, 20, zeros=zeros).astype(np.float64)
    values = (values / values.sum(axis=1, keepdims=True) * 1e6).astype(np.float32)
    assert guess_scale(values)[0] == "tpm"


def test_missing_values_do_not_matter():
    values = gamma(2, 1) - 3
    values[0, 0] = np.nan
    values[:, 1] = np.nan
    assert guess_scale(values)[0] == "log2"


def test_a_matrix_without_numbers_has_no_scale():
    with pytest.raises(DeepCMEError, match="holds no numbers"):
        guess_scale(np.full((3, 4), np.nan, dtype=np.float32))


@pytest.mark.parametrize("mean", [0.3, 2, 4])
def test_small_whole_numbers_are_counts(mean):
    values = poisson(mean)
    assert values.max() <= 30
    assert guess_scale(values)[0] == "counts"


def test_rounded_logs_are_no_counts():
    genes = np.random.default_rng(2).normal(6, 3, 400).astype(np.float32)
    assert guess_scale(np.round(normal(1.2, centre=8)))[0] == "log2"
    assert guess_scale(np.round(np.maximum(normal() + genes, 0)))[0] == "log2"


@pytest.mark.parametrize("odd", [-5.0, 40.0, 1e6])
@pytest.mark.parametrize(
    "values",
    [
        logged(),
        logged(0.001),
        normal(),
        normal(1.5, centre=8),
        poisson(2),
        gamma(0.3, 20, zeros=0.3),
        gamma(0.5, 2000, zeros=0.2),
        gamma(2, 500) + 20,
        np.round(gamma(0.5, 900, zeros=0.2)),
    ],
)
def test_one_odd_value_changes_no_scale(values, odd):
    spoiled = values.astype(np.float32).copy()
    spoiled[3, 5] = odd
    assert guess_scale(spoiled)[0] == guess_scale(values)[0]


def test_linear_values_with_a_few_negatives_are_linear():
    assert guess_scale(with_negatives(gamma(0.5, 2000, zeros=0.1), 0.02, 10))[0] == "rsem"
    intensities = with_negatives(gamma(2, 500) + 20, 0.2, 10)
    assert guess_scale(intensities)[0] == "intensity"
    scale, reason = guess_scale(np.round(intensities))
    assert scale == "intensity"
    assert "are negative, as subtracting the background leaves them; sequencing" in reason
    assert reason.endswith("corrected for batches needs --scale rsem, tpm or fpkm")


def test_centred_linear_values_cannot_be_logged():
    scale, reason = guess_scale(gamma(2, 500) - 900)
    assert scale == "log2"
    assert "no log can be taken" in reason


def test_a_large_matrix_is_looked_at_in_part():
    values = np.tile(gamma(0.5, 2000, zeros=0.2), (30, 30))
    assert guess_scale(values) == guess_scale(values[::3, ::2])


def test_what_means_absent_on_linear_scales():
    values = gamma(0.5, 2000, zeros=0.2)
    assert [absent_up_to(values, scale) for scale in ("fpkm", "counts")] == [0.0, 0.0]
    assert absent_up_to(values, "intensity") is None


def test_a_few_negatives_become_0_on_a_linear_scale():
    values = gamma(0.5, 2000, zeros=0.1)
    values[0, :40] = -3
    values[1, 0] = np.nan
    floored, notes = on_scale(values, "rsem")
    assert notes == [
        "40 negative values (0.5%) became 0: rsem has none, but correcting for batches or the "
        "background leaves some."
    ]
    np.testing.assert_array_equal(floored, np.where(values < 0, 0, values))
    assert (values < 0).sum() == 40


def test_values_without_negatives_are_not_copied():
    values = gamma(0.5, 2000, zeros=0.1)
    floored, notes = on_scale(values, "rsem")
    assert floored is values
    assert notes == []


@pytest.mark.parametrize("scale", sorted(LINEAR_SCALES))
def test_logs_declared_as_linear_are_refused(scale):
    with pytest.raises(
        DeepCMEError, match=rf"are negative .* does not fit {scale}: --scale log2"
    ):
        on_scale(logged(0.001), scale)


def test_too_many_negatives_are_refused():
    values = with_negatives(gamma(2, 500), 0.3, 10)
    with pytest.raises(DeepCMEError, match=r"^(29|30)\.\d% of the values are negative"):
        on_scale(values, "rsem")
    assert on_scale(values, "intensity")[1]


def test_the_floor_of_logs_is_noted():
    values, notes = on_scale(logged(0.001), "log2")
    assert values.min() < -9
    assert notes == describe_floor(values)


@pytest.mark.parametrize("level", [1.0, 5.0])
def test_small_linear_values_are_doubted_to_be_logs(level):
    values = genes_at_levels(level=level)
    values = values / np.quantile(values, 0.9995) * 25
    assert guess_scale(values)[0] == "log2"
    (note,) = doubt_logs(values)
    assert note.startswith("Warning: the values are as small as logs, but genes vary in propo")
    assert "say --scale fpkm, tpm, rsem or intensity" in note


@pytest.mark.parametrize("level", [1.0, 5.0])
@pytest.mark.parametrize(
    "log",
    [
        lambda x: np.log2(x + 1),
        lambda x: np.log(x + 1),
        lambda x: np.log10(x + 1),
        lambda x: np.log2(x + 0.1),
        lambda x: np.log2(x + 30),
        lambda x: standardised(np.log2(x + 1)),
    ],
)
def test_logs_are_not_doubted(log, level):
    """A hundred draws of cohorts of 20 and 40 samples."""
    for seed in range(100):
        values = genes_at_levels(20 if seed % 2 else 40, level, 100, seed)
        assert doubt_logs(log(values).astype(np.float32)) == []
