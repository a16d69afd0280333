"""Null runs: permuted labels, random genes and signatures, as tasks like any other."""

import json

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.evaluation.nulls import compute_permutation_table
from deepcme.report.page import write_report
from deepcme.study import fit
from deepcme.study import run as run_module
from deepcme.study.fit import TaskResult, fit_task
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.null_runs import describe_null_runs
from deepcme.study.parts.nulls import NULLS
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.settings import FEW_RUNS
from deepcme.study.spec import load_study, make_study
from deepcme.study.store import StudyFolder
from tests.conftest import BINARY_EXAMPLE_TOML, drawn_charts, invented_cohort

ASKED = {"permutations": 3, "gene_sets": 2, "sizes": [4]}


@pytest.fixture
def signature(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("gene0\ngene3\ngene7\nNONE\n")
    return path


def run(study, folder, jobs=1):
    return run_study(study, folder, jobs=jobs, quiet=True)


def null_runs(plan):
    return list({task.null.title: task.null for task in NULLS.of(plan)}.values())


def test_one_row_per_null_run(quick_study, tmp_path, signature):
    study = quick_study(models=["LR", "KNN"], nulls={**ASKED, "signatures": [signature]})
    folder = run(study, tmp_path / "out")
    table = folder.read_table("nulls.csv")
    assert list(zip(table["kind"], table["number"], table["size"], strict=True)) == [
        ("permuted labels", 1, 12), ("permuted labels", 2, 12), ("permuted labels", 3, 12),
        ("signature", 1, 3),
        ("random genes", 1, 3), ("random genes", 2, 3),
        ("random genes", 1, 4), ("random genes", 2, 4),
    ]  # fmt: skip
    assert table["auc"].between(0, 1).all()
    assert (table["n_splits"] == 2).all()
    mine = table[table["kind"] == "signature"].iloc[0]
    assert (mine["signature"], mine["listed"], mine["missing"]) == ("mine", 4, "NONE")
    assert list(folder.read_table("predictions.parquet")["model"].unique()) == ["LR", "KNN"]


def test_the_auc_of_a_run_is_the_mean_over_its_splits_on_its_own_labels(quick_study, tmp_path):
    study = quick_study(models=["LR"], nulls={"permutations": 1})
    folder = run(study, tmp_path / "out")
    tasks = NULLS.of(make_plan(study, invented_cohort()))
    aucs = []
    for task in tasks:
        result = TaskResult.from_arrays(folder.load(task))
        n_test = len(task.split.test)
        test = result.rows[-n_test:]
        np.testing.assert_array_equal(test, task.split.test)
        aucs.append(roc_auc_score(task.null.outcome.labels[test], result.score[-n_test:]))
    assert len(aucs) == 2
    assert folder.read_table("nulls.csv")["auc"].tolist() == [pytest.approx(np.mean(aucs))]


def test_a_permutation_redraws_labels_and_keeps_splits_and_headline(quick_study):
    plan = make_plan(quick_study(models=["LR", "KNN"], nulls=ASKED), invented_cohort())
    permuted = [task for task in NULLS.of(plan) if task.null.genes is None]
    assert {task.model.name for task in NULLS.of(plan)} == {"LR"}
    for task in permuted:
        labels = task.null.outcome.labels
        assert labels.sum() == plan.cohort.n_positives
        assert (labels != plan.cohort.labels).any()
        assert task.split is plan.splits[task.split_number - 1]
        for part in (task.split.test, task.split.validation):  # a third have the event
            assert abs(labels[part].sum() - len(part) / 3) <= 2
    first, second, third = (run.outcome.labels for run in null_runs(plan)[:3])
    assert (first != second).any()
    assert (second != third).any()


def test_gene_sets_are_refitted_on_the_studys_own_splits(quick_study):
    plan = make_plan(quick_study(models=["LR"], nulls=ASKED), invented_cohort())
    real = MODELS.of(plan)
    for null in null_runs(plan)[3:]:
        of_run = [task for task in NULLS.of(plan) if task.null is null]
        for task, other in zip(of_run, real, strict=True):
            assert task.split is other.split
        assert len(set(null.genes)) == null.size == 4


def test_asking_for_more_keeps_the_runs_that_are_there(quick_study, tmp_path, monkeypatch):
    few = run(quick_study(models=["LR"]), tmp_path / "out")
    assert not (few.path / "nulls.csv").exists()
    run(quick_study(models=["LR"], nulls={"permutations": 2}), tmp_path / "out")
    first = few.read_table("nulls.csv")
    fitted = []
    original = fit.fit_task
    monkeypatch.setattr(
        fit, "fit_task", lambda data, task: fitted.append(task) or original(data, task)
    )
    run(quick_study(models=["LR"], nulls={"permutations": 3}), tmp_path / "out")
    assert [task.null.number for task in fitted] == [3, 3]
    assert few.read_table("nulls.csv").head(2).equals(first)
    run(quick_study(models=["LR"]), tmp_path / "out")
    assert not (few.path / "nulls.csv").exists()


def test_each_number_of_permutations_is_one_look(quick_study, tmp_path):
    def at(permutations):
        return quick_study(models=["LR"], nulls={"permutations": permutations})

    folder = run(at(0), tmp_path / "out")
    assert folder.read_looks() == []
    run(at(1), tmp_path / "out")
    run(at(1), tmp_path / "out")
    assert folder.read_looks() == [1], "the same again is no other look"
    folder.claim(make_plan(at(3), invented_cohort()))
    assert folder.read_looks() == [1], "a killed run has shown nothing"
    run(at(2), tmp_path / "out")
    assert folder.read_looks() == [1, 2]
    identity = folder.read_json("identity.json")
    del identity["looks"]
    (folder.path / "identity.json").write_text(json.dumps(identity))
    assert folder.read_looks() == [None], "a folder of an older deepcme kept none"
    run(at(3), tmp_path / "out")
    assert folder.read_looks() == [None, 3]


@pytest.fixture
def shown(monkeypatch):
    """What is shown of a study while its reruns go on, each time: the runs, and the report."""
    monkeypatch.setattr(run_module, "WORTH_SHOWING_SECONDS", 0.0)
    found = []

    def show(folder):
        runs = folder.read_table("nulls.csv") if folder.has_table("nulls.csv") else []
        write_report(folder, ["md"])
        text = (folder.path / "report.md").read_text(encoding="utf-8")
        found.append((len(runs), text, folder.read_looks()))

    show.found = found
    return show


def test_what_is_finished_is_shown_while_other_permutations_go_on(quick_study, tmp_path, shown):
    study = quick_study(models=["LR"], nulls={"permutations": 21})
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True, so_far=shown)
    assert [n for n, _, _ in shown.found] == [0, 10, 20]
    assert "Not finished: permutation test" in shown.found[0][1]
    for n, text, looks in shown.found[1:]:
        so_far = f"{n} of 21 permutations so far"
        assert so_far in text
        assert (f"{so_far}: p = " in text) == (n >= 19), "fewer cannot reject"
        assert "Nothing is concluded before all are done" in text
        assert "above chance" not in text or "above chance by permutation" not in text
        assert looks == [], "what nothing is concluded of is no look"
    assert len(folder.read_table("nulls.csv")) == 21
    assert folder.read_looks() == [21]
    write_report(folder, ["md"])
    assert "so far" not in (folder.path / "report.md").read_text(encoding="utf-8")


