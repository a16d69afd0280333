"""Real tumours: unrelated patients are told apart, copies are known again."""

import numpy as np
import pytest

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.scales.scales import LINEAR_SCALES
from deepcme.trained.sketches import ALIKE, PERHAPS_ALIKE, Sketches
from tests.conftest import binary_transbig
from tests.real_cohorts import load_real_cohort

COHORTS = (
    "gse7390_transbig76",
    "vdx_gse2034_gse5327_150_symbols",
    "veer2002_symbols",
    "GSE25055",
    "tcga_brca_rsem909_hcmdb",
    "gse1992_relapse",
    "tcga_blca_hcmdb",
    "gse6099_prostate_met_vs_primary",
)
FALSE_ALARMS = 1e-4
FOUND = 0.95


def logged(cohort: Cohort):
    X = np.log2(cohort.X + 1) if cohort.scale in LINEAR_SCALES else cohort.X
    return X[:, np.isfinite(X).any(axis=0)]


def halves(patients, random):
    """Rows of half of the patients, and the others."""
    chosen = random.permutation(np.unique(patients))[: len(np.unique(patients)) // 2]
    return np.isin(patients, chosen)


def copies(X, random):
    """The same samples as another laboratory or another table would have them."""
    noise = random.normal(size=X.shape) * np.nanstd(X, axis=0) * np.sqrt(1 / 0.95**2 - 1)
    genes = np.arange(X.shape[1])
    fewer = genes.copy()
    fewer[random.permutation(genes)[: len(genes) // 10]] = -1
    return {
        "noise, r = .95": (X + noise.astype(np.float32), genes),
        "natural logarithm": (X * np.float32(np.log(2)), genes),
        "linear": (np.exp2(X), genes),
        "90% of the genes": (X, fewer),
    }


def measure(X, patients, random):
    """Pairs of unrelated patients and how many are taken for one; shares of copies found."""
    train = halves(patients, random)
    genes = np.arange(X.shape[1])
    sketches = Sketches.of(X[train], genes, seed=int(random.integers(2**31)))
    others = sketches.equal_bits(X[~train], genes)
    found = {
        kind: np.mean(sketches.equal_bits(copy, columns).max(axis=1) >= ALIKE)
        for kind, (copy, columns) in copies(X[train], random).items()
    }
    return others.size, int((others >= ALIKE).sum()), found


def measure_often(cohort, random, times):
    X = logged(cohort)
    measured = [measure(X, cohort.patients, random) for _ in range(times)]
    pairs, taken, found = zip(*measured, strict=True)
    shares = {kind: float(np.mean([each[kind] for each in found])) for kind in found[0]}
    return sum(pairs), sum(taken), shares


def test_seventy_six_genes_tell_patients_apart_and_copies_again(random):
    """The fewest genes that a model of a published signature is likely to have."""
    pairs, taken, found = measure_often(binary_transbig(), random, times=4)
    assert taken / pairs < FALSE_ALARMS
    assert min(found.values()) >= FOUND, found


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", COHORTS)
def test_unrelated_patients_of_one_cohort_and_copies(name, shared_data, random, say):
    cohort = load_real_cohort(shared_data, name).keep_primary_tumours()
    pairs, taken, found = measure_often(cohort, random, times=5)
    shares = ", ".join(f"{kind} {share:.3f}" for kind, share in found.items())
    say(f"{name}: {taken} of {pairs:,} unrelated pairs; found: {shares}")
    assert taken / pairs < FALSE_ALARMS
    assert min(found.values()) >= FOUND, found


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", COHORTS)
def test_unrelated_patients_and_copies_relative_to_their_cohort(name, shared_data, random, say):
    """Every gene standardised since, as tables of z-scores are."""
    cohort = load_real_cohort(shared_data, name).keep_primary_tumours()
    X = logged(cohort)
    genes = np.arange(X.shape[1])
    train = halves(cohort.patients, random)
    sketches = Sketches.of(X[train], genes, seed=7)
    equal = {}
    for kind, rows in (("copies", train), ("others", ~train)):
        Z = (X[rows] - np.nanmean(X[rows], axis=0)) / (np.nanstd(X[rows], axis=0) + 1e-6)
        equal[kind] = sketches.equal_bits(Z, genes, within=True)
    found = np.mean(equal["copies"].max(axis=1) >= ALIKE)
    taken = np.mean(equal["others"] >= ALIKE)
    say(f"{name}: {found:.3f} of the copies, {taken:.6f} of unrelated pairs")
    assert taken < FALSE_ALARMS
    assert found >= 0.75


@pytest.mark.slow
@pytest.mark.shared
def test_no_patient_of_another_cohort_is_taken_for_a_training_patient(shared_data, say):
    """Every cohort's sketches against every other cohort, at the genes that both have."""
    cohorts = {
        name: load_real_cohort(shared_data, name).keep_primary_tumours() for name in COHORTS
    }
    pairs, most = 0, 0
    for cohort in cohorts.values():
        X = logged(cohort)
        genes = cohort.symbols[np.isfinite(cohort.X).any(axis=0)]
        sketches = Sketches.of(X, np.arange(X.shape[1]), seed=7)
        for other in cohorts.values():
            place = {symbol: i for i, symbol in enumerate(other.symbols) if symbol}
            columns = np.array([place.get(gene, -1) for gene in genes])
            if other is cohort or not (columns >= 0).any():
                continue
            for within in (False, True):
                equal = sketches.equal_bits(other.X, columns, within=within)
                pairs, most = pairs + equal.size, max(most, int(equal.max()))
    say(
        f"{pairs:,} comparisons of patients of two cohorts: at most {most} of 256 bits are equal"
    )
    assert most < PERHAPS_ALIKE
