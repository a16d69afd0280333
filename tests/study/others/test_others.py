"""Other cohorts are read as a study asks for them, or refused in one sentence."""

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.study.others.others import read_others
from tests.study.others.cohorts import GENES, labelled, study_with, timed, unread, values

__all__ = ["unread"]
pytestmark = pytest.mark.usefixtures("unread")


def read(folder, own, *others, **options):
    return read_others(study_with(folder, own, *others, **options), own)


def refused(folder, own, *others, **options):
    with pytest.raises(DeepCMEError) as caught:
        read(folder, own, *others, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_genes_that_all_have_are_taken_in_the_order_of_the_studys_own(tmp_path):
    own = labelled("own", genes=range(60))
    north = labelled("north", seed=2, genes=[*range(69, 9, -1)])
    south = labelled("south", seed=3, genes=range(5, GENES))
    found = read(tmp_path, own, north, south)
    assert found.genes.tolist() == [*range(10, 60)]
    assert not found.has_all_genes
    np.testing.assert_array_equal(found.arrays.own, own.X[:, 10:60])
    assert [of.common_genes for of in found.cohorts] == [50, 55]
    # gene10 is north's sixtieth column
    expected = (north.X[:, 59] - north.X[:, 59].mean()) / north.X[:, 59].std()
    np.testing.assert_allclose(found.arrays.X[:50, 0], expected, atol=1e-5)


def test_each_is_logged_by_its_own_scale_and_standardised_within_itself(tmp_path):
    logs, linear = labelled("logs", seed=2), labelled("linear", seed=3, scale="tpm")
    linear.X[:7, 3] = np.nan
    logs.X[:, 4] = 6.0
    Z = read(tmp_path, labelled("own"), logs, linear).arrays.X
    for rows in (slice(0, 50), slice(50, 100)):
        np.testing.assert_allclose(Z[rows].mean(axis=0), 0, atol=1e-5)
        deviations = np.delete(Z[rows].std(axis=0), [3, 4])
        np.testing.assert_allclose(deviations, 1, atol=1e-4)
    assert not Z[:50, 4].any()  # constant there
    assert not Z[50:57, 3].any()  # missing there
    logged = np.log2(linear.X[:, 9] + 1)
    np.testing.assert_allclose(
        Z[50:, 9], (logged - logged.mean()) / logged.std(), rtol=1e-4, atol=1e-4
    )


def test_values_are_clipped_as_the_studys_own(tmp_path):
    other = labelled("other", seed=2)
    other.X[0, 0] = 100.0
    preprocessing = {"clip": 2.0}
    found = read(tmp_path, labelled("own"), other, preprocessing=preprocessing)
    assert found.arrays.X.max() == 2.0


def test_where_no_gene_is_lost_the_own_matrix_is_not_copied(tmp_path):
    own = labelled("own", genes=range(60))
    found = read(tmp_path, own, labelled("other", seed=2))
    assert found.has_all_genes
    assert found.arrays.own is own.X
    assert not found.warnings


def test_patients_of_different_cohorts_have_different_numbers(tmp_path):
    own = labelled("own")
    patients = read(tmp_path, own, labelled("a", seed=2), labelled("b", seed=3)).arrays.patients
    assert len(set(patients)) == 100
    assert patients.min() == own.n_patients


def test_times_are_in_the_unit_of_the_studys_own(tmp_path):
    own, other = timed("own"), timed("other", seed=2, unit="months")
    outcome = read(tmp_path, own, other).arrays.outcomes[0]
    np.testing.assert_allclose(outcome.times, other.outcome.times / 12)
    assert outcome.endpoint.unit == "years"


def test_primary_tumours_alone_are_taken_where_the_study_takes_these(tmp_path):
    other = labelled("other", seed=2)
    other.obs["tissue"] = ["primary"] * 40 + ["normal"] * 10
    own = labelled("own")
    assert read(tmp_path, own, other).n_samples == 40
    everyone = read(tmp_path, own, other, preprocessing={"tissue": "all"})
    assert everyone.n_samples == 50


def test_a_loss_of_most_genes_is_warned_about_and_nearly_all_refused(tmp_path):
    own = labelled("own")
    few = labelled("few", seed=2, genes=range(24))
    assert read(tmp_path, own, few).warnings == (
        "Only 24 of the 70 genes of own (34%) are in all cohorts: what is fitted with other "
        "patients does without the others.",
    )
    fewer = labelled("fewer", seed=3, genes=range(19))
    assert refused(tmp_path, own, few, fewer) == (
        "Of the 70 genes of own only 19 are in all other cohorts (few 24, fewer 19), too few "
        "to learn from: translate their genes to one kind of identifier with `deepcme genes "
        "map`, or leave out the cohort that has the fewest."
    )


def test_a_small_panel_may_meet_itself(tmp_path):
    own, other = (labelled(name, seed=seed, genes=range(8)) for seed, name in enumerate("ab"))
    found = read(tmp_path, own, other)
    assert len(found.genes) == 8
    assert "cannot tell whether b holds copies" in found.all_warnings[0]


def test_endpoints_in_other_words_are_warned_about(tmp_path):
    other = labelled("other", seed=2)
    other = Cohort(other.adata, endpoint="relapse = 1.", scale="log2", name="other")
    assert read(tmp_path, labelled("own"), other).warnings == (
        "other has an endpoint in other words than own ('relapse = 1', and 'invented = 1 "
        "against 0'): make sure that the events are the same.",
    )


def test_another_kind_of_outcome_is_refused(tmp_path):
    told = refused(tmp_path, labelled("own"), timed("other"))
    assert "it has a survival outcome and own a binary one: give cohorts of one kind" in told
    told = refused(tmp_path, timed("own"), labelled("other"))
    assert "it has a binary outcome and own a survival one" in told


def test_times_of_an_unknown_unit_are_refused(tmp_path):
    other = timed("other", seed=2)
    endpoint = other.outcome.endpoint
    unknown = Cohort(
        other.adata,
        endpoint=endpoint.rule,
        scale="log2",
        name="other",
        outcome=type(other.outcome),
    )
    told = refused(tmp_path, timed("own"), unknown)
    assert "those of other.h5ad in an unknown unit" in told


def test_the_cohort_itself_and_a_file_twice_are_refused(tmp_path):
    own, other = labelled("own"), labelled("other", seed=2)
    study = study_with(tmp_path, own, other)
    for cohorts, words in (
        ([tmp_path / "own.h5ad"], "this is the cohort of the study itself"),
        ([tmp_path / "copy.h5ad"], "copy holds the same as own: give each cohort once"),
        ([tmp_path / "other.h5ad", tmp_path / "twin.h5ad"], "twin holds the same as other"),
        ([tmp_path / "none.h5ad"], "none.h5ad: "),
    ):
        own.save(tmp_path / "copy.h5ad")
        other.save(tmp_path / "twin.h5ad")
        also = study.also.model_copy(update={"cohorts": tuple(cohorts)})
        with pytest.raises(DeepCMEError, match=words):
            read_others(study.model_copy(update={"also": also}), own)


def test_a_name_given_twice_is_refused_by_the_settings(tmp_path):
    own, other = labelled("own"), labelled("other", seed=2)
    path = tmp_path / "other.h5ad"
    with pytest.raises(DeepCMEError, match=r"also: one is named twice: .*other\.h5ad"):
        study_with(tmp_path, own, other, also={"cohorts": [path, path]})


def test_a_cohort_too_small_to_be_standardised_is_refused(tmp_path):
    told = refused(tmp_path, labelled("own"), labelled("tiny", n=19, seed=2))
    assert "takes 20 samples or more, and it has 19" in told


def test_a_sample_without_a_value_of_the_common_genes_is_refused(tmp_path):
    other = labelled("other", seed=2)
    other.X[3, :60] = np.nan
    told = refused(tmp_path, labelled("own", genes=range(60)), other)
    assert told.startswith("other: 1 sample (other-3) without a value of any gene")


def test_files_of_one_name_are_told_apart(tmp_path):
    own = labelled("own")
    (tmp_path / "there").mkdir()
    labelled("b", seed=3).save(tmp_path / "there" / "own.h5ad")
    study = study_with(tmp_path, own, labelled("a", seed=2))
    cohorts = (tmp_path / "a.h5ad", tmp_path / "there" / "own.h5ad")
    also = study.also.model_copy(update={"cohorts": cohorts})
    found = read_others(study.model_copy(update={"also": also}), own)
    assert [of.name for of in found.cohorts] == ["a", "own 2"]


def test_standardising_in_blocks_changes_nothing(tmp_path, monkeypatch):
    own, other = labelled("own"), labelled("other", seed=2, X=values(50, 5))
    whole = read(tmp_path, own, other).arrays.X
    monkeypatch.setattr("deepcme.study.others.others._BLOCK_GENES", 9)
    np.testing.assert_array_equal(read(tmp_path, own, other).arrays.X, whole)