def test_another_number_settled_on_after_some_were_shown_makes_these_looks(
    quick_study, tmp_path, shown
):
    def asked(permutations):
        return quick_study(models=["LR"], nulls={"permutations": permutations})

    class StoppedHereError(Exception):
        """In place of Ctrl-C."""

    def stop(folder):
        if folder.has_table("nulls.csv"):
            raise StoppedHereError

    with pytest.raises(StoppedHereError):
        run_study(asked(21), tmp_path / "out", jobs=1, quiet=True, so_far=stop)
    folder = StudyFolder(tmp_path / "out")
    assert len(folder.read_table("nulls.csv")) == 10
    write_report(folder, ["md"])
    assert "10 of 21 permutations so far" in (folder.path / "report.md").read_text()
    run(asked(20), folder.path)
    assert folder.read_looks() == [10, 20]


def test_a_run_that_lacks_a_split_is_not_finished(quick_study, tmp_path):
    study = quick_study(models=["LR"], nulls={"permutations": 2})
    folder = run(study, tmp_path / "out")
    plan = make_plan(study, invented_cohort())
    lost = NULLS.of(plan)[1]
    (folder.path / "tasks" / f"{lost.key}.npz").unlink()
    table = NULLS.make_tables(plan, folder)["nulls.csv"]
    assert table["number"].tolist() == [2]
    assert NULLS.count_finished(plan, folder) == 1


