"""The Nottingham prognostic index: as published, from the columns that cohorts have."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from deepcme import Cohort
from deepcme.base.errors import AbsentError
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.indices.indices import (
    INDICES,
    NOTTINGHAM_INDEX,
    compute_nottingham_index,
    derive_index,
    index_named,
)
from deepcme.sources.examples import load_transbig
from tests.real_cohorts import load_real_cohort

INDEX = index_named(NOTTINGHAM_INDEX)


def cohort_of(labels=None, **columns):
    n = len(next(iter(columns.values())))
    return Cohort.from_arrays(
        np.ones((n, 2)),
        np.arange(n) % 2 if labels is None else labels,
        samples=[f"S{i}" for i in range(n)],
        genes=["A", "B"],
        endpoint="invented",
        scale="log2",
        clinical=pd.DataFrame(columns),
        name="invented",
    )


def derive(named=None, **columns):
    return derive_index(INDEX, cohort_of(**columns), named)


def test_the_index_is_a_fifth_of_the_size_and_node_stage_and_grade():
    """By hand: the smallest, one of each group, and the good group's upper end."""
    index = compute_nottingham_index(
        np.array([1.0, 2.0, 2.2, 1.5, 3.0, 5.0]),
        np.array([1.0, 1.0, 1.0, 2.0, 3.0, 3.0]),
        np.array([1.0, 2.0, 2.0, 2.0, 3.0, 3.0]),
    )
    assert index.tolist() == [2.2, 3.4, 3.44, 4.3, 6.6, 7.0]
    assert INDEX.group_of(index).tolist() == [
        "good", "good", "moderate", "moderate", "poor", "poor",
    ]  # fmt: skip
    assert INDEX.group_of(np.array([5.4, 5.42, np.nan])).tolist() == ["moderate", "poor", None]


@settings(deadline=None)
@given(
    size=st.integers(1, 300).map(lambda mm: mm / 10),
    stage=st.sampled_from([1.0, 2.0, 3.0]),
    grade=st.sampled_from([1.0, 2.0, 3.0]),
)
def test_every_index_lies_in_its_range_and_rises_with_each_component(size, stage, grade):
    at = compute_nottingham_index(
        np.array([size, size + 0.1, size, size]),
        np.array([stage, stage, stage + 1, stage]),
        np.array([grade, grade, grade, grade + 1]),
    )
    lowest, highest = INDEX.range
    assert lowest < at[0] <= highest
    assert (at[1:] > at[0]).all()


@settings(max_examples=25, deadline=None)
@given(
    n_nodes=st.lists(st.integers(0, 40), min_size=2, max_size=30).filter(lambda n: max(n) > 1),
    data=st.data(),
)
def test_sizes_in_mm_and_cm_and_nodes_counted_or_staged_are_one_index(n_nodes, data):
    n = len(n_nodes)
    mm = data.draw(st.lists(st.integers(5, 90), min_size=n, max_size=n))
    mm[0], mm[-1] = 14, 25  # no whole cm alone
    mm = [size if np.median(mm) > 10 else size + 10 for size in mm]
    grades = data.draw(st.lists(st.sampled_from([1, 2, 3]), min_size=n, max_size=n))
    stages = ["N0" if k == 0 else "N1a" if k < 4 else "N2" for k in n_nodes]
    counted = derive(size_mm=mm, positive_nodes=n_nodes, grade=grades)
    staged = derive(
        size_cm=[size / 10 for size in mm],
        pathologic_n=stages,
        tumor_grade=[f"G{grade}" for grade in grades],
    )
    expected = [
        round(0.02 * size + 1 + (k > 0) + (k > 3) + grade, 6)
        for size, k, grade in zip(mm, n_nodes, grades, strict=True)
    ]
    assert counted.values.tolist() == staged.values.tolist() == pytest.approx(expected)


def test_who_lacks_a_component_has_no_index_and_the_sentence_counts_them():
    derived = derive(
        size_mm=[20, None, 30, 14],
        positive_nodes=[0, 2, 6, 0],
        grade=["II", "III", "GX", "Grade 1"],
    )
    assert derived.values.tolist() == pytest.approx([3.4, np.nan, np.nan, 2.28], nan_ok=True)
    assert derived.columns == ("size_mm", "positive_nodes", "grade")
    assert derived.describe() == (
        "Nottingham prognostic index of 2 of 4 samples: size from size_mm, in mm; node stage "
        "from positive_nodes, the number of positive nodes; grade from grade ('GX' in 1 sample "
        "taken as not known). By the cut-offs 3.4 and 5.4: 2 good, 0 moderate, 0 poor."
    )


def test_the_example_says_itself_that_its_patients_were_node_negative():
    derived = derive_index(INDEX, load_transbig())
    assert int(derived.is_known.sum()) == 196
    assert "node stage from nodes, by which everyone is negative" in derived.describe()
    assert "By the cut-offs 3.4 and 5.4: 79 good, 117 moderate, 0 poor." in derived.describe()


