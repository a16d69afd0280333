"""A signature's genes are found under whatever identifier the cohort has."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.study.parts.signatures import read_signature

GENES = ["ENSG00000000001.4", "ENSG00000000002.1", "ENSG00000000003.9", "ENSG00000000004.2"]


@pytest.fixture
def cohort():
    return Cohort.from_arrays(
        np.ones((4, 4)),
        [1, 0, 1, 0],
        samples=["a", "b", "c", "d"],
        genes=GENES,
        symbols=["TP53", "ESR1", "TP53", ""],
        gene_annotation=pd.DataFrame({"entrez_id": ["7157", "2099", "7157", "11"]}),
        endpoint="invented",
        scale="log2",
    )


def write(tmp_path, *lines):
    path = tmp_path / "mine.txt"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    ("gene", "columns"),
    [
        ("TP53", (0, 2)),
        ("tp53", (0, 2)),
        ("ENSG00000000002", (1,)),
        ("ENSG00000000002.17", (1,)),
        ("2099", (1,)),
        ('"ESR1"', (1,)),
    ],
)
def test_symbols_and_ids_of_any_kind_are_known(cohort, tmp_path, gene, columns):
    assert read_signature(write(tmp_path, gene), cohort).genes == columns


def test_what_is_missing_is_told(cohort, tmp_path):
    path = write(tmp_path, "# my genes", "TP53", "", "NONE1", "tp53", "ESR1")
    signature = read_signature(path, cohort)
    assert signature.name == "mine"
    assert signature.missing == ("NONE1",)
    assert signature.describe() == (
        "Signature mine: 2 of its 3 genes found, as 3 columns of the cohort; 1 missing (NONE1)."
    )


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["NONE1", "NONE2", "TP53"],
            r"mine\.txt: 2 of its 3 genes are not in the cohort \(NONE1",
        ),
        (["TP53", "ESR1,NONE"], r"mine\.txt: line 2 is not one gene: 'ESR1,NONE'"),
        (["# nothing"], r"mine\.txt: the signature names no gene"),
        ([""], r"mine\.txt: the file is empty"),
    ],
)
def test_a_file_that_is_no_usable_signature_is_refused(cohort, tmp_path, lines, sentence):
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        read_signature(write(tmp_path, *lines), cohort)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(cohort, tmp_path):
    with pytest.raises(DeepCMEError, match="there is no such file"):
        read_signature(tmp_path / "none.txt", cohort)