def test_the_same_bytes_for_any_number_of_workers(quick_study, tmp_path):
    study = quick_study(models=["LR"], nulls=ASKED)
    one, two = (run(study, tmp_path / str(jobs), jobs) for jobs in (1, 2))
    assert (one.path / "nulls.csv").read_bytes() == (two.path / "nulls.csv").read_bytes()


def test_too_few_permutations_are_told_before_they_are_run(quick_study):
    def announced(permutations):
        asked = quick_study(models=["LR"], nulls={"permutations": permutations})
        return NULLS.announce(make_plan(asked, invented_cohort()))

    assert announced(10).endswith(
        "10 permutations cannot reject, as the smallest p is 1/11 = 0.091: 19 or more can."
    )
    assert announced(1).endswith(
        "1 permutation cannot reject, as the smallest p is 1/2 = 0.500: 19 or more can."
    )
    assert "reject" not in announced(19)


def test_a_null_fit_that_fails_is_named(quick_study, tmp_path, monkeypatch):
    def fail(data, task):
        raise RuntimeError("lost")

    monkeypatch.setattr(fit, "fit_task", fail)
    with pytest.raises(DeepCMEError, match="4 of 4 fits failed"):
        run(quick_study(models=["LR"], nulls={"permutations": 1}), tmp_path / "out")
    failures = StudyFolder(tmp_path / "out").read_json("failures.json")
    assert set(failures) == {
        "LR, split 1", "LR, split 2",
        "LR, permuted labels 1, split 1", "LR, permuted labels 1, split 2",
    }  # fmt: skip


def test_what_will_be_done_is_announced(quick_study, tmp_path, signature, capsys, monkeypatch):
    monkeypatch.setattr("deepcme.study.estimate.ANNOUNCED_SECONDS", 0.0)
    study = quick_study(models=["LR"], nulls={**ASKED, "signatures": [signature]})
    run_study(study, tmp_path / "out", jobs=1)
    said = capsys.readouterr().err
    assert (
        "Reruns of LR: 3 with permuted labels, 1 with the signatures' genes, 2 with 3 random "
        "genes, 2 with 4 random genes. Signature mine: 3 of its 4 genes found, as 3 columns of "
        "the cohort; 1 missing (NONE)." in said
    )
    assert "18 fits to do, which train 0 networks, 16 for null runs: about " in said


def cohort_with_rare_genes(n_rare=9):
    """Genes 3 and later are expressed in a single sample, or in none."""
    base = invented_cohort()
    X = base.X.copy()
    X[:, -n_rare:] = 0
    X[0, -n_rare:] = 5
    return Cohort.from_arrays(
        X,
        base.labels,
        samples=base.samples.tolist(),
        genes=base.gene_ids.tolist(),
        endpoint="invented",
        scale="fpkm",
    )


def test_random_sets_hold_genes_that_preprocessing_keeps(quick_study):
    study = quick_study(models=["LR"], nulls={"gene_sets": 30, "sizes": [2]})
    genes = [run.genes for run in null_runs(make_plan(study, cohort_with_rare_genes()))]
    assert {gene for of_run in genes if of_run for gene in of_run} == {0, 1, 2}


def test_more_genes_than_there_are_to_draw_from_are_refused(quick_study):
    study = quick_study(models=["LR"], nulls={"gene_sets": 1})
    with pytest.raises(
        DeepCMEError, match="no random sets of 30 genes: preprocessing leaves 3"
    ):
        make_plan(study, cohort_with_rare_genes())


def test_a_signature_that_nobody_expresses_is_refused(quick_study, tmp_path):
    path = tmp_path / "rare.txt"
    path.write_text("gene5\ngene6\n")
    study = quick_study(models=["LR"], nulls={"signatures": [path]})
    with pytest.raises(DeepCMEError, match=r"rare\.txt: none of its genes is expressed"):
        make_plan(study, cohort_with_rare_genes())


def test_random_sets_of_a_signature_have_the_size_that_can_enter(quick_study, tmp_path):
    path = tmp_path / "mixed.txt"
    path.write_text("gene1\ngene2\ngene6\n")
    study = quick_study(models=["LR"], nulls={"signatures": [path], "permutations": 0})
    mine, *random = null_runs(make_plan(study, cohort_with_rare_genes()))
    assert (mine.genes, mine.size) == ((1, 2), 2)
    assert [run.size for run in random] == [2] * FEW_RUNS
    said = describe_null_runs([mine, *random], "LR")
    assert (
        "3 of its 3 genes found, as 3 columns of the cohort. 2 of these columns enter" in said
    )


