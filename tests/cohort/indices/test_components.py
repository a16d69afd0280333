"""Size, nodes and grade are read as cohorts write them, or a sentence says why not."""

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.indices.grades import GRADE
from deepcme.cohort.indices.nodes import NODES
from deepcme.cohort.indices.reading import find_component
from deepcme.cohort.indices.sizes import SIZE

COMPONENTS = {"size": SIZE, "nodes": NODES, "grade": GRADE}


def find(component, named="", /, **columns):
    n = len(next(iter(columns.values())))
    obs = pd.DataFrame(columns, index=[f"S{i}" for i in range(n)])
    return find_component(COMPONENTS[component], obs, named)


def values(component, **columns):
    return find(component, **columns).values.tolist()


@pytest.mark.parametrize(
    ("component", "name"),
    [
        *[("size", name) for name in (
            "size", "size_cm", "Tumor Size (cm)", "tumour_size_cm", "TUMOR_SIZE", "tumor.size",
            "diameter_cm", "t_size", "tsize", "pathologic_tumor_size",
            "tumor_largest_dimension_diameter.diagnoses",
        )],
        *[("nodes", name) for name in (
            "LYMPH_NODES_EXAMINED_POSITIVE", "number_of_lymphnodes_positive_by_he",
            "lymph_nodes_examined_he_count", "lymph_nodes_positive", "positive nodes", "pos_nodes",
            "Positive Finding Lymph Node Hematoxylin and Eosin Staining Microscopy Count",
            "nodes", "node status", "Lymph node status", "nodal_status", "ln_status", "LN",
        )],
        *[("grade", name) for name in (
            "grade", "GRADE", "Neoplasm Histologic Grade", "histological_grade", "tumor_grade",
            "hist_grade", "Elston histologic grade", "ELSTON", "nhg", "b-r grade", "histgrade",
            "Bloom and Richardson grade", "tumor_grade.diagnoses",
        )],
    ],
)  # fmt: skip
def test_components_are_found_by_the_names_that_cohorts_give_them(component, name):
    held = {"size": [1.5, 2.5], "nodes": [0, 12], "grade": [1, 3]}[component]
    if "status" in name or name in ("nodes", "LN"):
        held = [0, 0]
    assert find(component, **{name: held}).columns == (name,)


@pytest.mark.parametrize(
    ("component", "name"),
    [
        *[("size", name) for name in (
            "sample_size", "library_size", "clinical_tumor_size", "pathologic_T", "node_size",
        )],
        *[("nodes", name) for name in (
            "lymph_nodes_examined_count", "Lymph Node(s) Examined Number", "lymph_nodes_tested",
            "clinical_nodal_status", "clinical_n", "lymph_nodes_examined_ihc_count",
            "lymph_node_ratio_positive", "sentinel_nodes_positive", "n_stage",
        )],
        *[("grade", name) for name in (
            "nuclear_grade", "gleason_grade", "who_grade", "mitotic_grade", "upgrade",
        )],
    ],
)  # fmt: skip
def test_columns_of_something_else_are_not_taken(component, name):
    with pytest.raises(AbsentError, match="the cohort has no column of"):
        find(component, **{name: [1, 2]})


@pytest.mark.parametrize(
    ("name", "cells", "in_cm", "said"),
    [
        ("size_mm", [15, 22], [1.5, 2.2], "size from size_mm, in mm"),
        ("size_cm", [1.5, 2.2], [1.5, 2.2], "size from size_cm, in cm"),
        ("size", [15, 22.0], [1.5, 2.2], "size from size, taken as mm by its median of 18.5"),
        ("size", ["1.5", "2.2"], [1.5, 2.2], "size from size, taken as cm by its median of 1.85"),
        ("size", ["15mm", "2.2 cm"], [1.5, 2.2], "size from size, each with its unit"),
        ("size_mm", [None, 22.0], [None, 2.2], "size from size_mm, in mm"),
        ("size_cm", ["<1", "2.2"], [None, 2.2], "in cm ('<1' in 1 sample taken as not known)"),
    ],
)  # fmt: skip
def test_sizes_come_in_cm_by_cell_name_or_median(name, cells, in_cm, said):
    found = find("size", **{name: cells})
    expected = np.array(in_cm, dtype=float)
    assert found.values == pytest.approx(expected, nan_ok=True)
    assert found.words.endswith(said)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"size_mm": [15, 999]}, "sample S1: .* '999', which is no size of a tumour"),
        ({"size_cm": [1.5, -1]}, "sample S1: .* '-1', which is no size of a tumour"),
        ({"size_cm": [15, 22]}, "median of 18.5, which is no tumour's in cm"),
        ({"size_mm": [1.5, 2.2]}, "median of 1.85, which is no tumour's in mm"),
        ({"size": [7, 9]}, "may be in cm or mm .*: call it size_cm or size_mm"),
        ({"size_cm": [1, 2, 2, 3] * 5}, "holds 1 to 3 in whole numbers alone, as T stages"),
        ({"size_cm": ["T1", "T2"]}, "the column 'size_cm' holds 'T1', 'T2'"),
        ({"size_mm": [15, 22], "size_cm": [1.5, 3.0]}, "'size_mm' and 'size_cm' both look like"),
        ({"size_cm": [np.nan, np.nan]}, "holds no value"),
    ],
)  # fmt: skip
def test_sizes_that_cannot_be_are_refused(columns, sentence):
    with pytest.raises(AbsentError, match=sentence):
        find("size", **columns)


