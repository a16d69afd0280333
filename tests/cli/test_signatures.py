"""`deepcme signatures`: what there is, and scores of samples in a table."""

import numpy as np
import pandas as pd
import pytest

from deepcme.models.signatures.published import load_signature, signature_names
from tests.cli.command import deepcme
from tests.models.signatures.invented import shaped_for


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("signatures")
    shaped_for(load_signature("recurrence-score-21")).save(place / "cohort.h5ad")
    (place / "mine.csv").write_text(
        "gene,weight,probe\nMKI67,1,212022_s_at\nESR1,-0.5,205225_at\nCTSL2,0.25,210074_at\n"
    )
    return place


def test_the_published_ones_are_listed_with_their_sources(tmp_path):
    ran = deepcme("signatures", "list", "-o", tmp_path / "list.csv")
    assert ran.returncode == 0, ran.stderr
    assert "recurrence-score-21 (breast cancer, 16 genes; cut-offs 18, 31)" in ran.stdout
    assert "Research version, not the assay." in ran.stdout
    table = pd.read_csv(tmp_path / "list.csv")
    assert table["name"].tolist() == list(signature_names())
    assert table["source"].notna().all() and table["pmid"].notna().all()


def test_samples_are_scored_by_a_published_signature_and_by_ones_own(folder):
    ran = deepcme(
        "signatures", "score", "cohort.h5ad", "-o", "scores.csv",
        "--signature", "rs21", "--signature", "mine.csv", cwd=folder,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "deepcme explain signature-scores" in ran.stdout
    assert "21-gene recurrence score: 16 of 16 genes" in ran.stderr
    assert "mine: 3 of 3 genes" in ran.stderr
    assert "Spearman correlation" in ran.stderr
    table = pd.read_csv(folder / "scores.csv")
    assert list(table) == [
        "sample", "patient", "signature", "scaling", "scaled_on", "score", "class", "standing",
        "n_found", "n_listed", "gene_share", "weight_share",
    ]  # fmt: skip
    assert table.groupby(["signature", "scaling"]).size().eq(30).all()
    assert set(table["signature"]) == {"recurrence-score-21", "mine"}


def test_a_reference_is_named_beside_the_scores_that_it_scales(folder):
    ran = deepcme(
        "signatures", "score", "cohort.h5ad", "-o", "scaled.csv", "--signature", "mine.csv",
        "--reference", "cohort.h5ad", "--scaling", "within-cohort", "-q", cwd=folder,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    table = pd.read_csv(folder / "scaled.csv")
    assert set(table["scaled_on"]) == {"cohort.h5ad"}
    assert np.isclose(table["score"].mean(), 0, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--signature", "mamma"), "There is no published signature 'mamma': choose one of"),
        (("--signature", "gone.csv"), "gone.csv: there is no such file"),
        (("--signature", "rs", "--signature", "rs21"), "Two signatures are called"),
        (("--signature", "ggi"), "No sample has a score"),
        (("--reference", "cohort.h5ad", "--scaling", "single-sample"), "leave it out"),
        (("-o", "scores.txt"), "name the file .csv"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_writes_nothing(folder, words, said, tmp_path):
    output = () if "-o" in words else ("-o", tmp_path / "none.csv")
    ran = deepcme("signatures", "score", "cohort.h5ad", *output, *words, cwd=folder)
    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1
    assert said in ran.stderr
    assert not (tmp_path / "none.csv").exists()
    assert not (folder / "scores.txt").exists()


@pytest.mark.parametrize("name", ["cohort.h5ad", "mine.csv"])
def test_what_scores_are_made_from_is_not_written_over(folder, name):
    copy = folder / f"copy-{name}".replace(".h5ad", ".csv")
    copy.write_bytes((folder / name).read_bytes())
    before = copy.read_bytes()
    read = (copy, "--signature", "mine.csv") if name == "cohort.h5ad" else ("cohort.h5ad",)
    own = ("--signature", copy) if name == "mine.csv" else ()
    ran = deepcme("signatures", "score", *read, *own, "-o", copy, cwd=folder)
    assert ran.returncode == 2
    assert "the scores are made from this file: name another." in ran.stderr
    assert copy.read_bytes() == before
