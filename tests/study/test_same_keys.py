"""Keys and seeds of tasks, as literals: one that changes is fitted anew in a finished study.

The key names the file that a fit is kept in, so that whoever changes one on purpose raises
the results version of its part; the seed decides the numbers of the fit.
"""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.base.seeds import integer_seed, seed_for
from deepcme.cohort.honest import fit_seed, split_seed
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study import tasks as tasks_module
from deepcme.study.plan import make_plan
from deepcme.study.spec import make_study

VERSIONS = {"python": "3.11.0", "engine": "native", "numpy": "2.0.0"}

KEYS = {
    "DeepCME, split 1": "764f5eec25d01131cd0bf0be79bd6a92",
    "DeepCME-ensemble, split 2": "071adc4550492dc22977586ffda3850c",
    "LR-tuned, split 3": "8af70b8b25c9e4e09fefcaeaa6a5bd22",
    "LR, split 1": "825ffb836f1a3b6078e020b3a5d0544d",
    "DeepCME-ensemble, permuted labels 1, split 1": "334f6ac42ba5fa72613eec5a71b3ba2d",
    "DeepCME-ensemble, signature genes, split 1": "73f99dbaee4d64cd37566abb57c0ecc2",
    "DeepCME-ensemble, random genes of 3 1, split 1": "e0d5a7c4f944b708e8b00766c9101453",
    "LR, all patients": "6194ed08cd9f121b825e440e64955e9d",
    "LR, bootstrap sample 1": "5ceff5dc666b9add179c6c9577f8d1e2",
    "clusters of gene selection, soft-path, 0": "5a7e1140dc91e8cc7ff279395526bf38",
    "decoys of gene selection, soft-path, 1": "af3286b540e59770d50e27022fa3c6b8",
    "half of gene selection, soft-path, 2": "75d4e1b3ddd67a550e24f6b1b5953732",
    "panel of gene selection, soft-path, 0": "cbd0610ec4d4e090b642986d1408f84d",
    "panel of gene selection, l1-logistic, 3": "5b8b3989b76595e3ba485cee6b73afdd",
    "panel of gene selection, all genes, 1": "a06d50ef60cda34ab2dadb0a8e094dd1",
    "panel of gene selection, random 1, 2": "aecf5332cbe6e36bcec6b422e958a5bd",
}

NESTED_KEYS = {
    "DeepCME, split 1": "7dbe7ca53ea4da45c89c6d164340e794",
    "LR-tuned, split 2": "993e387074ee271601ffdd79b0bfdfe1",
    "DeepCME 64/32/0.0001, split 1, inner fold 2": "ad9af8d7a55567edf09e5da339c6819d",
    "DeepCME 64/64/1000, split 3, inner fold 1": "bc9e2808f9d1c644c05a996ab8f51af0",
}

SURVIVAL_KEYS = {
    "Cox-ridge, split 1": "67855b31efd0bce2896e8f9da57b9d76",
    "Cox-top-200, split 1": "b10e8f5aa44a78cdf56cbf2db8342d7b",
    "LR-tuned, split 1": "9a68d373cbb6a236301f56997d141ea4",
    "DeepCME, split 1": "824f8d0291c8555264a4f7124ea38e91",
    "DeepCME-Cox 64/32/0.1, split 1": "ddfec86ef3390bc7d2ff16bffa1a71a1",
    "clinical + genes, split 1": "16a9e7af03edaf894d631aa2ba7c2142",
    "Cox-ridge, permuted expression 1, split 1": "f6601537679f4c4e35af34598f275977",
    "Cox-ridge, permuted outcomes 1, split 1": "896658f26db25cb129c3db7beb9f047c",
    "Cox-ridge, random genes of 3 1, split 1": "c8a69e63e27530d36560baa1a491a4e5",
    "Cox-ridge, all patients": "ce8897ace6b551618e2a285bfb338236",
    "Cox-ridge, bootstrap sample 1": "7d1eeea6c9e2381c94ec6a4abdc05bf0",
}

FIT_SEEDS = {
    "DeepCME, split 1": 683800440,
    "DeepCME-ensemble, split 2": 1279992990,
    "LR-tuned, split 3": 914428317,
    "DeepCME-ensemble, permuted labels 1, split 1": 1372516311,
    "DeepCME-ensemble, signature genes, split 1": 493527330,
    "DeepCME-ensemble, random genes of 3 1, split 1": 168556004,
    "LR, all patients": 444552060,
    "LR, bootstrap sample 1": 1676282495,
}


