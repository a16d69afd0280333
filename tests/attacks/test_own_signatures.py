"""A stranger's signature: read as genes and numbers or refused in one sentence, and no more."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.models.signatures.own import read_own_signature
from tests.cli.command import deepcme

MANY = "gene,weight\n" + "\n".join(f"G{i},{i + 1}" for i in range(20_000)) + "\n"
REFUSED = {
    "a gene that steers the terminal": "gene,weight\n\x1b[2J,1\n",
    "a weight that steers the terminal": "gene,weight\nA,1\x1b[2J\n",
    "a half character": b"gene,weight\nA\xed\xa0\x80,1\n",
    "a web page": "<!doctype html><table><tr><td>gene</td></tr></table>",
    "bytes of no text": b"gene,weight\nA,\x00\n",
    "a quote without its end": 'gene,weight\n"A,1\nB,2\n',
    "a weight in a formula": "gene,weight\nA,=1+1\n",
    "a weight in other digits": "gene,weight\nA,\u0661\n",
    "a column twice": "gene,weight,weight\nA,1,2\n",
    "a sum beyond all numbers": "gene,weight\nA,1e308\nB,1e308\n",
}


@pytest.mark.cause("columns")
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_one_sentence(tmp_path, case):
    path, content = tmp_path / "mine.csv", REFUSED[case]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DeepCMEError) as caught:
        read_own_signature(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.cause("columns")
def test_many_genes_are_read(tmp_path):
    (tmp_path / "many.csv").write_text(MANY)
    assert len(read_own_signature(tmp_path / "many.csv").genes) == 20_000


@pytest.mark.cause("formulas")
def test_names_of_files_genes_and_samples_compute_nothing(tmp_path):
    genes = ["=1+1", "@b", "C", *(f"other{i}" for i in range(220))]
    values = np.random.default_rng(1).normal(8, 1, (24, len(genes)))
    samples = ["=cmd", "+s", *(f"s{i}" for i in range(22))]
    pd.DataFrame(values, samples, genes).to_csv(tmp_path / "x.csv")
    (tmp_path / "=mine.csv").write_text("gene,weight\n=1+1,1\n@b,2\nC,1\n")
    ran = deepcme(
        "signatures", "score", "x.csv", "--signature", "=mine.csv", "-o", "out.csv",
        cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    written = (tmp_path / "out.csv").read_text().splitlines()
    assert len(written) == 1 + 2 * 24
    assert all(cell[:1] not in "=+@" for line in written for cell in line.split(",") if cell)
