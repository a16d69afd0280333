"""Several studies of one cohort beside each other: what each choice does to the AUC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import write_csv, write_text
from deepcme.base.seeds import seed_for
from deepcme.evaluation.measures import AUC
from deepcme.evaluation.paired import PairedDifference, compute_paired_difference
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.differences import compute_difference_to_study
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.report.blocks import Heading, Table
from deepcme.report.comparing.opening import (
    FOREST,
    compute_forest,
    noun_of,
    plot_side_by_side,
    write_opening,
)
from deepcme.report.comparing.sentence import CHOICES, find_measure_in
from deepcme.report.design import strata_column
from deepcme.report.formatting import COUNTS, LEFT_OUT_COLUMN, Shown, TableLayout
from deepcme.report.layouts.columns import Estimate
from deepcme.report.models import find_refitted_models
from deepcme.report.render import render_page
from deepcme.report.results import StudyResults, require_alike
from deepcme.report.sections.discrimination import (
    compute_study_discrimination,
    compute_training_shares,
)
from deepcme.study.store import StudyFolder

OTHER_RANKING = "none: ranked within other levels"
OTHER_PATIENTS = "none: other patients were tested"

_PAIRED = (
    "over the splits, where both tested the same samples in each (corrected t, Nadeau and "
    "Bengio 2003); else by a bootstrap that draws patients for both studies at once."
)
_PAIRED_IN_TIME = (
    "by a bootstrap that draws patients, and their censoring, for both studies at once, "
    "widened as patients who test one fit train another."
)

_RESULTS = (
    ("study", "Study", ""), LEFT_OUT_COLUMN, ("model", "Model", ""),
    ("trained_on", "Trained on", ".0%"), Estimate("auc", AUC.heading),
    Estimate(UNO.name, UNO.heading),
    Estimate(
        "difference", "Difference", "difference_ci_low", "difference_ci_high", signed=True
    ),
    ("difference_interval", "Its interval", ""), *COUNTS,
)  # fmt: skip
_COLUMNS = (
    *(name for name, _, _ in CHOICES),
    LEFT_OUT, "model", "headline", "trained_on", "auc", "uno_c", "ci_low", "ci_high", "sd",
    "difference", "difference_ci_low", "difference_ci_high", "difference_interval",
    "n", "events", "n_patients", "n_splits",
)  # fmt: skip


def compute_side_by_side(folders: Sequence[StudyFolder]) -> pd.DataFrame:
    """One row per study and model: how the study was done, and the AUC that came out.

    Of studies of times it is Uno's C. AUCs and intervals are those of each study's report,
    `trained_on` the share of the patients that one fit learns from. The differences are
    those to the same model of the first study, on the same patients
    (`compute_paired_difference`); between an AUC within strata and one of another ranking
    there is none.

    Returns
    -------
    DataFrame
        Columns study, protocol, design, split_by, tissue, fit_on, ranked_within, left_out,
        model, headline (whether its study's report is of it), trained_on, auc (of times
        uno_c), ci_low, ci_high, sd, difference, difference_ci_low, difference_ci_high,
        difference_interval, n, events, n_patients, n_splits.
        `left_out` is there if the studies left cohorts out. In the first study, and of a
        model that it lacks, differences are missing.

    Raises
    ------
    DeepCMEError
        If fewer than two folders are given, one holds no finished study, or their patients,
        endpoints or designs are such that they do not compare.
    """
    if len(folders) < 2:
        raise DeepCMEError("Name at least two studies' folders to compare.")
    studies = [StudyResults.read(folder) for folder in folders]
    names = _names_of(folders)
    first = studies[0]
    for other, name in zip(studies[1:], names[1:], strict=True):
        require_alike(first, names[0], other, name)
    tables = []
    for results, name in zip(studies, names, strict=True):
        study = results.study
        table = _discriminate(results)
        shares = compute_training_shares(study, results.trained)
        tables.append(
            table.assign(
                study=name,
                protocol=study.protocol,
                design=study.split.design,
                split_by=study.split.by,
                tissue=study.preprocessing.tissue,
                fit_on=study.preprocessing.fit_on,
                ranked_within=strata_column(study.split),
                headline=table["model"] == study.headline.name,
                trained_on=table["model"].map(shares),
            ).join(_differences(table, first, results))
        )
    table = pd.concat(tables, ignore_index=True)
    return table[[column for column in _COLUMNS if column in table.columns]]


def _discriminate(results: StudyResults) -> pd.DataFrame:
    """How each model of a study ranks patients: the AUC or, of times, Uno's C."""
    if not results.is_survival:
        return compute_study_discrimination(results.study, results.predictions)
    table = compute_survival_discrimination(results.evaluation)
    table = table[table["measure"] == UNO.name].reset_index(drop=True)
    return table.rename(columns={"value": UNO.name, "n": "n_patients"})


def show_choices(table: pd.DataFrame) -> Shown:
    """How each study was done, of the table of `compute_side_by_side`."""
    layout = TableLayout("How each study was done.", *CHOICES)
    return layout.show(table.drop_duplicates("study"))


