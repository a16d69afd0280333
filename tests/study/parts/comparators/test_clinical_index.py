"""The Nottingham prognostic index in studies: beside the models, and as a clinical column."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.parts.comparators.clinical_index import (
    CLINICAL_INDEX,
    CLINICAL_INDICES,
    find_indices,
)
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import make_study

INDEX = "nottingham-index"
N = 60
LABELS = [{"name": "LR-tuned"}]
TIMES = [{"name": "Cox-ridge", "parameters": {"penalties": [0.3]}}]


def columns_of(n=N):
    random = np.random.default_rng(3)
    return {
        "size_mm": random.integers(8, 60, n).astype(float),
        "positive_nodes": random.choice([0.0, 1.0, 2.0, 5.0, 12.0], n),
        "grade": random.choice([1.0, 2.0, 3.0], n),
    }


def expected_index(columns):
    nodes = columns["positive_nodes"]
    stage = 1.0 + (nodes > 0) + (nodes > 3)
    return np.round(columns["size_mm"] / 50 + stage + columns["grade"], 6)


def cohort_of(columns=None, *, of_times=False, labels=None, **more):
    columns = columns_of() if columns is None else columns
    random = np.random.default_rng(4)
    X, index = random.normal(5, 1, (N, 6)), expected_index(columns_of())
    risk = (index - index.mean()) / index.std()
    outcome = (risk + random.normal(0, 1, N) > 0.4).astype(int) if labels is None else labels
    if of_times:
        times, censoring = random.exponential(np.exp(-risk)), random.exponential(3, N)
        endpoint = Endpoint("", columns=("years",), unit="years", horizon=1.0)
        ends = times <= censoring
        outcome = SurvivalOutcome(np.minimum(times, censoring), ends, endpoint)
    return Cohort.from_arrays(
        X,
        outcome,
        samples=[f"S{i}" for i in range(N)],
        genes=[f"G{i}" for i in range(6)],
        clinical=pd.DataFrame({**columns, **more}),
        endpoint=outcome.endpoint if of_times else "invented",
        scale="log2",
        name="invented",
    )


@pytest.fixture
def plan_of(tmp_path):
    def make(cohort, **options):
        path = tmp_path / "cohort.h5ad"
        cohort.save(path)
        models = TIMES if cohort.outcome.kind == "survival" else LABELS
        comparator = {"signatures": "none", **options.pop("comparator", {})}
        values = {"split": {"repeats": 1, "folds": 3}, "models": models, **options}
        values["comparator"] = comparator
        return make_plan(make_study({"cohort": {"path": path}, **values}), cohort)

    return make


def tables_of(plan):
    tables = CLINICAL_INDICES.make_tables(plan, kept=None)
    described = tables[CLINICAL_INDEX].iloc[0] if CLINICAL_INDEX in tables else None
    return tables.get("predictions.parquet"), described


@pytest.mark.parametrize("of_times", [False, True])
def test_every_part_of_every_split_has_the_formula_and_no_probability(plan_of, of_times):
    plan = plan_of(cohort_of(of_times=of_times))
    predictions, described = tables_of(plan)
    of_sample = dict(zip(plan.cohort.samples, expected_index(columns_of()), strict=True))
    assert predictions["score"].tolist() == predictions["sample"].map(of_sample).tolist()
    assert predictions["probability"].isna().all()
    assert set(predictions["model"]) == {INDEX}
    for number, split in enumerate(plan.splits, start=1):
        rows = predictions[predictions["split"] == number]
        for part, expected in split.parts():
            held = rows.loc[rows["part"] == part, "sample"]
            assert held.tolist() == plan.cohort.samples[expected].tolist()
    assert described[["standing", "n", "n_known", "why"]].tolist() == ["full", N, N, ""]
    assert described["methods"].startswith(
        "nottingham-index is the published formula (Haybittle"
    )


def test_nothing_is_learned_of_outcomes_or_of_held_out_patients(plan_of):
    columns = columns_of()
    columns["grade"][:6] = np.nan
    cohort = cohort_of(columns)
    plan = plan_of(cohort)
    plain, _ = tables_of(plan)
    other = replace(plan, cohort=cohort_of(columns, labels=1 - cohort.labels))
    assert tables_of(other)[0]["score"].tolist() == plain["score"].tolist()
    split = plan.splits[0]
    poisoned = {name: values.copy() for name, values in columns.items()}
    poisoned["size_mm"][np.r_[split.validation, split.test]] = 300.0
    predictions, _ = tables_of(plan_of(cohort_of(poisoned, labels=cohort.labels)))

    def filled(table):
        lacks = table["sample"].isin(cohort.samples[:6]) & (table["split"] == 1)
        return table.loc[lacks, "score"].tolist()

    assert filled(predictions) == filled(plain)
    median = np.nanmedian(expected_index(columns)[split.train])
    assert filled(plain) == [median] * 6


@pytest.mark.parametrize(
    ("n_missing", "standing"), [(0, "full"), (6, "full"), (7, "partial"), (13, "refused")]
)
def test_the_index_stands_where_four_fifths_have_it_and_says_who_is_filled(
    plan_of, n_missing, standing
):
    columns = columns_of()
    columns["size_mm"][:n_missing] = np.nan
    predictions, described = tables_of(plan_of(cohort_of(columns)))
    assert (described["standing"], described["n_known"]) == (standing, N - n_missing)
    assert (predictions is None) == (standing == "refused")
    if standing == "refused":
        assert described["why"].endswith("components, and at least 80% must have it.")
        assert f"{n_missing} of 60 samples lack one" in described["why"]
    else:
        said = f"{n_missing} of 60 samples lack one of its components and have the median"
        assert (said in described["warnings"]) == (n_missing > 0)


def test_a_cohort_that_is_left_out_needs_the_index_itself(plan_of):
    columns = columns_of()
    where = ["a", "b", "c", "d", "e", "f"] * 10
    columns["grade"][[0, 6, 12]] = np.nan  # three of the ten patients of a
    plan = plan_of(
        cohort_of(columns, cohort=where),
        split={"design": "leave-one-cohort-out", "cohort_column": "cohort", "repeats": 1},
    )
    predictions, described = tables_of(plan)
    assert (predictions, described["standing"]) == (None, "refused")
    assert described["why"].endswith("must have it in each cohort that is left out.")


def test_a_cohort_without_the_columns_says_which_is_missing_and_goes_on(plan_of):
    columns = columns_of()
    del columns["grade"]
    predictions, described = tables_of(plan := plan_of(cohort_of(columns)))
    CLINICAL_INDICES.check(plan)
    assert predictions is None
    assert described["why"] == (
        "invented: no Nottingham prognostic index: the cohort has no column of the histological "
        "grade, 1 to 3."
    )
    assert CLINICAL_INDICES.announce(plan) == ""


def test_another_cancer_has_no_such_index_unless_its_columns_are_named(plan_of):
    columns = columns_of()
    cohort = cohort_of(columns, primary_site=["Bladder"] * N)
    predictions, described = tables_of(plan_of(cohort))
    assert (predictions, described["standing"]) == (None, "refused")
    assert "of another cancer (bladder) than breast cancer" in described["why"]
    named = {"size": "size_mm", "nodes": "positive_nodes", "grade": "grade"}
    assert tables_of(plan_of(cohort, comparator=named))[1]["standing"] == "full"


def test_subgroups_can_be_of_the_index(plan_of):
    plan = plan_of(cohort_of(), subgroups={"columns": [INDEX]})
    assert plan.cohort.obs[INDEX].tolist() == expected_index(columns_of()).tolist()


def test_a_cohorts_own_index_stands_in_and_is_said_to_be_unchecked(plan_of):
    given = expected_index(columns_of())
    predictions, described = tables_of(plan_of(cohort_of({"NPI": given})))
    assert set(predictions["score"]) == set(given)
    assert "It is unchecked, since the cohort has no column of" in described["warnings"]


def test_columns_can_be_named_and_a_wrong_name_is_refused(plan_of):
    columns = columns_of()
    odd = {"T": columns["size_mm"], "bloom": columns["grade"]}
    named = {"size": "T", "nodes": "negative", "grade": "bloom"}
    predictions, _ = tables_of(plan_of(cohort_of(odd), comparator=named))
    first = predictions[predictions["sample"] == "S0"]["score"].iloc[0]
    assert first == pytest.approx(odd["T"][0] / 50 + 1 + odd["bloom"][0])
    wrong = plan_of(cohort_of(odd), comparator={**named, "size": "bloom"})
    with pytest.raises(DeepCMEError, match="'bloom' holds 1 to 3 in whole numbers alone"):
        CLINICAL_INDICES.check(wrong)


def test_the_index_can_be_left_out_and_no_model_takes_its_name(plan_of):
    plan = plan_of(cohort_of(), comparator={"clinical_index": "none"})
    assert (find_indices(plan), CLINICAL_INDICES.make_tables(plan, kept=None)) == ([], {})
    named = [{"name": INDEX, "estimator": "LR-tuned"}]
    with pytest.raises(DeepCMEError, match="a model must not be called 'nottingham-index'"):
        plan_of(cohort_of(), models=named)


@pytest.mark.parametrize("of_times", [False, True])
def test_a_study_ranks_by_it_as_by_a_model_and_asks_what_genes_add(plan_of, tmp_path, of_times):
    genes = {} if of_times else {"genes": "LR-tuned"}
    plan = plan_of(cohort_of(of_times=of_times), clinical={"columns": [INDEX], **genes})
    assert plan.cohort.obs[INDEX].tolist() == expected_index(columns_of()).tolist()
    assert plan.cohort.notes[-1].startswith("Nottingham prognostic index of 60 of 60 samples")
    assert plan.cohort.fingerprint == cohort_of(of_times=of_times).fingerprint
    folder = run_study(plan.study, tmp_path / "out", jobs=1, quiet=True)
    ratios = "clinical_hazard_ratios.csv" if of_times else "odds_ratios.csv"
    assert INDEX in set(folder.read_table(ratios)["column"])
    assert "--clinical" not in str(folder.read_table(CLINICAL_INDEX)["warnings"].iloc[0])
    # Alone it ranks as the formula does, whatever the regression.
    tested = folder.read_table("predictions.parquet").query("part == 'test'")
    scores = tested.pivot(index=["split", "sample"], columns="model", values="score")
    assert tested.loc[tested["model"] == INDEX, "probability"].isna().all()
    for _, of_split in scores.groupby("split"):
        assert of_split["clinical"].rank().corr(of_split[INDEX].rank()) == pytest.approx(1)
    if of_times:
        return
    of_index = tested[tested["model"] == INDEX].groupby("split")
    aucs = [roc_auc_score(rows["label"], rows["score"]) for _, rows in of_index]
    metrics = folder.read_table("metrics.csv").query(
        "model == @INDEX and part == 'test' and metric == 'auc'"
    )
    assert metrics["value"].tolist() == pytest.approx(aucs)


def test_clinical_columns_that_are_in_the_index_are_warned_about_beside_it(plan_of):
    clinical = {"columns": [INDEX, "grade", "age"], "genes": "LR-tuned"}
    plan = plan_of(cohort_of(age=np.arange(N)), clinical=clinical)
    said = "The clinical columns grade are what nottingham-index is made of"
    assert said in CLINICAL_INDICES.announce(plan)
    assert said in tables_of(plan)[1]["warnings"]


def test_asked_for_as_a_column_and_not_to_be_had_it_is_refused(plan_of):
    columns = columns_of()
    del columns["positive_nodes"]
    with pytest.raises(DeepCMEError) as error:
        plan_of(cohort_of(columns), clinical={"columns": [INDEX], "genes": "LR-tuned"})
    assert str(error.value) == (
        "invented: no Nottingham prognostic index: the cohort has no column of the number of "
        "positive lymph nodes, or of the pN stage. Leave nottingham-index out, or name the "
        "columns under [comparator] (size, nodes, grade)."
    )


def test_other_sizes_are_another_input_of_a_folder(plan_of):
    columns = columns_of()
    before = CLINICAL_INDICES.read_inputs(plan_of(cohort_of(columns)))
    columns["size_mm"][0] += 1
    after = CLINICAL_INDICES.read_inputs(plan_of(cohort_of(columns)))
    assert before.keys() == after.keys() == {INDEX}
    assert before != after
