"""Formulas give the values of the reference implementation, and forgive a missing gene."""

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.genes.symbols import symbol_of_entrez, symbols_today
from deepcme.models.signatures.formulas import compute_scores
from deepcme.models.signatures.published import load_signature
from deepcme.models.signatures.scaling import fit_scaler
from tests.models.signatures.invented import signature

NAN = np.nan


def in_order(published, table):
    """Values of a table whose columns are symbols or probes, in a signature's order."""
    today = {next(iter(symbols_today(name)), name): name for name in table}
    columns = [
        today.get(gene.symbol) or next(probe for probe in gene.probes if probe in table)
        for gene in published.genes
    ]
    return table[columns].to_numpy(dtype=np.float64)


def test_a_weighted_mean_is_over_the_genes_present():
    values = np.array([[1.0, 2.0, 4.0], [1.0, NAN, 4.0], [NAN, NAN, NAN]])
    scores = compute_scores(signature(1, 1, -1), values)
    np.testing.assert_allclose(scores, [-1 / 3, -1.5, NAN])


def test_a_weighted_sum_is_as_if_missing_genes_were_like_those_present():
    values = np.array([[1.0, 2.0], [1.0, NAN]])
    scores = compute_scores(signature(2, -0.5, formula="weighted sum"), values)
    np.testing.assert_allclose(scores, [1.0, 2.5])


def test_the_recurrence_score_by_hand():
    """Every gene at 10: groups of 10; RSU = 4.7 - 3.4 + 10.4 + 1 + .5 - .8 - .7 = 11.7."""
    recurrence = load_signature("rs21")
    assert compute_scores(recurrence, np.full((1, 16), 10.0)) == pytest.approx(100.0)


def test_the_recurrence_score_has_floors():
    """Every gene at 0: 0.47 * 8 + 1.04 * 6.5 = 10.52; 20 * (10.52 - 6.7) = 76.4."""
    recurrence = load_signature("rs21")
    assert compute_scores(recurrence, np.zeros((1, 16))) == pytest.approx(76.4)


def test_a_gene_missing_from_a_group_leaves_the_mean_of_the_others():
    recurrence = load_signature("rs21")
    values = np.full((1, 16), 10.0)
    values[0, [gene.symbol == "MKI67" for gene in recurrence.genes]] = NAN
    assert compute_scores(recurrence, values) == pytest.approx(100.0)


def test_a_sample_without_any_gene_has_no_score():
    for published in map(load_signature, ("rs21", "gene70", "ep", "ggi")):
        assert np.isnan(
            compute_scores(published, np.full((2, len(published.genes)), NAN))
        ).all()


def test_the_correlation_is_minus_spearmans_over_the_genes_present():
    profile = load_signature("gene70")
    like_it = np.array([[gene.profile for gene in profile.genes]] * 2)
    like_it[1, 3:] = NAN
    np.testing.assert_allclose(compute_scores(profile, like_it), [-1.0, NAN])
    np.testing.assert_allclose(compute_scores(profile, -like_it[:1]), [1.0])


def test_the_76_genes_by_hand():
    """A constant tumour at 2: 313.5 + 2 * sum of 60, or 280 + 2 * sum of 16."""
    rotterdam = load_signature("gene76")
    weights = {"ER-positive": 0.0, "ER-negative": 0.0}
    for gene in rotterdam.genes:
        weights[gene.group] += gene.weight
    scores = compute_scores(rotterdam, np.full((2, 76), 2.0), np.array([True, False]))
    expected = [313.5 + 2 * weights["ER-positive"], 280 + 2 * weights["ER-negative"]]
    np.testing.assert_allclose(scores, expected)
    values = np.full((1, 76), 2.0)
    values[0, 0] = NAN
    np.testing.assert_allclose(compute_scores(rotterdam, values, np.array([True])), expected[0])


