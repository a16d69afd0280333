"""A cohort checks itself, says what is wrong, and survives the disk."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from tests.conftest import invented_cohort


def make(X, labels=(1, 0), samples=("s1", "s2"), genes=("g1", "g2"), scale="log2", **more):
    return Cohort.from_arrays(
        X, labels, samples=samples, genes=genes, endpoint="e", scale=scale, **more
    )


def test_matrix_is_float32_samples_by_genes(cohort):
    assert cohort.X.dtype == np.float32
    assert cohort.X.shape == (60, 12)
    assert list(cohort.obs.columns[:5]) == ["sample", "patient", "tissue", "label", "batch"]


def test_without_patients_every_sample_is_its_own():
    assert make([[1, 2], [3, 4]]).patients.tolist() == ["s1", "s2"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"X": [[1, np.inf], [3, 4]]}, "sample s1, gene g2: the value inf is infinite"),
        ({"X": [[1, 2], [-3, 4]], "scale": "fpkm"}, "sample s2, gene g1: .* negative"),
        ({"samples": ("s1", "s1")}, "1 sample id occur more than once \\(s1\\)"),
        ({"genes": ("g1", "g1")}, "1 gene id occur more than once \\(g1\\)"),
        ({"labels": (1, 1)}, "one class: there is no negative sample"),
        ({"labels": (1, 2)}, "Labels must be 0 or 1, not 2"),
        ({"labels": (1, np.nan)}, "Labels must be 0 or 1, not nan"),
        ({"scale": "zscore"}, "Unknown scale 'zscore'"),
        ({"X": [[1, 2, 3], [3, 4, 5]]}, "matrix is 2 x 3, but there are 2 samples and 2 genes"),
    ],
)
def test_bad_input_is_named_in_one_sentence(change, sentence):
    arguments = {"X": [[1, 2], [3, 4]], **change}
    with pytest.raises(DeepCMEError, match=sentence):
        make(**arguments)


def test_ids_are_text_whatever_type_they_have():
    cohort = make([[1, 2], [3, 4]], patients=[7, 8], batch=[1.5, None], symbols=["A1", None])
    assert cohort.patients.tolist() == ["7", "8"]
    assert cohort.obs["batch"].tolist() == ["1.5", "unknown"]
    assert cohort.symbols.tolist() == ["A1", ""]


@pytest.mark.parametrize(
    ("table", "column", "sentence"),
    [
        ("obs", "sample", "The sample in place 2 of the cohort has no id."),
        ("var", "gene_id", "The gene in place 2 of the cohort has no id."),
    ],
)
def test_a_missing_id_is_refused(table, column, sentence):
    adata = make([[1, 2], [3, 4]]).adata.copy()
    getattr(adata, table)[column] = ["a", None]
    with pytest.raises(DeepCMEError) as caught:
        Cohort(adata, endpoint="e", scale="log2")
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "nobody",
    [None, np.nan, "", " ", "unknown", "NA", "n/a", "none", "-", "missing", "Unknown "],
)
def test_samples_of_nobody_known_are_their_own_patients(nobody):
    patients = ["p", nobody, "p", nobody]
    matrix = np.ones((4, 2))
    columns = {"labels": [0, 1, 0, 1], "samples": ["s1", "s2", "s3", "s4"]}
    cohort = make(matrix, **columns, patients=patients)
    assert cohort.patients.tolist() == ["p", "s2", "p", "s4"]
    assert "2 samples without a known patient" in cohort.notes[-1]
    assert len(cohort.select(np.array([True] * 4), "All are kept.").notes) == 2
    adata = make(matrix, **columns).adata.copy()
    adata.obs["patient"] = patients
    found = Cohort(adata, endpoint="e", scale="log2")
    assert found.patients.tolist() == ["p", "s2", "p", "s4"]


def test_ids_and_words_that_differ_in_spaces_are_one(tmp_path):
    clinical = pd.DataFrame({"cohort": ["A", "A ", "B", "\u00a0B"], "age": [1, 2, 3, 4]})
    cohort = make(
        np.ones((4, 2)),
        labels=[0, 1, 0, 1],
        samples=["s1", "s2 ", " s3", "s4\u00a0"],
        patients=["P1", "P1 ", "P\u00a02", "P  2"],
        batch=["x", "x ", "y", "y"],
        clinical=clinical,
    )
    cohort.save(tmp_path / "c.h5ad")
    for one in (cohort, Cohort.load(tmp_path / "c.h5ad")):
        assert one.samples.tolist() == one.obs.index.tolist() == ["s1", "s2", "s3", "s4"]
        assert one.patients.tolist() == ["P1", "P1", "P 2", "P 2"]
        assert one.obs["batch"].tolist() == ["x", "x", "y", "y"]
        assert one.obs["cohort"].tolist() == ["A", "A", "B", "B"]
    with pytest.raises(DeepCMEError, match=r"1 sample id occur more than once \(s1\)"):
        make([[1, 2], [3, 4]], samples=["s1", "s1 "])


def test_missing_and_negative_logged_values_are_allowed():
    cohort = make([[np.nan, -2], [3, 4]])
    assert np.isnan(cohort.X[0, 0])


def test_primary_tumours_are_kept_and_the_others_counted():
    tissue = ["Primary Tumor"] * 30 + ["unknown"] * 27 + ["Solid Tissue Normal"] * 2 + ["PDX"]
    kept = invented_cohort(tissue=tissue).keep_primary_tumours()
    assert kept.n_samples == 30
    assert kept.notes[-1] == (
        "Only primary tumours are kept: 27 unknown, 2 normal, 1 model left out."
    )


def test_unknown_tissue_stays_where_none_is_known():
    cohort = invented_cohort(tissue=["unknown"] * 60)
    assert cohort.keep_primary_tumours() is cohort


def test_a_cohort_without_a_primary_tumour_is_told_what_there_is():
    cohort = invented_cohort(tissue=["Metastatic"] * 58 + ["unknown"] * 2)
    with pytest.raises(
        DeepCMEError,
        match=r"No sample is a primary tumour: there are 58 metastatic \(20 positive\), "
        r"2 unknown \(0 positive\); set tissue = \"all\" under \[preprocessing\]",
    ):
        cohort.keep_primary_tumours()


def test_a_class_without_a_primary_tumour_is_told():
    cohort = invented_cohort(tissue=["Metastatic"] * 20 + ["Primary Tumor"] * 40)
    with pytest.raises(
        DeepCMEError,
        match=r"No positive sample is a primary tumour: there are 40 primary \(0 pos",
    ):
        cohort.keep_primary_tumours()


def test_0_means_absent_only_where_it_does():
    assert invented_cohort(scale="fpkm").absent_up_to == 0
    assert invented_cohort(scale="intensity").absent_up_to is None
    assert make([[0, 2], [0, 4]]).absent_up_to == 0
    assert make([[0, 2], [-1, 4]]).absent_up_to is None
    assert make([[5, 2], [3, 4]]).absent_up_to is None


def test_a_floor_that_many_logs_share_means_absent():
    floor = np.log2(0.001)
    X = [[floor, 2.5, 7, floor, 3], [floor, 3.5, 4, 1.5, floor]]
    cohort = make(X, genes=[f"g{i}" for i in range(5)])
    assert cohort.absent_up_to == pytest.approx(floor, abs=0.01)


def test_save_and_load_give_the_same_cohort(cohort, tmp_path):
    path = tmp_path / "deep" / "cohort.h5ad"
    cohort.save(path)
    loaded = Cohort.load(path)
    assert loaded.fingerprint == cohort.fingerprint
    assert (loaded.endpoint, loaded.scale, loaded.name) == (
        "invented = 1 against 0",
        "fpkm",
        "invented",
    )
    assert loaded.provenance == cohort.provenance
    assert [p.name for p in path.parent.iterdir()] == ["cohort.h5ad"]


def test_fingerprint_changes_with_a_value_and_with_a_label(cohort):
    other = invented_cohort()
    assert other.fingerprint == cohort.fingerprint
    del other.__dict__["fingerprint"]
    other.X[0, 0] += 1
    assert other.fingerprint != cohort.fingerprint


def test_files_that_are_no_cohort_are_refused(cohort, tmp_path):
    with pytest.raises(DeepCMEError, match=r"none\.h5ad: there is no such file"):
        Cohort.load(tmp_path / "none.h5ad")
    (tmp_path / "text.h5ad").write_text("not HDF5")
    with pytest.raises(DeepCMEError, match="not a readable"):
        Cohort.load(tmp_path / "text.h5ad")
    cohort.adata.copy().write_h5ad(tmp_path / "plain.h5ad")
    with pytest.raises(DeepCMEError, match="not a deepcme cohort"):
        Cohort.load(tmp_path / "plain.h5ad")
    cohort.save(tmp_path / "cut.h5ad")
    content = (tmp_path / "cut.h5ad").read_bytes()
    (tmp_path / "cut.h5ad").write_bytes(content[: len(content) // 2])
    with pytest.raises(DeepCMEError, match="not a readable"):
        Cohort.load(tmp_path / "cut.h5ad")


def test_gene_annotation_is_kept_beside_the_ids(tmp_path):
    annotation = pd.DataFrame({"signal": [True, False], "symbol": ["X", "Y"]})
    cohort = make([[1, 2], [3, 4]], gene_annotation=annotation)
    assert cohort.symbols.tolist() == ["g1", "g2"]
    cohort.save(tmp_path / "cohort.h5ad")
    var = Cohort.load(tmp_path / "cohort.h5ad").adata.var
    assert var["signal"].tolist() == [True, False]
    assert var["symbol_in_file"].tolist() == ["X", "Y"]


def test_saving_leaves_the_cohort_as_it_is(cohort, tmp_path):
    matrix, columns = cohort.X, cohort.obs.dtypes
    cohort.save(tmp_path / "cohort.h5ad")
    assert cohort.X is matrix
    assert cohort.obs.dtypes.equals(columns)
    assert not cohort.adata.uns


def test_hundreds_of_clinical_columns_are_taken_at_once():
    clinical = pd.DataFrame({f"column {i}": ["x", "y"] for i in range(300)})
    cohort = make(np.ones((2, 2)), clinical=clinical.assign(tissue=["a", "b"]))
    assert cohort.obs["column 299"].tolist() == ["x", "y"]
    assert cohort.obs["tissue_in_file"].tolist() == ["a", "b"]


def test_a_file_has_only_what_every_reader_knows(cohort, tmp_path):
    cohort.save(tmp_path / "cohort.h5ad")
    with h5py.File(tmp_path / "cohort.h5ad") as file:
        assert set(file) == {"X", "layers", "obs", "obsm", "obsp", "uns", "var", "varm", "varp"}
