"""TRIPOD+AI: its 27 items as the 52 that they have with their parts.

What each asks is our short paraphrase of Collins et al., BMJ 2024;385:e078378, whose own
checklist holds.
"""

from __future__ import annotations

import pandas as pd

from deepcme.report.checklists import evaluation, models, participants, times
from deepcme.report.checklists.answers import Item, answer_items, by_author, by_outcome
from deepcme.report.section import Contents

ITEMS = (
    Item("1", "Title", "That a model is developed or evaluated, for whom and for which outcome",
         by_author("a title that names model, patients and outcome")),
    Item("2", "Abstract", "A summary by TRIPOD+AI for Abstracts",
         by_author("an abstract; the verdict of the report has its numbers")),
    Item("3a", "Background", "Health context, rationale, and models that there are",
         models.published_before),
    Item("3b", "Background", "Patients, purpose and users that the model is for",
         by_author("for whom, at which point of care, and for which decision")),
    Item("3c", "Background", "Known inequalities in health between groups",
         by_author("inequalities in this cancer between groups, such as by age or ethnicity")),
    Item("4", "Objectives", "Development, evaluation, or both", models.objectives),
    Item("5a", "Data", "Source, and how representative", participants.source),
    Item("5b", "Data", "Dates of accrual and of the end of follow-up",
         by_author("first and last date of accrual, and the end of follow-up")),
    Item("6a", "Participants", "Setting, number and place of centres",
         by_author("setting, number and place of the centres")),
    Item("6b", "Participants", "Eligibility", participants.eligibility),
    Item("6c", "Participants", "Treatments received", participants.treatments),
    Item("7", "Preparation", "Preparation and quality of the data", models.preparation),
    Item("8a", "Outcome", "Definition, time horizon, and why this one",
         by_outcome(models.outcome_definition, times.outcome_definition)),
    Item("8b", "Outcome", "Who assessed it, where that takes judgement",
         by_author("who assessed the outcome, and how qualified they were")),
    Item("8c", "Outcome", "Whether blinded to the predictors", models.outcome_blind),
    Item("9a", "Predictors", "How predictors were chosen before modelling", models.predictors),
    Item("9b", "Predictors", "Definition and measurement", models.predictors_defined),
    Item("9c", "Predictors", "Who assessed them, where that takes judgement",
         models.predictors_judged),
    Item("10", "Sample size", "How the size was arrived at, and whether it is enough",
         evaluation.sample_size),
    Item("11", "Missing data", "How much, how handled, and why so",
         by_outcome(participants.missing_values, times.missing_values)),
    Item("12a", "Analysis", "Which data develop and which evaluate", evaluation.design),
    Item("12b", "Analysis", "How predictors enter", models.handling),
    Item("12c", "Analysis", "Models, tuning, internal validation, and why these",
         models.models),
    Item("12d", "Analysis", "Differences between clusters, such as centres",
         participants.clusters),
    Item("12e", "Analysis", "Measures of performance, comparison of models",
         by_outcome(evaluation.measures, times.measures)),
    Item("12f", "Analysis", "Updating, such as recalibration",
         by_outcome(models.updating, times.updating)),
    Item("12g", "Analysis", "How predictions are computed",
         models.prediction),
    Item("13", "Class imbalance", "Methods for it, and recalibration after",
         models.imbalance),
    Item("14", "Fairness", "What was done for it", participants.fairness),
    Item("15", "Output", "What the model gives, and thresholds",
         by_outcome(models.output, times.output)),
    Item("16", "Development and evaluation", "How their data differ", models.differences),
    Item("17", "Ethics", "Approval and consent", by_author("ethical approval and consent")),
    Item("18a", "Open science", "Funding", by_author("funding, and the funder's role")),
    Item("18b", "Open science", "Conflicts of interest", by_author("interests")),
    Item("18c", "Open science", "Protocol", by_author("the protocol, or none")),
    Item("18d", "Open science", "Registration", by_author("the registration, or none")),
    Item("18e", "Open science", "Availability of data", models.data_available),
    Item("18f", "Open science", "Availability of code", models.code_available),
    Item("19", "Involvement", "Of patients and the public",
         by_author("how patients and the public were involved, or that they were not")),
    Item("20a", "Participants", "Flow, with and without the outcome, follow-up",
         by_outcome(participants.flow, times.flow)),
    Item("20b", "Participants", "Characteristics, by outcome and of those left out",
         by_outcome(participants.characteristics, times.characteristics)),
    Item("20c", "Participants", "Those evaluated beside those developed on",
         models.differences),
    Item("21", "Analyses", "Participants and events in each analysis",
         by_outcome(evaluation.analyses, times.analyses)),
    Item("22", "Specification", "The whole model, so that others can use it",
         models.specification),
    Item("23a", "Performance", "Estimates with intervals, in groups too",
         by_outcome(evaluation.performance, times.performance)),
    Item("23b", "Performance", "Differences between clusters",
         by_outcome(participants.results_by_cluster, times.results_by_cluster)),
    Item("24", "Updating", "Its results", by_outcome(models.updating, times.updating)),
    Item("25", "Interpretation", "Of the main results, fairness among them",
         by_author("what the results mean, beside earlier studies")),
    Item("26", "Limitations", "Of the study", models.limitations),
    Item("27a", "Usability", "What is done with poor or missing input",
         models.new_inputs),
    Item("27b", "Usability", "What users must do and know",
         by_author("who uses the model, how, and what they must know")),
    Item("27c", "Usability", "Next steps, and where it may apply",
         by_author("next steps, such as evaluation elsewhere")),
)  # fmt: skip


def compute_tripod(contents: Contents) -> pd.DataFrame:
    """TRIPOD+AI as a table: number, topic, asks, answer, status.

    Parameters
    ----------
    contents : Contents
        A report's, with the tables of the sections before.
    """
    return answer_items(ITEMS, contents)