@pytest.fixture
def tasks_of(tmp_path, monkeypatch):
    """Tasks of a study, by their titles; the keys are made of literal versions."""
    monkeypatch.setattr(tasks_module, "package_versions", lambda: VERSIONS)

    def make(cohort=None, **options):
        study = make_study({"cohort": {"path": tmp_path / "none.h5ad"}, "seed": 7, **options})
        tasks = make_plan(study, cohort or whole_numbers()).tasks
        by_title = {task.title: task for task in tasks}
        assert len(by_title) == len(tasks)
        return by_title

    return make


def whole_numbers(outcome=None, **columns):
    """A cohort of the same bytes on any machine."""
    samples, genes = np.indices((60, 24))
    return Cohort.from_arrays(
        (samples * 7 + genes * 13 + samples * genes) % 17 + 1.0,
        np.arange(60) % 3 == 0 if outcome is None else outcome,
        samples=[f"S{i}" for i in range(60)],
        patients=[f"P{i}" for i in range(60)],
        genes=[f"gene{i}" for i in range(24)],
        clinical=pd.DataFrame(columns) if columns else None,
        endpoint="every third" if outcome is None else outcome.endpoint,
        scale="fpkm",
        name="whole numbers",
    )


def whole_times():
    """The same, with times to an event."""
    rows = np.arange(60)
    endpoint = Endpoint("whole numbers", unit="years", horizon=20.0)
    outcome = SurvivalOutcome((rows * 11) % 37 + 1.0, rows % 3 == 0, endpoint)
    return whole_numbers(outcome, age=rows % 13 + 40.0)


@pytest.fixture
def tasks(tasks_of, tmp_path):
    """Fits of models, null runs of each kind, refits and steps of gene selection."""
    (tmp_path / "genes.txt").write_text("gene0\ngene1\n")
    return tasks_of(
        models=["DeepCME", "DeepCME-ensemble", "LR-tuned", "LR"],
        split={"design": "folds", "folds": 3, "repeats": 1},
        nulls={
            "permutations": 1,
            "gene_sets": 1,
            "sizes": [3],
            "signatures": [tmp_path / "genes.txt"],
        },
        instability={"refits": 1, "model": "LR"},
        selection={"run": True, "random_panels": 1, "pairs": 1},
    )


def test_a_task_of_each_kind_keeps_its_key(tasks):
    assert {title: tasks[title].key for title in KEYS} == KEYS


def test_fits_of_a_nested_search_keep_their_keys(tasks_of):
    tasks = tasks_of(
        models=["DeepCME", "LR-tuned"],
        split={"design": "nested", "folds": 3, "repeats": 1},
        grid={"search": "fig7"},
    )
    assert {title: tasks[title].key for title in NESTED_KEYS} == NESTED_KEYS


def test_fits_of_times_keep_their_keys(tasks_of):
    tasks = tasks_of(
        whole_times(),
        survival={"horizon": 20.0},
        models=["Cox-ridge", "Cox-top-200", "LR-tuned", "DeepCME"],
        split={"design": "folds", "folds": 3, "repeats": 1},
        clinical={"columns": ["age"], "genes": "Cox-ridge", "permutations": 1},
        nulls={"permutations": 1, "gene_sets": 1, "sizes": [3]},
        instability={"refits": 1},
        grid={"search": "fig7"},
    )
    assert {title: tasks[title].key for title in SURVIVAL_KEYS} == SURVIVAL_KEYS


def test_fits_keep_their_seeds(tasks):
    assert {title: tasks[title].random_state for title in FIT_SEEDS} == FIT_SEEDS


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (split_seed(7), 1770995236),
        (seed_for(7, "splits", "permuted labels 1"), 59051849),
        (seed_for(7, "permutation", 1), 2067210384),
        (seed_for(7, "random genes", 30, 1), 161551791),
        (seed_for(7, "halves of the patients"), 6821053),
        (seed_for(7, "panel", "soft-path", 1), 790180918),
        (seed_for(7, "decoys", "soft-path", 1), 513430026),
        (seed_for(7, "fit", "clinical", 1), 657328848),
        (seed_for(7, "bootstrap of patients", 1), 201984832),
        (seed_for(7, "report", "auc"), 120660350),
        (seed_for(7, "model", "final"), 444552060),
    ],
)
def test_a_branch_of_the_tree_keeps_its_seed(seed, expected):
    assert integer_seed(seed) == expected


def test_the_seed_of_a_fit_is_a_branch_of_its_model_and_split():
    assert fit_seed(7, "DeepCME", 1) == integer_seed(seed_for(7, "fit", "DeepCME", 1))
    assert fit_seed(7, "DeepCME", 1) == FIT_SEEDS["DeepCME, split 1"]
