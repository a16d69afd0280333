"""Gene selection in a study: tasks like any other, tables, and sentences that claim no more."""

import shutil
import tomllib

import numpy as np
import pandas as pd
import pytest
import tomli_w

from deepcme import DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.report.page import write_report
from deepcme.report.sections.selection import describe_selection
from deepcme.study.parts.selection import SELECTION
from deepcme.study.parts.selection_steps import SelectionStep
from deepcme.study.parts.selection_tables import collect_stability
from deepcme.study.plan import make_plan
from deepcme.study.run import TasksFailedError, run_study
from deepcme.study.settings import ComparatorSettings
from deepcme.study.spec import load_study, make_study
from deepcme.study.store import StudyFolder
from tests.conftest import BINARY_EXAMPLE_TOML, drawn_charts, invented_cohort
from tests.study.conftest import QUICK_NETWORK

QUICK = {"run": True, "rankers": ["soft-path", "l1-logistic"], "random_panels": 2, "pairs": 2}


def study_of(cohort, folder, **options):
    folder.mkdir(exist_ok=True)
    cohort.save(folder / "cohort.h5ad")
    return make_study(
        {
            "cohort": {"path": folder / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 2},
            "models": [QUICK_NETWORK, "LR"],
            "selection": QUICK,
            **options,
        }
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """30 genes, of which the first is behind the label."""
    return study_of(
        invented_cohort(n_patients=90, n_genes=30, positives=40),
        tmp_path_factory.mktemp("selection"),
    )


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "out"
    folder = run_study(study, path, jobs=1, quiet=True)
    with drawn_charts():
        write_report(folder)
    return folder


def contents(folder):
    return {name: (folder.path / name).read_bytes() for name in SELECTION.tables}


def test_the_gene_behind_the_label_is_the_panel(folder):
    choice = folder.read_table("panel_choice.csv")
    assert choice["n_genes"].tolist() == [1, 1]
    assert (choice["auc"] > choice["random_high"]).all()
    genes = folder.read_table("panel_genes.csv")
    assert genes["gene"].tolist() == ["gene0", "gene0"]
    assert genes["frequency"].tolist() == [1.0, 1.0]


def test_the_curve_stands_on_the_studys_own_test_parts(folder):
    held_out = folder.read_table("panel_predictions.parquet")
    fitted = folder.read_table("predictions.parquet")
    fitted = fitted[fitted["part"] == "test"]
    for split in (1, 2):
        assert set(held_out.loc[held_out["split"] == split, "sample"]) == set(
            fitted.loc[fitted["split"] == split, "sample"]
        )
    curve = folder.read_table("panel_curve.csv")
    assert curve["panel"].tolist() == ["1", "2", "5", "10", "20", "all"] * 2
    assert (curve["n_splits"] == 2).all()


def test_frequencies_over_splits_halves_and_decoys(folder):
    genes = folder.read_table("selection_genes.csv").set_index("gene")
    first = genes.loc["gene0"]
    assert (first["split_frequency"], first["half_frequency"]) == (1, 1)
    frequencies = genes[["decoy_frequency", "split_frequency", "half_frequency"]]
    assert ((frequencies >= 0) & (frequencies <= 1)).all().all()
    assert (frequencies.sum(axis=1) > 0).all()
    assert {"prevalence", "largest_z", "driving_samples", "few_driving_samples"} < set(genes)


def test_clusters_count_a_gene_once_for_all_its_twins(folder):
    clusters = folder.read_table("selection_clusters.csv")
    genes = folder.read_table("selection_genes.csv")
    assert clusters["frequency"].max() == genes["half_frequency"].max()
    assert not clusters["genes"].str.split(" ").explode().duplicated().any()


def test_what_cannot_be_claimed_is_said(folder):
    claims = folder.read_table("selection_claims.csv")
    assert list(zip(claims["method"], claims["level"], strict=True)) == [
        ("knockoffs", "gene"),
        ("stability selection", "gene"),
        ("stability selection", "cluster"),
    ]
    assert (claims["n"] == 90).all()
    assert (claims["events"] == 40).all()
    # One gene cannot keep a proportion of 0.2, but can be the first on every half.
    assert claims["n_claimed"].tolist() == [0, 1, 1]
    assert claims["claim"].str.startswith("Nothing can be claimed").tolist() == [
        True,
        False,
        False,
    ]
    assert folder.read_table("selection_genes.csv")["stable"].sum() == 1


def test_indices_of_both_levels_over_halves_and_splits(folder):
    indices = folder.read_table("selection_stability.csv")
    assert list(zip(indices["ranker"], indices["over"], indices["level"], strict=True)) == [
        ("soft-path", "halves", "gene"),
        ("soft-path", "halves", "cluster"),
        ("soft-path", "splits", "gene"),
        ("soft-path", "splits", "cluster"),
        ("l1-logistic", "splits", "gene"),
        ("l1-logistic", "splits", "cluster"),
    ]
    assert indices["n_selections"].tolist() == [4, 4, 2, 2, 2, 2]
    assert (indices["ci_low"] <= indices["value"]).all()


def test_scores_beside_each_other_are_those_of_the_studys_network(folder):
    beside = folder.read_table("held_out_gene_scores.csv").set_index("gene")
    scores = folder.read_table("gene_scores.csv").set_index("gene")
    assert set(beside["model"]) == {"DeepCME"}
    np.testing.assert_allclose(
        beside["first_layer"], scores.loc[beside.index, "score"], rtol=1e-6
    )
    agreement = folder.read_table("score_agreement.csv")
    assert list(zip(agreement["score"], agreement["other"], strict=True)) == [
        ("first_layer", "integrated_gradients"),
        ("first_layer", "permutation"),
        ("integrated_gradients", "permutation"),
    ]
    assert (agreement["spearman_low"] <= agreement["spearman"]).all()
    assert (agreement["spearman"] <= agreement["spearman_high"]).all()


def test_a_study_without_such_a_network_says_so(study, tmp_path):
    alone = study.model_copy(
        update={"models": study.models[1:], "comparator": ComparatorSettings()}
    )
    folder = run_study(alone, tmp_path / "out", jobs=1, quiet=True)
    assert folder.read_table("score_agreement.csv").empty
    assert "there is none" in write_report(folder).read_text(encoding="utf-8")


def test_the_same_bytes_for_any_number_of_workers(study, folder, tmp_path):
    assert contents(run_study(study, tmp_path / "two", jobs=2, quiet=True)) == contents(folder)


def test_genes_models_and_signatures_that_look_like_numbers_stay_text(tmp_path):
    cohort = invented_cohort(n_patients=90, positives=40, names=str)
    (tmp_path / "007").write_text("0\n00\n", encoding="utf-8")
    study = study_of(
        cohort,
        tmp_path / "numbers",
        models=[{**QUICK_NETWORK, "name": "1", "estimator": "DeepCME"}, "LR"],
        nulls={"signatures": [tmp_path / "007"], "gene_sets": 1, "permutations": 1},
    )
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    assert "Smallest panel by" in write_report(folder).read_text(encoding="utf-8")
    assert folder.read_table("gene_scores.csv")["model"].unique().tolist() == ["1"]
    for table in ("gene_scores", "panel_genes", "selection_genes", "held_out_gene_scores"):
        assert set(folder.read_table(f"{table}.csv")["gene"]) <= set(cohort.gene_ids)
    clusters = folder.read_table("selection_clusters.csv")["genes"]
    assert set(clusters.str.split(" ").explode()) <= set(cohort.gene_ids)
    signature = folder.read_table("nulls.csv").dropna(subset="signature").iloc[0]
    assert (signature["signature"], signature["missing"]) == ("007", "00")


def test_only_missing_steps_run_again(study, folder, monkeypatch):
    whole = contents(folder)
    keys = [task.key for task in SELECTION.of(make_plan(study, _cohort_of(study)))]
    assert len(set(keys)) == len(keys)
    for key in keys[::7]:
        (folder.path / "tasks" / f"{key}.npz").unlink()
    done = []
    original = SelectionStep.run
    monkeypatch.setattr(
        SelectionStep, "run", lambda task, data: done.append(task.key) or original(task, data)
    )
    assert contents(run_study(study, folder.path, jobs=1, quiet=True)) == whole
    assert sorted(done) == sorted(keys[::7])


def test_a_step_that_fails_is_named(study, tmp_path, monkeypatch):
    def fail(task, data):
        raise RuntimeError("the path ended")

    monkeypatch.setattr(SelectionStep, "run", fail)
    with pytest.raises(TasksFailedError, match=r"of gene selection, soft-path, .*path ended"):
        run_study(study, tmp_path / "out", jobs=1, quiet=True)


def _cohort_of(study):
    from deepcme.study.run import load_cohort

    return load_cohort(study)


def test_the_page_has_chart_sentences_and_tables(folder):
    page = (folder.path / "report.html").read_text(encoding="utf-8")
    assert "Smallest panel by a network&#39;s soft path: 1 gene, AUC 0." in page
    assert "Knockoffs, genes (90 samples, 40 events): Nothing can be claimed" in page
    assert 'id="spec-panel_curve"' in page
    assert 'id="table-panel-curve"' in page
    assert (
        "Genes ranked by a network&#39;s soft path and the logistic lasso on training" in page
    )
    markdown = (folder.path / "report.md").read_text(encoding="utf-8")
    assert "## Gene selection" in markdown
    for name in ("panel_curve", "panel_genes", "selection_claims", "score_agreement"):
        assert (folder.path / "tables" / f"{name}.csv").exists()
    assert (folder.path / "figures" / "panel_curve.svg").exists()


def test_a_study_without_selection_says_not_run(quick_study, tmp_path):
    folder = run_study(quick_study(models=["LR"]), tmp_path / "out", jobs=1, quiet=True)
    page = write_report(folder).read_text(encoding="utf-8")
    assert "gene selection (<code>--selection</code>)" in page
    assert 'id="selection"' not in page
    assert not (folder.path / "panel_curve.csv").exists()


def test_it_can_be_added_to_a_finished_study_and_taken_away(study, folder, tmp_path):
    off = study.model_copy(
        update={"selection": study.selection.model_copy(update={"run": False})}
    )
    later = run_study(off, tmp_path / "out", jobs=1, quiet=True)
    predictions = (later.path / "predictions.parquet").read_bytes()
    run_study(study, tmp_path / "out", jobs=1, quiet=True)
    assert contents(later) == contents(folder)
    assert (later.path / "predictions.parquet").read_bytes() == predictions
    assert "Smallest panel by" in write_report(later).read_text(encoding="utf-8")
    run_study(off, tmp_path / "out", jobs=1, quiet=True)
    assert not any((later.path / name).exists() for name in SELECTION.tables)
    assert "(<code>--selection</code>)" in write_report(later).read_text(encoding="utf-8")


def test_a_killed_addition_is_a_sentence_of_the_report(quick_study, study, folder, tmp_path):
    plain = quick_study(models=["LR"])
    later = run_study(plain, tmp_path / "out", jobs=1, quiet=True)
    write_report(later, ["md"])
    added = plain.model_copy(update={"selection": study.selection})
    later.claim(make_plan(added, invented_cohort()))
    write_report(later, ["md", "html"])
    for form in ("md", "html"):
        text = (later.path / f"report.{form}").read_text(encoding="utf-8")
        assert "Not finished: gene selection." in text


def test_tables_of_other_settings_go_before_anything_is_fitted(study, folder, tmp_path):
    later = StudyFolder(shutil.copytree(folder.path, tmp_path / "out"))
    cohort = invented_cohort(n_patients=90, n_genes=30, positives=40)
    later.claim(make_plan(study, cohort))
    assert contents(later) == contents(folder)
    fewer = study.model_copy(
        update={"selection": study.selection.model_copy(update={"rankers": ("soft-path",)})}
    )
    later.claim(make_plan(fewer, cohort))
    assert not any((later.path / name).exists() for name in SELECTION.tables)


def test_the_report_of_a_study_from_before_gene_selection(quick_study, tmp_path):
    folder = run_study(quick_study(models=["LR"]), tmp_path / "out", jobs=1, quiet=True)
    settings = tomllib.loads((folder.path / "study.toml").read_text(encoding="utf-8"))
    del settings["selection"]
    (folder.path / "study.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
    assert "(<code>--selection</code>)" in write_report(folder).read_text(encoding="utf-8")


def claims(**columns):
    row = {"method": "knockoffs", "level": "gene", "n": 200, "events": 70, "claim": "Said."}
    return pd.DataFrame([{**row, **columns}])


def test_sentences_follow_from_the_numbers():
    choice = {
        "ranker": "soft-path", "panel": "5", "n_genes": 5, "auc": 0.70, "ci_low": 0.60,
        "ci_high": 0.80, "random_auc": 0.6, "random_low": 0.5, "random_high": 0.65,
        "best_auc": 0.72, "best_n_genes": 50,
    }  # fmt: skip
    index = {"over": "halves", "level": "gene", "value": 0.3, "ci_low": 0.2, "ci_high": 0.4}
    tables = {
        "panel_choice": pd.DataFrame([choice]),
        "selection_claims": claims(),
        "selection_stability": pd.DataFrame([index]),
        "score_agreement": pd.DataFrame(),
        "panel_genes": pd.DataFrame({"few_driving_samples": [True, False]}),
    }
    sentences = describe_selection(tables)
    assert sentences[0] == (
        "Smallest panel by a network's soft path: 5 genes, AUC 0.70 (0.60 to 0.80) on held-out "
        "patients; random panels of that size 0.60 (0.50 to 0.65); the highest AUC is 0.72, of "
        "50 genes."
    )
    assert sentences[1] == "Knockoffs, genes (200 samples, 70 events): Said."
    assert "0.30 (0.20 to 0.40) by gene" in sentences[2]
    assert sentences[-1].startswith("1 of the panels' genes rest on fewer than 5 samples")
    for changes, words in (
        ({"random_high": 0.71}, "random ones reach as much"),
        ({"ci_low": 0.45}, "chance is not excluded"),
    ):
        tables["panel_choice"] = pd.DataFrame([{**choice, **changes}])
        assert "Nothing can be claimed for th" in describe_selection(tables)[0]
        assert words in describe_selection(tables)[0]


def test_genes_of_a_half_alone_are_clusters_of_their_own(study):
    plan = make_plan(study, _cohort_of(study))
    tasks = SELECTION.of(plan)
    clusters = {"genes": np.arange(1, 6), "cluster": np.array([0, 0, 1, 2, 3])}
    results = [(task, clusters) for task in tasks if task.kind == "clusters"]
    halves = [task for task in tasks if task.kind == "half"]
    results += [(task, {"genes": np.array([2, 9, 4])}) for task in halves]
    stability = collect_stability(results, "half", "soft-path")
    table = stability.selection.by_gene().set_index(stability.genes)
    assert table["cluster"].to_dict() == {1: 0, 2: 0, 3: 1, 4: 2, 5: 3, 9: 4}
    # Of five genes the first two count, here 2 and 9.
    assert table["frequency"].to_dict() == {1: 0, 2: 1, 3: 0, 4: 0, 5: 0, 9: 1}
    assert table["cluster_frequency"].to_dict() == {1: 1, 2: 1, 3: 0, 4: 0, 5: 0, 9: 1}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"protocol": "paper"}, "choose protocol honest"),
        ({"preprocessing": {"fit_on": "all"}}, "preprocessing fitted on the training part"),
        ({"selection": {"run": True, "rankers": []}}, "selection.rankers"),
        ({"selection": {"run": True, "ranker": "soft-path"}}, "did you mean rankers"),
    ],
)
def test_what_cannot_be_selected_honestly_is_refused(tmp_path, options, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        study_of(invented_cohort(), tmp_path / "study", **options)


def test_too_few_patients_or_splits_are_told(tmp_path):
    few = study_of(invented_cohort(positives=3), tmp_path / "few")
    with pytest.raises(DeepCMEError, match="there are 3 and 57"):
        run_study(few, tmp_path / "out", quiet=True)
    one = study_of(
        invented_cohort(), tmp_path / "one", split={"design": "repeated", "repeats": 1}
    )
    with pytest.raises(DeepCMEError, match="Gene selection needs 2 splits"):
        run_study(one, tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()


def test_the_switch_leaves_the_files_other_settings(tmp_path):
    (tmp_path / "study.toml").write_text(
        f"{BINARY_EXAMPLE_TOML}[selection]\npairs = 7\n", encoding="utf-8"
    )
    study = load_study(tmp_path / "study.toml", {"selection": {"run": True}})
    assert (study.selection.run, study.selection.pairs) == (True, 7)


def test_every_step_draws_chance_of_its_own(study):
    plan = make_plan(study, _cohort_of(study))
    data = CohortArrays.of(plan.cohort)
    tasks = SELECTION.of(plan)
    ranked = [t for t in tasks if t.order.name == "soft-path" and t.split_number == 1]
    assert [task.kind for task in ranked] == ["decoys", "half", "panel"]
    random = [t.run(data) for t in tasks if t.order.name.startswith("random")]
    assert len({tuple(arrays["genes"]) for arrays in random}) == len(random)