def test_on_transbig_it_tells_who_has_a_distant_metastasis_within_five_years():
    cohort = leave_out_censored(load_transbig())
    derived = derive_index(INDEX, cohort)
    known = derived.is_known
    auc = roc_auc_score(cohort.labels[known], derived.values[known])
    assert (known.sum(), auc) == (187, pytest.approx(0.6689, abs=5e-5))
    of_group = pd.Series(cohort.labels).groupby(INDEX.group_of(derived.values))
    assert of_group.sum().to_dict() == {"good": 7, "moderate": 28}


@pytest.mark.shared
def test_on_the_patients_of_the_70_genes_it_ranks_about_as_well_as_genes(shared_data):
    """Edén et al. 2004, Eur J Cancer 40:1837, of the same 97 patients."""
    cohort = load_real_cohort(shared_data, "veer2002_symbols")
    with pytest.raises(AbsentError, match="no column of the number of positive lymph nodes"):
        derive_index(INDEX, cohort)
    derived = derive_index(INDEX, cohort, {"nodes": "negative"})
    assert derived.words.startswith("size from diameter_mm, in mm")
    assert roc_auc_score(cohort.labels, derived.values) == pytest.approx(0.7621, abs=5e-5)


@pytest.mark.shared
def test_t_stages_that_a_cohort_calls_sizes_make_no_index(shared_data):
    cohort = load_real_cohort(shared_data, "vdx_gse2034_gse5327_150_symbols")
    with pytest.raises(AbsentError, match="'size_cm' holds 1 to 3 in whole numbers alone"):
        derive_index(INDEX, cohort)


def test_a_study_can_name_odd_columns_and_state_that_nobody_has_a_positive_node():
    odd = {"T": [12, 25], "bloom": [1, 3]}
    named = {"size": "T", "nodes": "negative", "grade": "bloom"}
    derived = derive(named, **odd)
    assert derived.values.tolist() == pytest.approx([2.24, 4.5])
    assert derived.columns == ("T", "bloom")
    assert "nodes negative, as the study says" in derived.describe()
    with pytest.raises(AbsentError, match=r"no column 'TT', which size names"):
        derive({**named, "size": "TT"}, **odd)


def test_what_is_missing_is_said_of_every_component():
    with pytest.raises(AbsentError) as error:
        derive(pathologic_T=["T1", "T2"], age=[50, 60])
    assert str(error.value) == (
        "invented: no Nottingham prognostic index: the cohort has no column of the tumour's "
        "size in cm or mm; the cohort has no column of the number of positive lymph nodes, or "
        "of the pN stage; the cohort has no column of the histological grade, 1 to 3."
    )


def test_a_cohorts_own_index_is_compared_and_stands_only_where_nothing_can_be_computed():
    columns = {"TUMOR_SIZE": [22, 10, 15], "GRADE": [3, 3, 2]}
    nodes = {"LYMPH_NODES_EXAMINED_POSITIVE": [10, 0, 1]}
    wrong = {"NPI": [6.044, 4.02, 4.03]}  # sizes of a tenth
    derived = derive(**columns, **nodes, **wrong)
    assert derived.values.tolist() == pytest.approx([6.44, 4.2, 4.3])
    assert derived.describe().endswith(
        "The cohort's own column NPI differs from it in 3 of 3 samples, by up to 0.40; the "
        "computed values are used."
    )
    right = derive(**columns, **nodes, NPI=[6.44, 4.2, None])
    assert right.note == ""
    alone = derive(**columns, **wrong)
    assert alone.values.tolist() == [6.044, 4.02, 4.03]
    assert alone.words == "as the cohort's own column NPI has it"
    assert alone.note.startswith(
        "It is unchecked, since the cohort has no column of the number"
    )
    with pytest.raises(
        AbsentError, match=r"'NPI' has values that are none \(1.02 of sample S1"
    ):
        derive(NPI=[4.2, 1.02])


def test_nothing_is_learned_so_that_outcomes_change_nothing():
    columns = {
        "size_mm": list(range(10, 40)),
        "nodes": [0] * 30,
        "grade": [1, 2, 3] * 10,
    }
    random = np.random.default_rng(0)
    plain = derive_index(INDEX, cohort_of(**columns))
    shuffled = cohort_of(labels=random.permutation(np.arange(30) % 2), **columns)
    assert derive_index(INDEX, shuffled).values.tolist() == plain.values.tolist()
    some = {name: values[:7] for name, values in columns.items()}
    assert derive(**some).values.tolist() == plain.values[:7].tolist()


def test_each_index_has_a_name_a_source_and_one_group_more_than_cut_offs():
    assert len({index.name for index in INDICES}) == len(INDICES)
    for index in INDICES:
        assert index.source
        assert len(index.groups) == len(index.cut_offs) + 1
        assert index_named(index.name) is index
    assert index_named("size_mm") is None
