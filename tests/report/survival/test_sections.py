"""What a report on the time to an event shows of a small table of predictions."""

import numpy as np
import pandas as pd
import pytest
import vl_convert

from deepcme.report.blocks import Bullets, Figure, Group, Table, Text
from deepcme.report.figures.styles import VEGA_LITE
from deepcme.report.render import render_markdown, render_page
from deepcme.report.sections.groups import meta_analysis
from deepcme.report.sections.training import describe_weights
from deepcme.report.survival import (
    assumptions,
    calibration,
    discrimination,
    risk_groups,
    usefulness,
)
from deepcme.study.settings import ComparatorSettings
from tests.report.walk import require_readable, tables_in

MODULES = (risk_groups, discrimination, calibration, usefulness, assumptions)
ATTACK = "<script>alert(1)</script>"


def computed(contents):
    for module in MODULES:
        module.SECTION.compute(contents)
    return contents


def opened(blocks):
    """The blocks, and those that stand in others."""
    for block in filter(None, blocks):
        yield from opened(block.parts) if isinstance(block, Group) else [block]


def blocks_of(contents):
    return [block for module in MODULES for block in opened(module.SECTION.write(contents))]


def text_of(contents):
    return render_markdown("", blocks_of(contents))


@pytest.fixture(scope="module")
def contents(contents_of, invented_predictions):
    return computed(contents_of(invented_predictions()))


def test_every_chart_is_shown_once_has_its_table_and_can_be_drawn(contents):
    shown = [block.name for block in blocks_of(contents) if isinstance(block, Figure)]
    shown.append(risk_groups.find_figure(contents).name)  # which the report opens with
    assert sorted(shown) == sorted(contents.charts)
    assert set(shown) == {
        "risk_curves", "survival_discrimination", "survival_comparison", "auc_over_time",
        "calibration", "decision_curve",
    }  # fmt: skip
    tables = [block.name for block in blocks_of(contents) if isinstance(block, Table)]
    assert {
        "group_risks", "numbers_at_risk", "survival_discrimination", "survival_comparison",
        "auc_over_time", "calibration_groups", "net_benefit", "classification",
    } <= set(tables)  # fmt: skip
    for chart in contents.charts.values():
        assert vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGA_LITE)


def test_every_patient_is_in_one_group_and_at_risk_at_the_start(contents):
    groups = contents.tables["risk_groups"]
    assert groups["patient"].is_unique and len(groups) == 80
    at_risk = contents.tables["numbers_at_risk"]
    assert at_risk.loc[at_risk["time"] == 0, "at_risk"].sum() == 80
    assert contents.tables["risk_curves"]["value"].between(0, 1).all()


def test_numbers_at_risk_are_a_row_for_each_third_in_the_text(contents):
    header, _, first = (
        text_of(contents).split("by third of predicted risk.\n\n")[1].split("\n")[:3]
    )
    assert header.startswith("| Third | At 0 (years) | At 2 | At 4 |")
    at_risk = contents.tables["numbers_at_risk"]
    lowest = at_risk.loc[at_risk["group"] == "lowest", "at_risk"]
    assert first == f"| lowest | {' | '.join(map(str, lowest))} |"


def test_sensitivity_and_specificity_stand_by_threshold_of_headline_and_comparator(contents):
    shown = next(
        block.shown
        for block in usefulness.SECTION.write(contents)
        if isinstance(block, Table) and block.name == "classification"
    )
    assert shown.headings == ["Model", "Sensitivity (95%)", "Specificity (95%)"]
    assert "All rows: 80 patients, " in shown.caption
    assert [row[0] for row in shown.rows][:4] == [
        f"Cox-ridge at {threshold}%" for threshold in (5, 10, 20, 30)
    ]
    assert {row[0].split(" at ")[0] for row in shown.rows} == {"Cox-ridge", "Cox-top-200"}
    table = contents.tables["classification"].set_index(["model", "threshold", "measure"])
    at_10 = table.loc[("Cox-ridge", 0.1, "sensitivity")]
    assert shown.rows[1][1] == (
        f"{at_10['value']:.2f} ({at_10['ci_low']:.2f} to {at_10['ci_high']:.2f})"
    )


def test_curves_have_no_p_value_and_it_is_said_why(contents):
    assert "p_value" not in contents.tables["group_risks"]
    assert "No p-value stands beside these curves" in text_of(contents)


def test_curves_end_where_a_tenth_is_followed_or_at_the_horizon():
    times = pd.Series(np.arange(1.0, 101.0))
    assert risk_groups.find_end(times, None) == 90.0
    assert risk_groups.find_end(times, 95.0) == 95.0


def test_censored_patients_are_marked_upon_their_curve(contents):
    groups, curves = contents.tables["risk_groups"], contents.tables["risk_curves"]
    marks = risk_groups.find_censored(groups, curves)
    assert len(marks) == (groups["event"] == 0).sum()
    of_first = marks.iloc[0]
    curve = curves[(curves["group"] == of_first["group"])].set_index("time")["value"]
    assert of_first["value"] == curve[of_first["time"]]