def test_genes_that_an_inner_fold_leaves_out_are_not_drawn(quick_study):
    """In 12% of the samples on average, so that some inner folds hold too few of them."""
    random = np.random.default_rng(0)
    X = random.gamma(2.0, 3.0, (60, 40)) * (random.random((60, 40)) < 0.12)
    X[:, :2] = random.gamma(2.0, 3.0, (60, 2))
    cohort = Cohort.from_arrays(
        X,
        np.repeat([1, 0], [20, 40]),
        samples=[f"S{i}" for i in range(60)],
        genes=[f"gene{i}" for i in range(40)],
        endpoint="invented",
        scale="fpkm",
    )
    study = quick_study(
        models=["LR-tuned"],
        split={"design": "nested", "folds": 4, "repeats": 1},
        nulls={"gene_sets": 20, "sizes": [1], "permutations": 0},
    )
    plan = make_plan(study, cohort)
    for gene in {gene for run in null_runs(plan) for gene in run.genes}:
        expressed = X[:, gene] > 0
        for task in plan.tasks:
            for inner in task.split.inner:
                assert expressed[inner.train].mean() >= study.preprocessing.min_prevalence
    data = CohortArrays.of(cohort)
    for task in plan.tasks[4:12]:
        assert np.isfinite(fit_task(data, task).score).all()


def test_a_killed_addition_leaves_no_table_of_another(quick_study, tmp_path, signature):
    """A run that is killed has claimed the folder, and fitted nothing yet."""

    finished = {"permutations": 1, "gene_sets": 1, "signatures": [signature]}

    def interrupted(nulls, genes):
        folder = run(quick_study(models=["LR"], nulls=finished), tmp_path / "out")
        assert (folder.path / "nulls.csv").exists()
        signature.write_text(genes)
        folder.claim(make_plan(quick_study(models=["LR"], nulls=nulls), invented_cohort()))
        assert not (folder.path / "nulls.csv").exists()
        return write_report(folder, ["md"]).read_text(encoding="utf-8")

    text = interrupted({"permutations": 2}, signature.read_text())
    assert "Not finished: permutation test" in text
    assert "random gene sets (`--nulls 50`)" in text
    text = interrupted(finished, "gene0\ngene3\ngene8\nNONE\n")  # another of the same name
    assert "random gene sets, own gene signatures, refitted. The same command" in text


def test_what_is_finished_stays_when_the_same_is_asked_again(quick_study, tmp_path, signature):
    study = quick_study(models=["LR"], nulls={**ASKED, "signatures": [signature]})
    folder = run(study, tmp_path / "out")
    folder.claim(make_plan(study, invented_cohort()))
    assert (folder.path / "nulls.csv").exists()


def test_sets_count_genes_and_bring_all_their_probes(quick_study, tmp_path):
    """Twelve probes of four genes, three each; the signature has two of the genes."""
    base = invented_cohort()
    cohort = Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        genes=[f"probe{i}" for i in range(12)],
        symbols=[f"SYM{i % 4}" for i in range(12)],
        endpoint="invented",
        scale="fpkm",
    )
    path = tmp_path / "two.txt"
    path.write_text("SYM0\nSYM3\n")
    study = quick_study(models=["LR"], nulls={"signatures": [path], "permutations": 0})
    mine, *random = null_runs(make_plan(study, cohort))
    assert (mine.size, mine.genes) == (2, (0, 3, 4, 7, 8, 11))
    assert len(random) == FEW_RUNS
    for run in random:
        assert run.size == 2
        assert len({gene % 4 for gene in run.genes}) == 2
        assert len(run.genes) == 6
    few = quick_study(models=["LR"], nulls={"gene_sets": 1, "sizes": [5]})
    with pytest.raises(DeepCMEError, match="no random sets of 5 genes: preprocessing leaves 4"):
        make_plan(few, cohort)


def test_who_asks_for_gene_sets_gets_what_they_stand_beside(quick_study, signature):
    asked = quick_study(nulls={"signatures": [signature]}).nulls
    assert (asked.gene_sets, asked.permutations) == (FEW_RUNS, FEW_RUNS)
    asked = quick_study(nulls={"gene_sets": 5, "permutations": 0}).nulls
    assert (asked.gene_sets, asked.permutations) == (5, 0)
    assert quick_study().nulls.permutations == 0


