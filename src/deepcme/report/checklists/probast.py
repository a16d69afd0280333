"""PROBAST+AI: the signalling questions of both its parts, and a few more that reviewers ask.

What each asks is our short paraphrase of Moons et al., BMJ 2025;388:e082505: 16 on
development and 18 on evaluation, of which 11 are asked in both. ``2019`` marks those of
Wolff et al., Ann Intern Med 2019;170:51-58, that it has in other words.
"""

from __future__ import annotations

import pandas as pd

from deepcme.report.checklists import evaluation, models, participants, times
from deepcme.report.checklists.answers import Item, answer_items, by_author, by_outcome
from deepcme.report.section import Contents

_PEOPLE, _PREDICTORS, _OUTCOME = "Participants and data", "Predictors", "Outcome"
_DEVELOPMENT, _EVALUATION = "Analysis: development", "Analysis: evaluation"
_APPLICABILITY, _MORE = "Applicability", "Analysis: more"

QUESTIONS = (
    Item("1.1", _PEOPLE, "Were the data sources appropriate?", participants.source),
    Item("1.2", _PEOPLE, "Was the study design appropriate?",
         by_author("the design, and whether patients were sampled by their outcome")),
    Item("1.3", _PEOPLE, "Do inclusions and exclusions leave representative participants?",
         by_outcome(participants.inclusions, times.inclusions)),
    Item("2.1", _PREDICTORS, "Were predictors defined and measured alike for all?",
         participants.measured_alike),
    Item("2.2", _PREDICTORS, "Was their preprocessing alike for all?",
         models.preprocessing_alike),
    Item("2.3", _PREDICTORS, "Were they assessed without knowing the outcome?",
         by_author("whether those who measured predictors knew the outcome")),
    Item("2.4", _PREDICTORS, "Are they available when the model is to be used?",
         by_author("when in care expression, and each other predictor, is known")),
    Item("3.1", _OUTCOME, "Was the outcome defined and assessed appropriately?",
         by_outcome(models.outcome_definition, times.outcome_definition)),
    Item("3.2", _OUTCOME, "Was it alike for all?",
         by_outcome(models.outcome_alike, times.outcome_alike)),
    Item("3.3", _OUTCOME, "Was it assessed without the predictors?", models.outcome_blind),
    Item("3.4", _OUTCOME, "Was the time from predictors to outcome appropriate?",
         by_outcome(models.time_interval, times.time_interval)),
    Item("D 4.1", _DEVELOPMENT, "Was the sample size reasonable?", evaluation.sample_size),
    Item("D 4.2", _DEVELOPMENT, "Were numbers and categories handled appropriately?",
         models.handling),
    Item("D 4.3", _DEVELOPMENT, "Were missing values handled appropriately?",
         by_outcome(participants.missing_values, times.missing_values)),
    Item("D 4.4", _DEVELOPMENT, "If class imbalance was addressed, was there recalibration?",
         models.imbalance_addressed),
    Item("D 4.5", _DEVELOPMENT, "Was overfitting accounted for?",
         by_outcome(evaluation.overfitting, times.overfitting)),
    Item("E 4.1", _EVALUATION, "Is it more than the apparent performance?",
         evaluation.apparent_only),
    Item("E 4.2", _EVALUATION, "Was the sample size reasonable?",
         by_outcome(evaluation.evaluation_size, times.evaluation_size)),
    Item("E 4.3", _EVALUATION, "Were missing and censored outcomes handled appropriately?",
         by_outcome(participants.complexities, times.complexities)),
    Item("E 4.4", _EVALUATION, "Was it on data whose imbalance was left as it is?",
         models.imbalance_tested),
    Item("E 4.5", _EVALUATION, "Was leakage between training and test data avoided?",
         evaluation.leakage),
    Item("E 4.6", _EVALUATION, "Did resampling repeat all steps of development?",
         evaluation.steps_repeated),
    Item("E 4.7", _EVALUATION, "Were discrimination, calibration and net benefit evaluated?",
         by_outcome(evaluation.both_evaluated, times.both_evaluated)),
    Item("A 1", _APPLICABILITY, "Do the participants match the question?",
         by_author("for whom the model is meant, and how these patients differ")),
    Item("A 2", _APPLICABILITY, "Do the predictors match it?",
         by_author("whether they can be measured so where the model is to be used")),
    Item("A 3", _APPLICABILITY, "Does the outcome match it?",
         by_author("whether this outcome is the one that care decides by")),
    Item("2019 4.3", _MORE, "Were all enrolled participants included?",
         by_outcome(participants.all_included, times.all_included)),
    Item("2019 4.6", _MORE, "Were censoring, competing events and sampling accounted for?",
         by_outcome(participants.complexities, times.complexities)),
    Item("more", _MORE, "Were treatments accounted for?", participants.treatments),
    Item("more", _MORE, "Was the model set against predictors in use?", models.comparators),
    Item("more", _MORE, "Was performance looked at by group (fairness)?",
         participants.fairness),
)  # fmt: skip


def compute_probast(contents: Contents) -> pd.DataFrame:
    """PROBAST+AI as a table: number, topic, asks, answer, status.

    Parameters
    ----------
    contents : Contents
        A report's, with the tables of the sections before.
    """
    return answer_items(QUESTIONS, contents)