def test_each_measure_is_a_column_with_c_first_and_the_headline_the_first_row(contents):
    table = next(
        block
        for block in discrimination.SECTION.write(contents)
        if isinstance(block, Table) and block.name == "survival_discrimination"
    )
    assert table.shown.headings[:4] == [
        "Model", "Uno's C (95%)", "AUC(t) (95%)", "Harrell's C (95%)",
    ]  # fmt: skip
    of_models = contents.tables["survival_discrimination"]
    of_uno = of_models[of_models["measure"] == "uno_c"].set_index("model")["value"]
    names = [row[0] for row in table.shown.rows]
    assert names[0] == contents.headline
    assert names[1:] == of_uno.drop(names[0]).sort_values(ascending=False).index.tolist()
    assert "Why none" not in table.shown.headings
    assert "look at events up to 5 years, Harrell's" in text_of(contents)


def test_who_takes_no_weights_and_who_was_censored_are_told(contents):
    bullets = next(b for b in assumptions.SECTION.write(contents) if isinstance(b, Bullets))
    counts = contents.tables["censoring"].iloc[0]
    assert f"{counts['n_censored']:.0f} of 80 patients (" in bullets.items[0]
    assert "none had to be cut at 10." in bullets.items[0]
    assert bullets.items[1].startswith("KNN takes no weights")
    assert len(bullets.items) == 2


def test_weights_that_were_cut_are_counted():
    table = pd.DataFrame([{"n": 50, "n_censored": 20, "n_capped": 1, "highest": 10.0}])
    said = assumptions.describe_censoring(table)[0]
    assert "20 of 50 patients (40%)" in said and "that of 1 patient was cut at 10" in said


def test_cox_models_say_what_they_make_of_a_competing_event(contents):
    models = contents.results.study.models
    said = assumptions.list_assumptions(contents.tables, models, 12)[2]
    assert said.startswith("12 patients had the competing event first. Cox-ridge")
    assert "too high for patients to whom it may come, before recalibration" in said
    assert assumptions.describe_competing(0, models) == ""


def test_the_loss_drawn_is_said_to_be_weighted(contents):
    assert describe_weights(contents).endswith("weighted for those censored before")


def test_fits_that_kept_no_gene_are_counted_aloud():
    fits = pd.DataFrame({"model": ["A", "A", "B"], "selects_nothing": [True, False, False]})
    said = assumptions.describe_empty_fits(fits)
    assert said.startswith(
        "Cross-validated partial likelihood kept no gene in 1 of 2 fits of A:"
    )
    assert assumptions.describe_empty_fits(fits[fits["model"] == "B"]) == ""


def test_hazards_are_checked_of_cox_models_and_told_of_the_headline(contents):
    table = contents.tables["proportional_hazards"]
    assert table["model"].tolist() == ["Cox-ridge", "Cox-top-200"]
    assert "what Cox-ridge predicts of patients left out" in text_of(contents)


def test_times_are_shown_in_years_and_kept_in_days(contents_of, invented_predictions, contents):
    predictions = invented_predictions()
    predictions = predictions.assign(time=predictions["time"] * 365.25)
    in_days = contents_of(predictions, horizon=1826.25, unit="days")
    for module in (risk_groups, discrimination):
        module.SECTION.compute(in_days)
    ticks = in_days.tables["numbers_at_risk"]["time"].unique()
    np.testing.assert_allclose(
        ticks, contents.tables["numbers_at_risk"]["time"].unique() * 365.25
    )
    chart = in_days.charts["risk_curves"].to_dict()
    assert chart["layer"][0]["encoding"]["x"]["title"] == "Years"
    text = render_markdown("", discrimination.SECTION.write(in_days))
    assert "look at events up to 5 years, Harrell's" in text and "| Years |" in text


def test_without_a_horizon_there_are_ranks_and_curves_but_no_risks(
    contents_of, invented_predictions
):
    predictions = invented_predictions(
        horizon=None, strengths={"Cox-ridge": 1, "Cox-top-200": 1}
    )
    contents = computed(contents_of(predictions, None, models=("Cox-ridge", "Cox-top-200")))
    assert {"risk_curves", "survival_discrimination"} <= contents.tables.keys()
    assert not {"group_risks", "survival_performance", "net_benefit", "censoring"} & (
        contents.tables.keys()
    )
    assert contents.notes["survival_performance"] in text_of(contents)


def test_a_competing_event_turns_the_curves_into_cumulative_incidence(
    contents_of, invented_predictions
):
    contents = contents_of(invented_predictions(competing=True))
    risk_groups.SECTION.compute(contents)
    spec = contents.charts["risk_curves"].to_dict()
    assert spec["layer"][0]["encoding"]["y"]["title"].startswith("With the event")
    assert (
        contents.tables["risk_curves"]
        .groupby("group", observed=True)["value"]
        .first()
        .eq(0)
        .all()
    )
    said = " ".join(b.text for b in risk_groups.SECTION.write(contents) if isinstance(b, Text))
    assert "Aalen and Johansen" in said and "Kaplan-Meier" not in said
    assert risk_groups.find_figure(contents).caption.startswith("With the event")