def test_rare_sizes_are_told_as_they_may_be_of_another_unit():
    found = find("size", size=[2.5, 25, 3, 2, 1])
    assert found.words.endswith("(1 sample above 10 cm: make sure of the unit)")


def test_two_columns_that_agree_are_one():
    assert values("size", size_mm=[15, 22], size_cm=[1.5, 2.2]) == [1.5, 2.2]


@pytest.mark.parametrize(
    ("name", "cells", "stages"),
    [
        ("positive_nodes", [0, 1, 3, 4, 40], [1, 2, 2, 3, 3]),
        ("positive_nodes", ["0", "1-3", "4-9", ">=10", "4+"], [1, 2, 3, 3, 3]),
        ("nodes", [0, 2, 5, 11], [1, 2, 3, 3]),
        ("pathologic_n", ["N0 (i-)", "N0", "pN1mi", "N1a", "N2", "N3c"], [1, 1, 2, 2, 3, 3]),
        ("pN", [0, 1, 2, 3], [1, 2, 3, 3]),
        ("node_status", ["negative", "N-", "LN-", "N0"], [1, 1, 1, 1]),
        ("nodes", [0, 0], [1, 1]),
    ],
)
def test_nodes_are_staged_by_their_number(name, cells, stages):
    assert values("nodes", **{name: cells}) == stages


def test_a_pn_stage_says_by_which_edition_it_is_read_and_unknown_ones_are_counted():
    found = find("nodes", pathologic_n=["N0", "N1", "NX", None])
    assert found.values.tolist() == pytest.approx([1, 2, np.nan, np.nan], nan_ok=True)
    assert found.words == (
        "node stage from pathologic_n, N1 as 1 to 3 nodes, N2 and N3 as 4 or more, as since the "
        "sixth edition of the AJCC ('NX' in 1 sample taken as not known)"
    )


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"node_status": ["negative", "positive"]}, "involved and not how many"),
        ({"node": [0, 1]}, "involved and not how many"),
        ({"positive_nodes": [0, 1]}, "involved and not how many"),
        (
            {"node": [0, 1, 2, 3]},
            "may be nodes or stages: call it positive_nodes or pathologic_n",
        ),
        ({"nodes": [0, 1, 9]}, "may be nodes or stages"),
        ({"nodes": [0, 1, 2, 3, 9]}, "may be nodes or stages"),
        ({"nodes": ["LN0", "LN1"]}, "involved and not how many"),
        ({"positive_nodes": [0, 4, 99]}, "sample S2: .* '99', which is no number of positive"),
        ({"positive_nodes": [0, 1.5]}, "sample S1: .* '1.5', which is no number of positive"),
        ({"pn": [0, 5]}, "sample S1: .* '5', which is no N stage"),
        ({"nodes": ["cN0", "ypN1"]}, "holds 'cN0', 'ypN1'"),
    ],
)
def test_nodes_that_do_not_tell_the_stage_are_refused(columns, sentence):
    with pytest.raises(AbsentError, match=sentence):
        find("nodes", **columns)


def test_a_stage_stands_in_where_the_number_of_nodes_does_not_tell():
    found = find("nodes", lymph_nodes_positive=[None, None], pathologic_n=["N0", "N2"])
    assert (found.values.tolist(), found.columns) == ([1, 3], ("pathologic_n",))


@pytest.mark.parametrize(
    "cells",
    [
        [1, 2, 3],
        ["1", "2.0", "3"],
        ["I", "II", "III"],
        ["G1", "g2", "G 3"],
        ["Grade 1", "grade II", "Grade III"],
        ["well differentiated", "moderately differentiated", "poorly-differentiated"],
        ["Well", "Intermediate", "Poor"],
        ["low", "intermediate", "high grade"],
    ],
)
def test_grades_are_read_as_numbers_roman_numerals_and_words(cells):
    assert values("grade", grade=cells) == [1, 2, 3]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ([1, 2, 4], "sample S2: .* '4', which is no histological grade"),
        ([0, 1, 1], "sample S0: .* '0', which is no histological grade"),
        (["low", "high", "high"], "tells low from high alone"),
        (["a", "b", "c"], "holds 'a', 'b', 'c'"),
    ],
)
def test_what_is_no_grade_of_three_degrees_is_refused(cells, sentence):
    with pytest.raises(AbsentError, match=sentence):
        find("grade", grade=cells)


def test_a_named_column_is_read_whatever_it_is_called():
    assert find("nodes", "axilla", axilla=[0, 2, 5, 12]).values.tolist() == [1, 2, 3, 3]
    assert find("nodes", "negative", age=[50, 60]).values.tolist() == [1, 1]
