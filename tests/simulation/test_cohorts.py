"""A simulated cohort has the numbers asked for and the truth it says it has."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from deepcme import Cohort, DeepCMEError
from deepcme.simulation.cohorts import (
    CohortDesign,
    draw_samples,
    simulate_cohort,
    simulate_module,
)
from deepcme.simulation.expression import draw_genes

DESIGN = CohortDesign(samples=600, genes=1990, events=200, signal_genes=60, effect=0.8)
SMALL = CohortDesign(samples=60, genes=120, events=11, signal_genes=5)


@pytest.fixture(scope="module")
def simulated() -> Cohort:
    return simulate_cohort(DESIGN, seed=7)


def log2_expression(cohort: Cohort) -> np.ndarray:
    return np.log2(cohort.X.astype(float) + 1)


def well_expressed(cohort: Cohort) -> np.ndarray:
    """Genes that counting noise and the 1 in log2(x + 1) hardly touch."""
    return np.median(cohort.X, axis=0) > 8


def centred_by_batch(cohort: Cohort) -> np.ndarray:
    """Log2 expression less the mean of the batch's non-events of primary tissue."""
    values = log2_expression(cohort)
    reference = (cohort.labels == 0) & (cohort.obs["tissue"] == "primary").to_numpy()
    for batch in cohort.obs["batch"].unique():
        rows = (cohort.obs["batch"] == batch).to_numpy()
        values[rows] -= values[rows & reference].mean(axis=0)
    return values


def test_counts_are_exactly_as_asked(simulated):
    assert (simulated.n_samples, simulated.n_genes) == (600, 1990)
    assert simulated.n_positives == 200
    assert simulated.n_patients == 600 - 20 - 40
    assert simulated.scale == "fpkm"
    var = simulated.adata.var
    assert var["signal"].sum() == 60
    assert var["rare"].sum() == round(0.25 * 1990)
    assert not (var["signal"] & var["rare"]).any()
    assert var["module"].value_counts().tolist() == [50] * 39 + [40]
    assert simulated.obs["batch"].value_counts().tolist() == [150] * 4


def test_truth_is_in_the_provenance_and_survives_the_disk(simulated, tmp_path):
    simulated.save(tmp_path / "sim.h5ad")
    loaded = Cohort.load(tmp_path / "sim.h5ad")
    assert loaded.fingerprint == simulated.fingerprint
    assert loaded.provenance["seed"] == 7
    assert loaded.provenance["design"]["effect"] == 0.8
    var = loaded.adata.var
    assert var["signal"].dtype == bool
    assert loaded.provenance["signal_genes"] == var.loc[var["signal"], "effect"].to_dict()
    assert set(var.loc[var["signal"], "effect"].abs()) == {0.8}
    assert set(var.loc[~var["signal"], "effect"]) == {0.0}


def test_same_seed_same_bytes():
    first, again = (simulate_cohort(SMALL, seed=3) for _ in range(2))
    assert first.X.tobytes() == again.X.tobytes()
    assert first.fingerprint == again.fingerprint
    assert simulate_cohort(SMALL, seed=4).fingerprint != first.fingerprint


def test_a_module_has_the_same_bytes_whenever_it_is_drawn():
    whole = simulate_cohort(SMALL, seed=3)
    samples, genes = draw_samples(SMALL, 3), draw_genes(SMALL, 3)
    for module in (2, 0, 1):
        columns = (genes["module"] == module).to_numpy()
        alone = simulate_module(samples, genes[columns], SMALL.module_correlation, 3)
        assert alone.astype(np.float32).tobytes() == whole.X[:, columns].tobytes()


def test_needs_little_more_memory_than_the_matrix():
    design = CohortDesign(samples=300, genes=20_000)
    tracemalloc.start()
    simulate_cohort(design)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * 4 * design.samples * design.genes


def test_genes_correlate_within_modules_only():
    design = replace(DESIGN, repeated_samples=0.0, batches=1, module_correlation=0.4)
    cohort = simulate_cohort(design, seed=2)
    genes = well_expressed(cohort)
    values = log2_expression(cohort)[cohort.labels == 0][:, genes]
    module = cohort.adata.var["module"].to_numpy()[genes]
    correlation = np.corrcoef(values.T)
    same = (module[:, None] == module) & ~np.eye(len(module), dtype=bool)
    assert correlation[same].mean() == pytest.approx(0.4, abs=0.04)
    assert correlation[module[:, None] != module].mean() == pytest.approx(0, abs=0.01)


def test_samples_of_a_patient_have_one_label_and_correlate():
    cohort = simulate_cohort(
        replace(DESIGN, repeated_samples=0.4, batches=1, signal_genes=0), seed=5
    )
    assert cohort.n_patients == 360
    assert (cohort.obs.groupby("patient")["label"].nunique() == 1).all()
    values = stats.zscore(log2_expression(cohort)[:, well_expressed(cohort)])
    rows_of_patient = cohort.obs.reset_index().groupby("patient").groups.values()
    first, second = np.array([rows[:2] for rows in rows_of_patient if len(rows) > 1]).T
    assert np.mean(values[first] * values[second]) == pytest.approx(0.7, abs=0.05)
    assert np.mean(values[:-1] * values[1:]) == pytest.approx(0, abs=0.03)


