"""ARCHS4's files, which hold far more samples than are asked for: these alone are read."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.geo.archs4 import cohort_from_archs4
from tests.attacks.command import deepcme

RELAPSE = label_rule("relapse")
SYMBOLS = ["TP53", "EGFR", "TP53", "", "BRCA1", "ESR1"]
ENSEMBL = [f"ENSG{place:011d}" for place in range(6)]
N = 40


def counts(n_genes=6, n_samples=N):
    """Genes x samples; each value tells its place."""
    return (np.arange(n_genes)[:, None] * 1000 + np.arange(n_samples) * 7 + 3).astype("u4")


def attributes():
    """Samples 3, 5, ... 19 are of GSE7, 20 to 29 of GSE8, which is in GSE9 too."""
    series = ["GSE1"] * N
    series[3:20:2] = ["GSE7"] * 9
    series[20:30] = ["GSE8,GSE9"] * 10
    return {
        "geo_accession": [f"GSM{100 + place}" for place in range(N)],
        "series_id": series,
        "title": [f"tumor {place}" for place in range(N)],
        "source_name_ch1": ["normal breast" if p == 25 else "primary tumor" for p in range(N)],
        "characteristics_ch1": [
            f"tissue: breast, left,relapse: {int(p % 4 == 1)},patient id: P{p},"
            f"time: {p},event: {p % 2}"
            for p in range(N)
        ],
    }


def version_2(path, symbols="symbol", **changed):
    with h5py.File(path, "w") as file:
        file.create_dataset("data/expression", data=counts(), chunks=(6, 4), compression="gzip")
        file[f"meta/genes/{symbols}"] = np.array(SYMBOLS, dtype=object)
        file["meta/genes/ensembl_gene"] = np.array(ENSEMBL, dtype=object)
        for name, cells in {**attributes(), **changed}.items():
            file[f"meta/samples/{name}"] = np.array(cells, dtype=object)
    return path


def version_1(path):
    with h5py.File(path, "w") as file:
        file["data/expression"] = counts().T
        file["meta/genes"] = np.array(SYMBOLS, dtype="S10")
        for name, cells in attributes().items():
            one_text = [cell.replace(",", "Xx-xX") for cell in cells]
            file[f"meta/Sample_{name}"] = np.array(one_text, dtype="S100")
    return path


@pytest.mark.parametrize("symbols", ["symbol", "gene_symbol", "genes"])
def test_the_samples_of_a_series(tmp_path, symbols):
    path = version_2(tmp_path / "human_gene_v2.5.h5", symbols)
    cohort = cohort_from_archs4(path, RELAPSE, series=["GSE7"])
    assert cohort.name == "GSE7"
    assert cohort.scale == "counts"
    assert cohort.samples.tolist() == [f"GSM{100 + place}" for place in range(3, 20, 2)]
    assert cohort.patients.tolist() == [f"P{place}" for place in range(3, 20, 2)]
    assert cohort.obs["tissue"].unique().tolist() == ["primary"]
    assert cohort.labels.tolist() == [int(place % 4 == 1) for place in range(3, 20, 2)]
    # The second row of TP53 is the stronger one; the gene without a symbol has another name.
    assert cohort.gene_ids.tolist() == ["TP53", "EGFR", ENSEMBL[3], "BRCA1", "ESR1"]
    np.testing.assert_array_equal(cohort.X, counts()[[2, 1, 3, 4, 5]][:, 3:20:2].T)
    assert any("1 genes had several rows: " in n for n in cohort.notes)


def test_version_1_of_the_files(tmp_path):
    cohort = cohort_from_archs4(version_1(tmp_path / "h.h5"), RELAPSE, series=["GSE7"])
    assert cohort.samples.tolist() == [f"GSM{100 + place}" for place in range(3, 20, 2)]
    assert cohort.gene_ids.tolist() == ["TP53", "EGFR", "BRCA1", "ESR1"]
    np.testing.assert_array_equal(cohort.X, counts()[[2, 1, 4, 5]][:, 3:20:2].T)


def test_several_series_are_batches(tmp_path):
    path = version_2(tmp_path / "h.h5")
    cohort = cohort_from_archs4(path, RELAPSE, series=["GSE7", "GSE9"])
    assert cohort.obs["batch"].value_counts().to_dict() == {"GSE7": 9, "GSE9": 10}
    assert cohort.obs["tissue"].value_counts().to_dict() == {"primary": 18, "normal": 1}


def test_a_list_of_samples(tmp_path):
    path, listed = version_2(tmp_path / "h.h5"), tmp_path / "mine.txt"
    listed.write_text("geo_accession\nGSM139\nGSM101\n\nGSM105\nGSM999\nGSM102\n")
    cohort = cohort_from_archs4(path, RELAPSE, samples=listed)
    assert cohort.samples.tolist() == ["GSM101", "GSM102", "GSM105", "GSM139"]
    np.testing.assert_array_equal(cohort.X[:, 1], counts()[1, [1, 2, 5, 39]])
    assert any("does not have 1 sample of those asked for (GSM999)" in n for n in cohort.notes)


def test_a_table_of_samples_brings_its_labels(tmp_path):
    path, table = version_2(tmp_path / "h.h5"), tmp_path / "mine.csv"
    pd.DataFrame({"geo_accession": ["GSM101", "GSM102", "GSM130"], "met": [0, 1, 0]}).to_csv(
        table, index=False
    )
    cohort = cohort_from_archs4(path, label_rule("met"), samples=table)
    assert cohort.samples.tolist() == ["GSM101", "GSM102", "GSM130"]
    assert cohort.labels.tolist() == [0, 1, 0]


def test_an_event_within_a_horizon(tmp_path):
    rule = TimeToEvent("time", "event", "months", horizon=10).label
    cohort = cohort_from_archs4(version_2(tmp_path / "h.h5"), rule, series=["GSE8", "GSE7"])
    cases = dict(zip(cohort.samples, cohort.outcome.cases_at(10), strict=True))
    assert (cases["GSM103"], cases["GSM121"]) == (1, 0)


def test_single_cells_are_warned_about(tmp_path):
    chances = [0.9 if place == 7 else 0.01 for place in range(N)]
    path = version_2(tmp_path / "h.h5")
    with h5py.File(path, "r+") as file:
        file["meta/samples/singlecellprobability"] = chances
    cohort = cohort_from_archs4(path, RELAPSE, series=["GSE7"])
    assert any("takes 1 sample (GSM107) for single cells" in note for note in cohort.notes)


def refused(path, match, **asked):
    with pytest.raises(DeepCMEError, match=match) as caught:
        cohort_from_archs4(path, RELAPSE, **asked)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_what_cannot_be_taken_is_refused_in_one_sentence(tmp_path):
    path, listed = version_2(tmp_path / "h.h5"), tmp_path / "mine.txt"
    listed.write_text("GSM1\nGSM2\n")
    refused(path, "say which samples to take, with --series")
    refused(path, "say which samples to take", series=["GSE7"], samples=listed)
    refused(path, "the series GSE77 is not in the file", series=["GSE7", "GSE77"])
    refused(path, "none of the 2 samples asked for is there", samples=listed)
    twice = version_2(tmp_path / "t.h5", geo_accession=["GSM1"] * N)
    refused(twice, "a sample is there twice", series=["GSE7"])
    other = version_2(tmp_path / "o.h5", geo_accession=[f"GSM{i}" for i in range(N - 1)])
    refused(other, "the values are 6 x 40, but there are 6 genes and 39", series=["GSE7"])


@pytest.mark.parametrize("name", ["data/expression", "meta/samples/series_id"])
def test_nothing_outside_the_file_is_read(tmp_path, name):
    path = version_2(tmp_path / "h.h5")
    with h5py.File(path, "r+") as file:
        shape, kind = file[name].shape, "u4"
        del file[name]
        file.create_dataset(name, shape, kind, external=[(b"/etc/passwd", 0, 960)])
    refused(path, f"'{name}' keeps its values in another file", series=["GSE7"])


def test_other_files_of_hdf5_are_told_apart(tmp_path, cohort):
    cohort.save(tmp_path / "c.h5ad")
    refused(tmp_path / "c.h5ad", r"no ARCHS4 file.*laid out as \.h5ad's", series=["GSE7"])
    path = version_2(tmp_path / "h.h5")
    with pytest.raises(DeepCMEError, match=r"no \.h5ad file.*laid out as ARCHS4's files"):
        type(cohort).load(path)


def test_the_memory_does_not_grow_with_the_file(tmp_path):
    """200 samples of 10,000, all of 2,000 genes: the values of all would take 80 MB."""
    n_genes, n_samples = 2_000, 10_000
    with h5py.File(tmp_path / "h.h5", "w") as file:
        values = file.create_dataset(
            "data/expression", (n_genes, n_samples), "u4", chunks=(200, 50)
        )
        block = counts(n_genes, 1_000)
        for start in range(0, n_samples, 1_000):
            values[:, start : start + 1_000] = block
        file["meta/genes/symbol"] = np.array([f"G{i}" for i in range(n_genes)], dtype=object)
        of_samples = {
            "geo_accession": [f"GSM{i}" for i in range(n_samples)],
            "series_id": ["GSE7" if i % 50 == 0 else "GSE1" for i in range(n_samples)],
            "characteristics_ch1": [f"relapse: {i // 50 % 2}" for i in range(n_samples)],
        }
        for name, cells in of_samples.items():
            file[f"meta/samples/{name}"] = np.array(cells, dtype=object)
    small = version_2(tmp_path / "small.h5")
    arguments = ("--label", "relapse", "-o", tmp_path / "c.h5ad")
    few = deepcme("prepare", "archs4", small, "--series", "GSE7", *arguments)
    many = deepcme("prepare", "archs4", tmp_path / "h.h5", "--series", "GSE7", *arguments)
    assert (few.code, many.code) == (0, 0), few.err + many.err
    assert "200 samples of 200 patients, 2,000 genes" in many.out
    assert many.peak_mb < few.peak_mb + 60
