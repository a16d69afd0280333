"""Some samples and genes of a cohort, by an index."""

import numpy as np
import pytest

from deepcme import DeepCMEError


def test_masks_places_slices_and_names_choose_samples(cohort):
    names = cohort.samples.tolist()
    mask = np.arange(len(cohort)) % 3 == 0
    for key in (mask, mask.tolist(), slice(0, None, 3), range(0, len(names), 3), names[::3]):
        assert cohort[key].samples.tolist() == names[::3]


def test_a_series_is_taken_by_its_ids(cohort):
    mask = (cohort.obs["label"] == 1) | (cohort.obs["sample"] == "S40")
    assert cohort[mask.iloc[::-1]].samples.tolist() == cohort[mask.to_numpy()].samples.tolist()


def test_the_order_is_the_one_that_is_named(cohort):
    names = cohort.samples[[45, 2, 30, 1, 3]].tolist()
    chosen = cohort[names]
    assert chosen.samples.tolist() == names
    rows = [cohort.samples.tolist().index(name) for name in names]
    np.testing.assert_array_equal(chosen.X, cohort.X[rows])
    assert chosen.labels.tolist() == cohort.labels[rows].tolist()


def test_genes_go_by_id_or_symbol(cohort):
    first, second = cohort.gene_ids[:2]
    assert cohort[:, [second, first]].gene_ids.tolist() == [second, first]
    assert cohort[:, cohort.symbols[1]].gene_ids.tolist() == [second]
    assert cohort[::6, :2].to_frame().shape == (10, 2)


def test_what_was_chosen_is_noted_and_counted(cohort):
    chosen = cohort[::6, :2]
    assert chosen.flow[-1].samples == 10
    assert chosen.notes[-2:] == [
        f"Chosen samples: 10 samples of {len(cohort)}.",
        f"Chosen genes: 2 genes of {cohort.n_genes}.",
    ]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (["nobody"], "no sample 'nobody'"),
        ([0, 0], "chosen twice"),
        ([True], "mask has 1 values for"),
        ([10_000], "places go from 0 to"),
        ([], "No sample is chosen"),
        (0.5, "by a mask, by places, or by names"),
    ],
)
def test_what_cannot_be_meant_is_refused(cohort, key, message):
    with pytest.raises(DeepCMEError, match=message):
        cohort[key]


def test_a_misspelt_gene_is_told_the_nearest(cohort):
    with pytest.raises(DeepCMEError, match="the nearest are"):
        cohort[:, f"{cohort.gene_ids[0]}x"]


def test_one_class_alone_is_no_cohort(cohort):
    with pytest.raises(DeepCMEError, match="none of the"):
        cohort[cohort.labels == 1]


def test_a_cohort_is_not_a_sequence_of_cohorts(cohort):
    with pytest.raises(TypeError):
        iter(cohort)


def test_it_shows_itself_on_a_screen(cohort):
    text = repr(cohort)
    assert text.startswith(f"Cohort {cohort.name}: ")
    assert len(text.splitlines()) <= 25
    assert "<strong>" in cohort._repr_html_()