@pytest.mark.shared
def test_recurrence_scores_are_those_of_genefu(shared_data):
    table = pd.read_csv(shared_data / "signatures/ref_recurrence_score.csv", index_col=0)
    published = load_signature("rs21")
    values = in_order(published, table.drop(columns=["score", "risk"]))
    scores = compute_scores(published, fit_scaler(values, "range").scale(values))
    np.testing.assert_allclose(np.clip(scores, 0, 100), table["score"], rtol=0, atol=1e-6)
    groups = np.searchsorted(published.cut_offs, scores, side="right") / 2
    np.testing.assert_array_equal(groups, table["risk"])


@pytest.mark.shared
def test_8_gene_scores_are_those_of_genefu(shared_data):
    table = pd.read_csv(shared_data / "signatures/ref_endopredict.csv", index_col=0)
    published = load_signature("ep")
    scores = compute_scores(published, in_order(published, table.drop(columns="score")))
    np.testing.assert_allclose(np.clip(scores, 0, 15), table["score"], rtol=0, atol=1e-6)


@pytest.mark.shared
def test_70_gene_scores_are_those_of_genefu(shared_data):
    table = pd.read_csv(shared_data / "signatures/ref_gene70.csv", index_col=0)
    published = load_signature("gene70")
    values = table[[gene.probes[0] for gene in published.genes]].to_numpy()
    scores = compute_scores(published, values)
    np.testing.assert_allclose(scores, table["score"], rtol=0, atol=1e-6)


@pytest.fixture
def vdx(shared_data):
    """Probes of 150 tumours, and genefu's scores of them."""
    folder = shared_data / "signatures"
    reference = pd.read_csv(folder / "ref_scores_vdx.csv").set_index("sample")
    probes = pd.read_csv(folder / "vdx_signature_probes.csv", index_col=0)
    return probes.loc[reference.index], reference


def by_probe(published, probes):
    of_each = [gene.probes[0] for gene in published.genes]
    return probes.reindex(columns=of_each).to_numpy()


@pytest.mark.shared
def test_grade_indices_of_real_tumours_are_those_of_genefu(vdx):
    probes, reference = vdx
    values = by_probe(load_signature("ggi"), probes)
    assert (~np.isnan(values[0])).sum() == 103
    scores = compute_scores(load_signature("ggi"), values)
    np.testing.assert_allclose(scores, reference["ggi"], rtol=0, atol=1e-6)


@pytest.mark.shared
def test_76_gene_scores_of_real_tumours_are_those_of_genefu(vdx):
    """The table has five decimals: 60 genes of weight 3 sum up to 9e-4 at the most."""
    probes, reference = vdx
    published = load_signature("gene76")
    is_positive = (reference["er"] == 1).to_numpy()
    scores = compute_scores(published, by_probe(published, probes), is_positive)
    np.testing.assert_allclose(scores, reference["gene76"], rtol=0, atol=3e-4)


@pytest.mark.shared
def test_70_gene_scores_of_real_tumours_are_those_of_genefu(vdx, shared_data):
    """By gene, of several probes the one of most variance, as genefu has it: 16 of 70."""
    probes, reference = vdx
    published = load_signature("gene70")
    symbol_of = symbols_of_probes(shared_data)
    of_gene = probes.T.groupby(probes.columns.map(symbol_of)).groups
    values, done = np.full((len(probes), 70), NAN), set()
    for at, gene in enumerate(published.genes):
        if gene.symbol in of_gene and gene.symbol not in done:
            done.add(gene.symbol)
            values[:, at] = probes[probes[of_gene[gene.symbol]].var().idxmax()]
    assert len(done) == 16
    scores = compute_scores(published, values)
    np.testing.assert_allclose(scores, reference["gene70"], rtol=0, atol=1e-6)


def symbols_of_probes(shared_data):
    """Symbols of HG-U133A probes today."""
    table = pd.read_csv(shared_data / "hgu133a_probe_to_symbol.csv")
    found = {
        probe: next(iter(symbols_today(symbol)), "")
        for probe, symbol in zip(table["probe"], table["symbol"].astype(str), strict=True)
    }
    for name in ("genomic_grade_index", "seventy_six_gene"):
        facts = pd.read_csv(shared_data / "signatures" / f"{name}.csv", dtype=str)
        for row in facts.dropna(subset="entrez").itertuples():
            found[row.probe_hgu133a] = symbol_of_entrez(row.entrez)
    return found
