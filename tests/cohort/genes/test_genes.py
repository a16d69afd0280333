"""Gene ids are matched by what they name, not by how a release spells it."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.genes.genes import map_genes, stable_gene_id, strongest_of_each


@pytest.mark.parametrize(
    ("gene", "stable"),
    [
        ("ENSG00000000003.15", "ENSG00000000003"),
        ("ENSG00000000003", "ENSG00000000003"),
        ("ENSG00000002586.20_PAR_Y", "ENSG00000002586_PAR_Y"),
        ("ENSGR0000002586.14", "ENSG00000002586_PAR_Y"),
        ("TP53", "TP53"),
        ("HLA-A.1", "HLA-A.1"),
        ("7157", "7157"),
    ],
)
def test_versions_and_spellings_of_ensembl_ids(gene, stable):
    assert stable_gene_id(gene) == stable


def test_the_strongest_row_of_a_gene_is_kept():
    values = np.array([[1, 5, 3, 9, np.nan], [1, 7, 3, 9, np.nan]], dtype=np.float32)
    columns, n_collapsed = strongest_of_each(values, ["A", "A", "B", "", "B"])
    assert columns.tolist() == [1, 2]
    assert n_collapsed == 2


def test_mapping_matches_versions_and_drops_what_is_ambiguous():
    known = pd.Series(
        {"ENSG00000000003.10": "TSPAN6", "ENSG00000000005": "TNMD", "ENSG00000000419.1": None}
    )
    known = pd.concat([known, pd.Series({"ENSG00000000005.2": "OTHER"})])
    genes = ["ENSG00000000003.15", "ENSG00000000005.6", "ENSG00000000419.12"]
    mapping = map_genes(genes, known, "symbol")
    assert mapping.target == ("TSPAN6", "", "")
    assert mapping.coverage == pytest.approx(1 / 3)
    assert "1 of 3 genes (33.3%) have a known symbol; 2 have none" in mapping.describe()
    assert "1 of them because they have several" in mapping.describe()


def test_coverage_below_95_percent_must_be_allowed():
    genes = [f"g{i}" for i in range(100)]
    enough = map_genes(genes, pd.Series({g: g.upper() for g in genes[:95]}), "symbol")
    enough.require_coverage(allow_missing=False)
    too_few = map_genes(genes, pd.Series({g: g.upper() for g in genes[:94]}), "symbol")
    with pytest.raises(DeepCMEError, match=r"94 of 100 .*below 95%.*--allow-missing"):
        too_few.require_coverage(allow_missing=False)
    too_few.require_coverage(allow_missing=True)


@pytest.mark.shared
def test_gencode_22_against_36(shared_data):
    from deepcme.sources.reading.probemap import known_targets, read_gene_table

    resources = shared_data / "resources"
    old = read_gene_table(resources / "gencode.v22.annotation.gene.probeMap", [])["id"].tolist()
    path = resources / "gencode.v36.annotation.gtf.gene.probemap"
    known = known_targets(read_gene_table(path, []), "symbol", old, path, [])
    mapping = map_genes(old, known, "symbol")
    # 56,485 ids without their versions, and 44 of the 50 in the pseudoautosomal region of Y
    assert (len(old), mapping.n_mapped, mapping.n_ambiguous) == (60_483, 56_485 + 44, 0)
    with pytest.raises(DeepCMEError, match="below 95%"):
        mapping.require_coverage(allow_missing=False)
