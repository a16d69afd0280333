"""What the numbers rest on: censoring and its weights, proportional hazards, empty fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted, few
from deepcme.cohort.follow_up import COMPETING
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.censoring import HIGHEST_WEIGHT
from deepcme.evaluation.survival.tables.censoring_counts import compute_censoring_counts
from deepcme.evaluation.survival.tables.naive import compute_naive_beside_weighted
from deepcme.evaluation.survival.tables.proportional_hazards import compute_proportional_hazards
from deepcme.report.blocks import Blocks, Bullets, Heading, Text
from deepcme.report.formatting import LEFT_OUT_COLUMN, PATIENTS_AND_EVENTS, TableLayout
from deepcme.report.layouts.columns import Estimate, Plain, PValue
from deepcme.report.section import Contents, Section
from deepcme.study.parts.survival_tables import COX_FITS
from deepcme.study.settings import ModelSettings

_NAIVE_NAMES = {"risk": "Risk", "auc": "AUC", "observed_expected": "O/E"}
_HAZARDS = TableLayout(
    "Check of proportional hazards of each Cox model: below 0 its log hazard ratio falls with "
    "time.",
    LEFT_OUT_COLUMN, ("model", "Model", ""), Estimate("trend", "Trend", signed=True),
    ("chi2", "Chi2", ".2f"), PValue("p_value", "p"), *PATIENTS_AND_EVENTS,
    ("absent", "Why none", ""), optional=(LEFT_OUT, "absent"),
    note="Test of Grambsch and Therneau (1994), with each Cox model's out-of-fold log hazard, "
    "a mean over the repeats, as the only column. Trend: the slope of its log hazard ratio "
    "along the share of patients who have had the event (1 less "
    "Kaplan-Meier), one step from no change, with its 95% Wald interval. It is for the way "
    "from nobody to everybody, and follow-up sees but a part of that: where a fifth have had "
    "the event by its end, the log hazard ratio has changed by a fifth of it. Approximate, as "
    "the patients trained the models that judge the others: in simulated studies with "
    "proportional hazards it rejected at .05 in 5 to 6 of 100.",
)  # fmt: skip
_MEANING = (
    "A Cox model takes what a gene says about the hazard to be the same early and late. Where "
    "that is not so, C and the ranks may still serve; the risk by the horizon may be off."
)


def _compute(contents: Contents) -> None:
    results = contents.results
    evaluation, study = results.trained_evaluation, results.study
    if results.horizon is not None:
        contents.add("censoring", lambda: compute_censoring_counts(evaluation))
        contents.add(
            "naive_beside_weighted",
            lambda: compute_naive_beside_weighted(evaluation),
            _lay_out_naive(contents.headline),
        )
    cox = find_cox_models(study.models)
    contents.add(
        "proportional_hazards", lambda: compute_proportional_hazards(evaluation, cox), _HAZARDS
    )
    if "proportional_hazards" in contents.tables:
        contents.notes["proportional_hazards_verdict"] = describe_hazards(
            contents.tables["proportional_hazards"], contents.headline
        )

    def fits() -> pd.DataFrame:
        if not results.folder.has_table(COX_FITS):
            raise AbsentError("No Cox model was fitted.")
        return results.folder.read_table(COX_FITS)

    contents.add("cox_fits", fits)


def _lay_out_naive(headline: str) -> TableLayout:
    return TableLayout(
        f"What {headline} would have shown if patients censored before the horizon had been "
        "left out, beside what is reported here.",
        LEFT_OUT_COLUMN, ("measure", "Measure", ""), ("naive", "Labelled alone", ".3f"),
        ("weighted", "With weights", ".3f"),
        Plain("n_known", "Known", ",.0f", constant="{} of known outcome"),
        *PATIENTS_AND_EVENTS,
        note="A patient who had the event is known however short the follow-up, so that too "
        "many events are left among the known.",
    )  # fmt: skip


def find_cox_models(models: Sequence[ModelSettings]) -> list[str]:
    """Those that model the hazard."""
    return [model.name for model in models if "binary" not in model.kind.outcomes]


def describe_hazards(table: pd.DataFrame, headline: str) -> str:
    """What was found of the headline, or of the first Cox model where it is none."""
    models = table["model"].tolist()
    rows = table[table["model"] == (headline if headline in models else models[0])]
    return " ".join(
        (f"{row[LEFT_OUT]}: " if LEFT_OUT in row else "") + str(row["said"])
        for row in rows.to_dict("records")
        if row["said"]
    )


def describe_censoring(table: pd.DataFrame) -> list[str]:
    """How many were censored before the horizon, and how many weights were cut."""
    said = []
    for row in table.to_dict("records"):
        where = f"{row[LEFT_OUT]}: " if LEFT_OUT in row else ""
        cut = (
            f"none had to be cut at {HIGHEST_WEIGHT:g}"
            if not row["n_capped"]
            else f"that of {counted(row['n_capped'], 'patient')} was cut at "
            f"{HIGHEST_WEIGHT:g}, which lets those followed longest count for too few"
        )
        said.append(
            f"{where}{row['n_censored']:,} of {counted(row['n'], 'patient')} "
            f"({row['n_censored'] / row['n']:.0%}) were censored before the horizon. "
            f"Those followed count for them by inverse probability of censoring, "
            f"{row['highest']:.2f} times at most; {cut}."
        )
    return said


def describe_weightless(models: Sequence[ModelSettings]) -> str:
    """Which classifiers learned without weights; nothing where none did."""
    names = [
        model.name
        for model in models
        if "binary" in model.kind.outcomes and not model.kind.takes_weights
    ]
    if not names:
        return ""
    verb = "takes" if len(names) == 1 else "take"
    return (
        f"{few(names)} {verb} no weights: fitted on the patients whose label is known at the "
        "horizon alone, among whom the event is too frequent, so that the risks come out too "
        "high before recalibration."
    )


def describe_empty_fits(fits: pd.DataFrame) -> str:
    """In how many fits of each Cox model no gene was kept; nothing where in none."""
    empty = fits.groupby("model", sort=False)["selects_nothing"].agg(["sum", "size"])
    told = [
        f"{int(row['sum'])} of {counted(int(row['size']), 'fit')} of {model}"
        for model, row in empty[empty["sum"] > 0].iterrows()
    ]
    if not told:
        return ""
    return (
        f"Cross-validated partial likelihood kept no gene in {few(told)}: such a "
        "fit gives every patient the same risk, and counts as a C of 0.5."
    )


def describe_competing(n_competing: int, models: Sequence[ModelSettings]) -> str:
    """What Cox models make of the competing event; nothing where nobody had it."""
    names = find_cox_models(models)
    if not n_competing or not names:
        return ""
    take, their = ("takes", "its") if len(names) == 1 else ("take", "their")
    return (
        f"{counted(n_competing, 'patient')} had the competing event first. {few(names)} {take} "
        f"this for a censoring: {their} risks by the horizon are those if it never came, too "
        "high for patients to whom it may come, before recalibration."
    )


def list_assumptions(
    tables: Mapping[str, pd.DataFrame], models: Sequence[ModelSettings], n_competing: int = 0
) -> list[str]:
    """The sentences on censoring, weights, competing events and fits that apply."""
    at_horizon = "censoring" in tables
    return [
        *(describe_censoring(tables["censoring"]) if at_horizon else []),
        *filter(None, [describe_weightless(models) if at_horizon else ""]),
        *filter(None, [describe_competing(n_competing, models) if at_horizon else ""]),
        *filter(
            None, [describe_empty_fits(tables["cox_fits"])] if "cox_fits" in tables else []
        ),
    ]


def _write(contents: Contents) -> Blocks:
    tables = contents.tables
    yield Heading("Censoring and assumptions", "assumptions")
    results = contents.results
    n_competing = sum(
        int((patients.follow_up.events == COMPETING).sum())
        for patients in results.evaluation.patients
    )
    yield Bullets(list_assumptions(tables, results.study.models, n_competing))
    yield Text(contents.notes.get("censoring", ""))
    if "naive_beside_weighted" in tables:
        naive = tables["naive_beside_weighted"]
        naive = naive[naive["model"] == contents.headline]
        naive = naive.assign(measure=naive["measure"].map(_NAIVE_NAMES))
        yield contents.show("naive_beside_weighted", naive)
    if "proportional_hazards" in tables:
        yield Text(f"{contents.notes['proportional_hazards_verdict']} {_MEANING}")
        yield contents.show("proportional_hazards")


SECTION = Section(_write, _compute)
