"""The verdict on a study of times: plain words built by rule from the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.words import counted
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO
from deepcme.report.blocks import Blocks
from deepcme.report.chance import exceeds_chance, select_ranks
from deepcme.report.design import find_leaks
from deepcme.report.opening.forest import find_headline_figure
from deepcme.report.section import Contents, Section
from deepcme.report.sections.discrimination import compute_training_shares
from deepcme.report.survival.risk_groups import find_figure
from deepcme.report.survival.verdict.facts import SurvivalFacts
from deepcme.report.survival.verdict.phrases import TOPICS, describe_followed
from deepcme.report.verdict.asked import gather_asked
from deepcme.report.verdict.phrase import tell
from deepcme.report.verdict.sentence import make_sentence
from deepcme.report.verdict.signature import find_signature
from deepcme.report.verdict.tiles import make_tiles
from deepcme.report.verdict.verdict import Verdict, find_said, find_warnings, open_report

COX_FITS = "cox_fits.csv"


def make_survival_verdict(
    facts: SurvivalFacts, findings: Sequence[dict[str, Any]] = ()
) -> Verdict:
    """Build the verdict on one model of the phrases that apply.

    Parameters
    ----------
    facts : SurvivalFacts
    findings : sequence of dict
        The audit's: code, severity, title, evidence.
    """
    points = tell(TOPICS, facts, without=find_said(findings))
    return Verdict(make_sentence(facts), find_warnings(findings, facts.split), points)


def gather_survival_facts(contents: Contents) -> SurvivalFacts:
    """What the sections found of a study's headline."""
    tables, results, model = contents.tables, contents.results, contents.headline
    study, evaluation = results.study, contents.results.evaluation
    assert study.survival is not None
    n_fits, n_nothing = _count_fits(contents)
    return SurvivalFacts(
        model=model,
        rows=select_ranks(contents, model, UNO),
        split=study.split,
        above_chance=[name for name in results.models if exceeds_chance(contents, name)],
        training_share=compute_training_shares(study, results.predictions)[model],
        cohort=results.cohort,
        leaks=find_leaks(results.cohort, study),
        comparison=_planned_differences(tables.get("survival_comparison")),
        notes=contents.notes,
        permutation=tables.get("permutation"),
        looks=results.folder.read_looks(),
        signature=find_signature(contents),
        asked=gather_asked(contents),
        follow_up=_join([of.follow_up for of in evaluation.patients]),
        unit=results.cohort["unit"],
        horizon=evaluation.horizon,
        groups=_of_model(tables.get("group_risks"), model),
        censoring=study.survival.censoring,
        n_fits=n_fits,
        n_nothing=n_nothing,
    )


def _planned_differences(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """Differences of Uno's C; None where each cohort left out has its own."""
    if table is None or LEFT_OUT in table.columns:
        return None
    return table[table["measure"] == UNO.name]


def _of_model(table: pd.DataFrame | None, model: str) -> pd.DataFrame | None:
    return None if table is None else table[table["model"] == model]


def _join(follow_ups: Sequence[FollowUp]) -> FollowUp:
    """The follow-up of the patients of all cohorts."""
    return FollowUp(
        np.concatenate([of.times for of in follow_ups]),
        np.concatenate([of.events for of in follow_ups]),
    )


def _count_fits(contents: Contents) -> tuple[int, int]:
    """Cox fits of the headline, and how many of them selected nothing."""
    folder = contents.results.folder
    if not folder.has_table(COX_FITS):
        return 0, 0
    fits = folder.read_table(COX_FITS)
    selects_nothing = fits.loc[fits["model"] == contents.headline, "selects_nothing"]
    return len(selects_nothing), int(selects_nothing.astype(bool).sum())


def compute_survival_verdict(contents: Contents) -> Verdict:
    """The verdict on a study's headline, of what the sections found."""
    findings = contents.results.folder.read_findings()
    return make_survival_verdict(gather_survival_facts(contents), findings)


def _write(contents: Contents) -> Blocks:
    cohort, facts = contents.results.cohort, gather_survival_facts(contents)
    counts = (
        f"{counted(cohort['samples'], 'sample')} of {counted(cohort['patients'], 'patient')}, "
        f"{cohort['positives']:,} with the event"
    )
    tested = f"{counted(facts.follow_up.n, 'patient')}, {counted(facts.n_events, 'event')}"
    if len(taus := facts.rows["tau"].dropna()):
        tested = f"Uno's C up to {facts.describe_about(taus.iloc[0])}, {tested}"
    tiles = make_tiles(
        facts, describe_followed(facts), tested, "patients, one with the event first,"
    )
    verdict = make_survival_verdict(facts, contents.results.folder.read_findings())
    figure = find_headline_figure(contents) or find_figure(contents)
    return [open_report(contents, verdict, tiles, figure, counts)]


SECTION = Section(_write)