def test_rare_genes_are_expressed_by_few_patients_and_the_others_by_many(simulated):
    patient = simulated.patients
    by_patient = np.array(
        [(simulated.X[patient == one] > 0).any(axis=0) for one in np.unique(patient)]
    )
    share = by_patient.mean(axis=0)
    rare = simulated.adata.var["rare"].to_numpy()
    rounding = 0.5 / simulated.n_patients
    assert share[rare].max() <= 0.05 + rounding
    assert (share[rare] > 0).mean() > 0.99
    assert np.median(share[rare]) == pytest.approx(np.sqrt(0.001 * 0.05), rel=0.15)
    assert (share[~rare] > 0.1).mean() > 0.99


def test_in_a_small_cohort_a_patient_or_few_express_a_rare_gene():
    cohort = simulate_cohort(replace(SMALL, rare_genes=0.9, repeated_samples=0.0))
    rare = cohort.adata.var["rare"].to_numpy()
    expressing = (cohort.X[:, rare] > 0).sum(axis=0)
    assert expressing.max() <= 3
    assert (expressing >= 1).mean() > 0.95


def test_effect_is_recovered_in_signal_genes_and_nowhere_else():
    cohort = simulate_cohort(replace(DESIGN, repeated_samples=0.0), seed=8)
    events, var = cohort.labels == 1, cohort.adata.var
    expressed = well_expressed(cohort) | var["signal"].to_numpy()
    values = centred_by_batch(cohort)[:, expressed]
    difference = values[events].mean(axis=0) - values[~events].mean(axis=0)
    shift = difference / values[~events].std(axis=0)
    effect = var["effect"].to_numpy()[expressed]
    signal = effect != 0
    assert np.mean(shift[signal] * np.sign(effect[signal])) == pytest.approx(0.8, rel=0.06)
    assert np.mean(shift[~signal]) == pytest.approx(0, abs=0.03)
    assert np.std(shift[~signal]) == pytest.approx(np.sqrt(1 / 200 + 1 / 400), rel=0.15)


def test_without_signal_a_tenth_of_the_t_tests_has_p_below_a_tenth():
    below = []
    for seed in range(5):
        design = CohortDesign(
            samples=200, genes=1000, events=60, signal_genes=0, repeated_samples=0.0
        )
        cohort = simulate_cohort(design, seed)
        assert not cohort.adata.var["signal"].any()
        values = log2_expression(cohort)[:, well_expressed(cohort)]
        test = stats.ttest_ind(values[cohort.labels == 1], values[cohort.labels == 0])
        below.append(np.mean(test.pvalue < 0.1))
    assert np.mean(below) == pytest.approx(0.1, abs=0.03)


def test_larger_libraries_see_more_genes(simulated):
    size = simulated.obs["library_size"]
    assert np.std(np.log(size)) == pytest.approx(0.3, rel=0.15)
    detected = (simulated.X > 0).sum(axis=1)
    assert stats.spearmanr(size, detected).statistic > 0.8


def test_batches_shift_genes_by_a_third_of_their_deviation():
    cohort = simulate_cohort(replace(DESIGN, batches=2, repeated_samples=0.0), seed=4)
    genes = well_expressed(cohort)
    values = log2_expression(cohort)[cohort.labels == 0][:, genes]
    in_first = (cohort.obs["batch"] == "B1").to_numpy()[cohort.labels == 0]
    first, second = values[in_first], values[~in_first]
    difference = (first.mean(axis=0) - second.mean(axis=0)) / first.std(axis=0)
    expected = np.sqrt(2 * 0.3**2 + 1 / len(first) + 1 / len(second))
    assert np.std(difference) == pytest.approx(expected, rel=0.15)


def test_normal_tissue_is_a_share_of_the_repeated_samples():
    cohort = simulate_cohort(replace(DESIGN, repeated_samples=0.3, normal_tissue=0.5), seed=6)
    normal = (cohort.obs["tissue"] == "normal").to_numpy()
    assert normal.sum() == 90
    assert cohort.keep_primary_tumours().n_samples == 510
    values = centred_by_batch(cohort)[:, well_expressed(cohort)]
    shift = values[normal].mean(axis=0) / values[~normal & (cohort.labels == 0)].std(axis=0)
    assert np.std(shift) == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"events": 0}, "0 events among 60 samples are not possible"),
        ({"events": 60}, "60 events among 60 samples are not possible"),
        ({"signal_genes": 91}, "of 120 genes, 90 are not rare"),
        ({"signal_genes": -1}, "-1 signal genes are not possible"),
        ({"rare_genes": 1.5}, r"Rare genes must be 0 to 1, not 1\.5"),
        ({"rare_genes": float("nan")}, "Rare genes must be 0 to 1, not nan"),
        ({"effect": -0.5}, r"Effect must be 0 or more, not -0\.5"),
        ({"effect": float("inf")}, "Effect must be 0 or more, not inf"),
        ({"genes": 0}, "Genes must be 1 or more"),
        ({"module_size": 0}, "Module size must be 1 or more"),
        ({"batches": 61}, "60 samples cannot fill 61 batches"),
    ],
)
def test_impossible_numbers_are_refused_in_one_sentence(change, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        replace(SMALL, **change)
