"""The forest plot that a report opens with: who is in it, in which order, drawn how."""

from types import SimpleNamespace

import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.evaluation.measures import AUC
from deepcme.report.figures.roles import Roles
from deepcme.report.opening.forest import compute_forest, find_headline_figure, plot_headline

MODELS = ("DeepCME", "LR", "LR-tuned", "LR + 1 cohort", "clinical", "clinical + genes", "ggi")


def ranks(models=MODELS, **columns):
    rows = [
        {"model": model, "auc": 0.6 + place / 100, "ci_low": 0.5, "ci_high": 0.8, "n": 90}
        for place, model in enumerate(models)
    ]
    return pd.DataFrame(rows).assign(events=30, **columns)


def pooled(models=("DeepCME", "LR")):
    row = {"measure": "auc", "value": 0.6, "ci_low": 0.5, "ci_high": 0.7, "k": 2, "n": 180}
    ends = {"prediction_low": 0.3, "prediction_high": 0.9, "events": 60}
    return pd.DataFrame([{"model": model, **row, **ends} for model in models])


def contents(**tables):
    """A study of LR-tuned, beside LR and a signature, of which one learned from others too."""
    model = SimpleNamespace(name="LR")
    study = SimpleNamespace(
        models=[model],
        comparator=SimpleNamespace(model="LR"),
        also=SimpleNamespace(cohorts=["other.h5ad"]),
    )
    results = SimpleNamespace(
        is_survival=False,
        study=study,
        models=[*MODELS],
        ranked_by=AUC,
        predictions=pd.DataFrame(),
    )
    signature = {"model": "ggi", "kind": "published", "standing": "partial", "warned": True}
    found = {"discrimination": ranks(), "beside_clinic": pd.DataFrame([signature]), **tables}
    return SimpleNamespace(results=results, headline="LR-tuned", tables=found, charts={})


def rows_of(table):
    """What is drawn, row by row."""
    drawn = plot_headline(table, "AUC", "samples", Roles("LR-tuned", "LR")).to_dict()
    return next(rows for rows in drawn["datasets"].values() if "label" in rows[0])


def test_the_headline_and_its_comparator_come_first_then_signatures_and_the_clinic():
    table = compute_forest(contents())
    assert table["label"].tolist() == [
        "LR-tuned", "LR", "DeepCME", "ggi (partial) *", "clinical", "clinical + genes",
    ]  # fmt: skip
    assert table["group"].drop_duplicates().tolist() == [
        "Genes, trained here", "Signatures, as published", "Clinic",
    ]  # fmt: skip
    assert table["kind"].tolist() == ["estimate"] * 3 + ["hollow"] + ["estimate"] * 2
    assert table.set_index("model").loc["LR", "value"] == pytest.approx(0.61)


def test_of_cohorts_left_out_each_is_shown_pooled_and_a_new_one():
    of = contents(
        discrimination=pd.concat(
            [ranks(left_out=name).assign(n=n) for name, n in (("north", 90), ("south", 60))]
        ),
        meta_analysis=pooled(("LR-tuned", "LR", "ggi")),
    )
    table = compute_forest(of)
    assert table["label"].tolist() == [
        "north", "south", "pooled over 2", "a new cohort", "LR", "ggi (partial) *",
    ]  # fmt: skip
    assert table["kind"].tolist() == [
        "estimate", "estimate", "pooled", "prediction", "estimate", "hollow",
    ]  # fmt: skip
    new = table.set_index("label").loc["a new cohort"]
    assert (new["ci_low"], new["ci_high"]) == (0.3, 0.9)
    rows = rows_of(table)
    assert [row["numbers"] for row in rows if row["label"] == "a new cohort"] == [
        "0.30 to 0.90"
    ]
    assert rows[0]["counts"] == "samples / events"
    of.tables["headline"], of.charts["headline"] = table, None
    of.results.predictions = of.tables["discrimination"]
    assert find_headline_figure(of).caption.startswith(
        "AUC in each cohort left out, and pooled over them, with 95% intervals;"
    )


def test_counts_that_are_the_same_everywhere_stand_in_the_caption():
    of = contents()
    table = compute_forest(of)
    of.tables["headline"] = table
    of.charts["headline"] = None
    assert not any(row["counts"] for row in rows_of(table))
    caption = find_headline_figure(of).caption
    assert caption == (
        "AUC on the same patients (90 samples, 30 events), with 95% intervals; the dashed line "
        "is chance. Hollow: a part of the signature's genes. * made with patients of this "
        "cohort."
    )


def test_without_a_value_there_is_no_picture():
    with pytest.raises(AbsentError, match="Nothing ranks"):
        compute_forest(contents(discrimination=ranks().assign(auc=float("nan"))))
    assert find_headline_figure(contents()) is None