def test_every_table_can_be_read(contents, by_cohort):
    for found in (contents, by_cohort):
        require_readable([*tables_in(blocks_of(found))])


@pytest.fixture(scope="module")
def by_cohort(contents_of, invented_predictions):
    """The contents of a study that leaves out two cohorts, one at a time."""
    predictions = invented_predictions(strengths={"Cox-ridge": 1, "Cox-top-200": 1})
    cohort = np.where(predictions["split"] % 2 == 0, "north", "south")
    # Each patient is tested where its cohort is left out.
    north = predictions["patient"].str[1:].astype(int) % 2 == 0
    part = np.where(north == (cohort == "north"), "test", "train")
    part = np.where((part == "train") & (predictions["part"] == "test"), "validation", part)
    predictions = predictions.assign(left_out=cohort, part=part)
    contents = computed(contents_of(predictions, models=("Cox-ridge", "Cox-top-200")))
    meta_analysis.SECTION.compute(contents)
    return contents


def test_each_cohort_left_out_has_charts_and_rows_of_its_own(by_cohort):
    contents = by_cohort
    for name in ("survival_discrimination", "group_risks", "proportional_hazards", "censoring"):
        assert set(contents.tables[name]["left_out"]) == {"north", "south"}, name
    for chart in contents.charts.values():
        assert vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGA_LITE)
    assert "north: " in contents.notes["proportional_hazards_verdict"]


def test_the_cohorts_left_out_are_pooled_by_c_and_what_their_risks_are_worth(by_cohort):
    shown = render_markdown("", meta_analysis.SECTION.write(by_cohort))
    assert "Pooled over the 2 cohorts left out, Uno's C of Cox-ridge is 0." in shown
    assert "of the logits of C and AUC(t), log O/E and slope" in shown
    assert "O/E: pooled" in shown and "Slope: pooled" in shown and "AUC(t): pooled" not in shown
    table = by_cohort.tables["meta_analysis"]
    assert table["model"].drop_duplicates().tolist() == ["Cox-ridge", "Cox-top-200"]
    assert table["measure"].tolist()[:3] == ["uno_c", "harrell_c", "auc"]
    labels = [
        row["label"]
        for rows in by_cohort.charts["meta_analysis"].to_dict()["datasets"].values()
        for row in rows
        if "label" in row
    ]
    assert labels == ["Cohort left out", "north", "south", "Pooled over 2", "A new cohort"]


def test_names_from_outside_are_shown_as_they_stand(contents_of, invented_predictions):
    predictions = invented_predictions(strengths={"Cox-ridge": 1, "Cox-top-200": 1})
    model = predictions["model"].replace("Cox-top-200", ATTACK)
    models = ({"name": "Cox-ridge"}, {"name": ATTACK, "estimator": "Cox-top-200"})
    contents = contents_of(predictions.assign(model=model), models=("Cox-ridge", "Cox-top-200"))
    renamed = [
        m.model_copy(update=dict(name))
        for m, name in zip(
            contents.results.study.models,
            [{"name": row["name"]} for row in models],
            strict=True,
        )
    ]
    object.__setattr__(
        contents.results,
        "study",
        contents.results.study.model_copy(
            update={"models": tuple(renamed), "comparator": ComparatorSettings(model=ATTACK)}
        ),
    )
    computed(contents)
    page = render_page("", "", blocks_of(contents), contents.charts)
    assert ATTACK not in page
    assert "&lt;script&gt;alert(1)" in page


def test_what_cannot_be_estimated_is_said_and_nothing_raises(contents_of, invented_predictions):
    """Nobody has an event but after the horizon."""
    predictions = invented_predictions()
    early = predictions["time"] <= 5
    predictions = predictions.assign(event=predictions["event"].where(~early, 0))
    contents = computed(contents_of(predictions))
    assert contents.tables["survival_discrimination"]["absent"].str.len().gt(0).any()
    said = text_of(contents)
    assert "No patient has the event by the horizon" in said
    assert any(isinstance(block, Text) for block in blocks_of(contents))


def test_numbers_at_risk_stand_below_the_axis_of_each_cohorts_chart(
    contents_of, invented_predictions
):
    """Of several charts each has a height that its marks do not know by name."""
    predictions = invented_predictions(strengths={"Cox-ridge": 1, "Cox-top-200": 1})
    north = predictions["patient"].str[1:].astype(int) % 2 == 0
    predictions = predictions.assign(left_out=np.where(north, "north", "south"))
    contents = contents_of(predictions, models=("Cox-ridge", "Cox-top-200"))
    risk_groups.SECTION.compute(contents)
    spec = contents.charts["risk_curves"].to_dict()
    assert spec["columns"] == 1
    for chart in spec["concat"]:
        texts = [layer["mark"] for layer in chart["layer"] if layer["mark"]["type"] == "text"]
        below = [mark["y"] for mark in texts if mark["y"] > 0]
        assert below and min(below) > chart["height"]