def show_results(table: pd.DataFrame) -> Shown:
    """What came out of each study, of the table of `compute_side_by_side`."""
    measure = find_measure_in(table)
    how = _PAIRED_IN_TIME if measure is UNO else _PAIRED
    caption = (
        f"Mean test {measure.heading}"
        ' of one fit on the share of the patients under "Trained on", averaged '
        "over the splits, with its interval (bootstrap of patients), as in each study's "
        "report. Differences are to the same model of "
        f"{table['study'].iloc[0]}. Their intervals: {how}"
    )
    layout = TableLayout(caption, *_RESULTS, optional=(LEFT_OUT, "auc", UNO.name, "n"))
    return layout.show(table)


def write_side_by_side(table: pd.DataFrame, path: Path) -> None:
    """Write the table as a page where the file's name ends in .html, else as CSV."""
    if path.suffix.lower() != ".html":
        write_csv(path, table)
        return
    studies = ", ".join(dict.fromkeys(table["study"]))
    measure = find_measure_in(table)
    of_choice = measure.heading if measure is UNO else f"the {measure.heading}"
    forest, choices = compute_forest(table), [name for name, _, _ in CHOICES]
    charts = {}
    if len(forest):
        charts[FOREST] = plot_side_by_side(forest, measure.heading, f"{noun_of(table)}s")
    page = render_page(
        f"{studies}: studies side by side",
        f"{studies}: what each choice does to {of_choice}",
        [
            write_opening(table),
            Heading("Every model", "models"),
            Table("results", show_results(table), data=table),
            Heading("Studies", "studies"),
            Table(
                "choices",
                show_choices(table),
                data=table.drop_duplicates("study")[choices],
            ),
        ],
        charts,
        study="side-by-side",
    )
    write_text(path, page)


def _names_of(folders: Sequence[StudyFolder]) -> list[str]:
    """Names of the folders, with those that they lie in where two have the same name."""
    paths = [folder.path.resolve() for folder in folders]
    for path in paths:
        if paths.count(path) > 1:
            raise DeepCMEError(f"{path} is named twice: name another study to compare it with.")
    names = [path.name for path in paths]
    for depth in range(2, max(len(path.parts) for path in paths) + 1):
        if len(set(names)) == len(names):
            break
        names = ["/".join(path.parts[-depth:]) for path in paths]
    return names


def _differences(table: pd.DataFrame, first: StudyResults, study: StudyResults) -> pd.DataFrame:
    """What differs from the first study, for each row of the study's table."""
    if study.is_survival:
        return _differences_in_time(table, first, study)
    rows = []
    are_ranked_alike = strata_column(first.study.split) == strata_column(study.study.split)
    for row in table.to_dict("records"):
        of_first, of_study = (
            _rows_of(results.predictions, row["model"], row.get(LEFT_OUT))
            for results in (first, study)
        )
        why_not = "" if are_ranked_alike else OTHER_RANKING
        found = PairedDifference(np.nan, np.nan, np.nan, why_not)
        if are_ranked_alike and study is not first and len(of_first):
            seed = seed_for(first.study.seed, "compare", "auc")
            refitted = {*find_refitted_models(first.study), *find_refitted_models(study.study)}
            found = compute_paired_difference(
                of_study, of_first, np.random.default_rng(seed), refitted=refitted
            )
        rows.append(astuple(found))
    columns = ["difference", "difference_ci_low", "difference_ci_high", "difference_interval"]
    return pd.DataFrame(rows, columns=columns, index=table.index)


def _differences_in_time(
    table: pd.DataFrame, first: StudyResults, study: StudyResults
) -> pd.DataFrame:
    """The same of Uno's C: patients are drawn once for both studies."""
    names = ["difference", "ci_low", "ci_high", "interval"]
    columns = ["difference", "difference_ci_low", "difference_ci_high", "difference_interval"]
    nothing = pd.Series([np.nan] * 3 + [""], index=names, dtype=object)
    are_ranked_alike = strata_column(first.study.split) == strata_column(study.study.split)
    here = replace(
        first.evaluation,
        predictions=study.predictions,
        refitted=find_refitted_models(study.study),
    )
    rows = []
    for row in table.to_dict("records"):
        found = nothing.copy()
        tested, tested_first = (
            _patients_tested(of.predictions, row["model"], row.get(LEFT_OUT))
            for of in (study, first)
        )
        if not are_ranked_alike:
            found["interval"] = OTHER_RANKING
        elif study is not first and tested_first and tested != tested_first:
            found["interval"] = OTHER_PATIENTS
        elif study is not first and tested_first:
            of_model = compute_difference_to_study(here, first.evaluation, row["model"])
            if LEFT_OUT in row:
                of_model = of_model[of_model[LEFT_OUT] == row[LEFT_OUT]]
            found = of_model.iloc[0][names]
            if pd.isna(found["difference"]):
                found["interval"] = f"none: {of_model['absent'].iloc[0]}"
        rows.append(found.tolist())
    return pd.DataFrame(rows, columns=columns, index=table.index)


def _patients_tested(
    predictions: pd.DataFrame, model: str, left_out: str | None
) -> frozenset[str]:
    rows = _rows_of(predictions, model, left_out)
    return frozenset(rows.loc[rows["part"] == "test", "patient"])


def _rows_of(predictions: pd.DataFrame, model: str, left_out: str | None) -> pd.DataFrame:
    rows = predictions[predictions["model"] == model]
    return rows if left_out is None else rows[rows[LEFT_OUT] == left_out]