def test_nulls_in_a_study_file(tmp_path, signature):
    text = f'{BINARY_EXAMPLE_TOML}[nulls]\npermutations = 7\nsignatures = ["mine.txt"]\n'
    (tmp_path / "study.toml").write_text(text)
    study = load_study(tmp_path / "study.toml", {"nulls": {"gene_sets": 4}})
    assert (study.nulls.permutations, study.nulls.gene_sets) == (7, 4)
    assert study.nulls.signatures == (signature,)


def test_the_report_says_what_was_run_and_what_was_not(quick_study, tmp_path, signature):
    def page(out, **nulls):
        folder = run(quick_study(models=["LR", "KNN"], nulls=nulls), tmp_path / out)
        return write_report(folder).read_text(encoding="utf-8"), folder.path

    text, path = page("none")
    for option in ("--permutations 50", "--nulls 50", "--signature FILE"):
        assert f"(<code>{option}</code>)" in text
    assert "<code>deepcme run study.toml --out . --permutations 50</code>" in text
    assert 'id="nulls"' not in text
    assert not (path / "figures" / "nulls.svg").exists()

    text, path = page("permuted", permutations=3)
    assert "--permutations 50" not in text
    assert "random gene sets (<code>--nulls 50</code>)" in text
    assert text.count("With permuted labels the whole pipeline did at least as well in") == 1
    assert "3 permutations cannot reject (smallest p 1/4)" in text

    with drawn_charts():
        text, path = page("all", **ASKED, signatures=[signature])
    for option in ("--permutations", "--nulls", "--signature FILE"):
        assert f"(<code>{option}" not in text
    assert "Venet, Dumont and Detours" in text
    assert "Signature mine: 3 of its 4 genes found (missing: NONE)" in text
    assert (path / "figures" / "nulls.svg").exists()
    for name in ("nulls", "permutation", "null_runs"):
        assert (path / "tables" / f"{name}.csv").exists()
    assert "of 2 random sets of 3 genes" in (path / "report.md").read_text(encoding="utf-8")


def test_a_signature_may_have_a_number_for_a_name(quick_study, tmp_path):
    (tmp_path / "070.txt").write_text("gene1\ngene2\n7157\n")
    nulls = {"signatures": [tmp_path / "070.txt"], "gene_sets": 1, "permutations": 0}
    folder = run(quick_study(models=["LR"], nulls=nulls), tmp_path / "out")
    text = write_report(folder, ["md"]).read_text(encoding="utf-8")
    assert "Signature 070: 2 of its 3 genes found (missing: 7157)" in text


@pytest.mark.slow
def test_the_permutation_p_of_a_study_without_signal_is_uniform(tmp_path):
    """Whole studies of noise: 200 of them, 19 permutations each."""
    p_values = [p_value_of_noise(seed, tmp_path / str(seed)) for seed in range(200)]
    # A p-value of k twentieths stands for the interval from k - 1 to k twentieths.
    spread = p_values - np.random.default_rng(0).random(len(p_values)) / 20
    assert stats.kstest(spread, "uniform").pvalue > 0.01
    assert stats.binomtest(sum(p <= 0.05 for p in p_values), 200, 0.05).pvalue > 0.01


def p_value_of_noise(seed, path):
    random = np.random.default_rng(seed)
    path.mkdir()
    cohort = Cohort.from_arrays(
        random.normal(size=(50, 8)),
        np.repeat([1, 0], [20, 30]),
        samples=[f"S{i}" for i in range(50)],
        patients=[f"P{i // 2}" for i in range(20)] + [f"Q{i}" for i in range(30)],
        genes=[f"gene{i}" for i in range(8)],
        endpoint="noise",
        scale="log2",
    )
    cohort.save(path / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "seed": seed,
            "split": {"design": "repeated", "repeats": 2},
            "models": ["LR"],
            "nulls": {"permutations": 19},
        }
    )
    folder = run(study, path / "out")
    metrics = folder.read_table("metrics.csv")
    test = metrics[(metrics["part"] == "test") & (metrics["metric"] == "auc")]
    runs = folder.read_table("nulls.csv")
    return compute_permutation_table(runs, test["value"].mean())["p_value"].iloc[0]
