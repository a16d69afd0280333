"""Answers on what was predicted, of what, and by which models."""

from __future__ import annotations

from deepcme.base.version import __version__
from deepcme.base.words import counted, listed
from deepcme.report.checklists.answers import Answer
from deepcme.report.checklists.participants import HORIZON
from deepcme.report.section import Contents
from deepcme.report.sections.comparators.words import list_warnings
from deepcme.report.sections.methods import describe_methods
from deepcme.study.designs import LeaveOneCohortOutDesign

_GIVES_AWAY = "DCM008"


def _columns_of_clinic(contents: Contents) -> tuple[str, ...]:
    clinical = contents.results.study.clinical
    return clinical.columns if clinical else ()


def paragraphs(contents: Contents) -> dict[str, str]:
    """The methods in words, by heading."""
    results = contents.results
    return dict(
        describe_methods(results.study, results.cohort, contents.tables, contents.notes)
    )


def outcome_definition(contents: Contents) -> Answer:
    """The rule that made the label, which is not yet what the outcome is."""
    cohort = contents.results.cohort
    horizon = "" if cohort.get("endpoint_name") == HORIZON else ", its time horizon"
    return Answer(
        f"The label: {cohort['endpoint']}",
        f"how the event was defined and found{horizon}, and why this outcome",
    )


def outcome_alike(contents: Contents) -> Answer:
    """Whether one rule made all labels."""
    merged = any(
        step["step"].startswith("merged of ")
        for step in contents.results.cohort.get("flow", [])
    )
    found = "The cohorts that were merged were labelled each by itself." if merged else ""
    return Answer(
        found or "One rule made all labels.",
        "whether the event was looked for in all patients alike, as often and as long",
    )


def outcome_blind(contents: Contents) -> Answer:
    """What of the predictors gives the label away, by the audit."""
    folder = contents.results.folder
    outcome = "outcome" if contents.results.is_survival else "label"
    found = ""
    if folder.has_table("audit.json"):
        given = [f for f in folder.read_findings() if f["code"] == _GIVES_AWAY]
        found = (
            f"The audit found ({_GIVES_AWAY}): {given[0]['evidence']}"
            if given
            else f"The audit found no gene or column that gives the {outcome} away "
            f"({_GIVES_AWAY})."
        )
    return Answer(found, "who assessed the outcome, and whether blinded to the predictors")


def time_interval(contents: Contents) -> Answer:
    """From predictors to outcome."""
    when = "when the sample was taken, and how long before the outcome was assessed"
    if contents.results.cohort.get("endpoint_name") == HORIZON:
        found = f"The horizon is that of the label: {contents.results.cohort['endpoint']}"
        return Answer(found, when)
    return Answer(left=when)


def predictors(contents: Contents) -> Answer:
    """What enters, and that nobody here knows how the genes of the file were chosen."""
    cohort, selection = contents.results.cohort, contents.results.study.selection
    clinical = _columns_of_clinic(contents)
    also = f" Clinical columns named in the study file: {listed(clinical)}." if clinical else ""
    panels = (
        " Panels: genes ranked on the training and validation part of each split."
        if selection.run
        else ""
    )
    return Answer(
        f"All {cohort['genes']:,} genes of the file enter the models.{panels}{also}",
        "how its genes were chosen, and whether with the outcomes of these patients",
    )


def predictors_defined(contents: Contents) -> Answer:
    """Scale and columns of the predictors."""
    cohort, clinical = contents.results.cohort, _columns_of_clinic(contents)
    also = f" Clinical columns: {listed(clinical)}." if clinical else ""
    return Answer(
        f"Expression of {cohort['genes']:,} genes, scale {cohort['scale']}.{also}",
        "platform and kind of specimen, and when and how each predictor was measured",
    )


def predictors_judged(contents: Contents) -> Answer:
    """Whether somebody's judgement is among the predictors."""
    if clinical := _columns_of_clinic(contents):
        return Answer(left=f"who assessed {listed(clinical)}, where that takes judgement")
    return Answer("Expression alone enters: no predictor is anybody's judgement.")


def preparation(contents: Contents) -> Answer:
    """What was done to the file; the sentences stand in the report."""
    cohort, notes = contents.results.cohort, contents.results.cohort["notes"]
    said = f" {counted(len(notes), 'note')} on it in the report, 'Cohort and audit'."
    return Answer(
        f"Scale {cohort['scale']}.{said if notes else ''}",
        "how samples and expression were processed before, and whether alike in all centres",
    )


def handling(contents: Contents) -> Answer:
    """Preprocessing and coding."""
    said = paragraphs(contents)
    return Answer(" ".join([said["Preprocessing"], said.get("Clinical columns", "")]))


def preprocessing_alike(contents: Contents) -> Answer:
    """One preprocessing for all; what was before the file, nobody here knows."""
    return Answer(
        "In what was run here, one preprocessing for all samples.",
        "whether samples were processed and normalised alike before",
    )


def objectives(contents: Contents) -> Answer:
    """Both parts of what was done."""
    others = isinstance(contents.results.study.split, LeaveOneCohortOutDesign)
    on = "cohorts that were left out" if others else "patients of the same cohort"
    return Answer(
        f"Models were developed, and evaluated on {on}.",
        "whether the aim is a model to be used, an evaluation, or both",
    )


def models(contents: Contents) -> Answer:
    """Which models, with where their settings are."""
    names = listed(model.name for model in contents.results.study.models)
    told = [paragraphs(contents).get(heading, "") for heading in ("Committee", "Tuning")]
    found = f"{names}; every setting is in table 'model_settings'. {' '.join(told)}"
    return Answer(found, "why models of these kinds")


def updating(contents: Contents) -> Answer:
    """Recalibration, which is all that deepcme updates."""
    if "recalibration" not in contents.tables:
        return Answer("No model was updated or recalibrated.")
    return Answer(
        "Beside the models as fitted, their probabilities are recalibrated (table "
        f"'recalibration'). {contents.notes.get('recalibration_verdict', '')}"
    )


def prediction(contents: Contents) -> Answer:
    """How a prediction is computed."""
    return Answer(
        "Within the study each fit predicts its own test part. For new patients deepcme "
        "train fits a model on everybody and writes it, and deepcme predict applies it.",
        "the file or formula of the model that readers get",
    )


def specification(contents: Contents) -> Answer:
    """What of the models is kept."""
    return Answer(
        "Settings: table 'model_settings' and study.toml, which repeat the study; the fits of "
        "the study evaluate and are not one model to hand on.",
        "the whole final model (deepcme train writes it), and who may use it how",
    )


def imbalance(contents: Contents) -> Answer:
    """Class weights, and nothing else, as models have them."""
    weighted = _weighted(contents)
    if not weighted:
        return Answer("None: no model has a class weight, and nothing is resampled.")
    recalibrated = (
        "; recalibrated beside (table 'recalibration')"
        if "recalibration" in contents.tables
        else ""
    )
    return Answer(
        f"Class weights in {listed(weighted)}, which distort probabilities{recalibrated}. Test "
        "parts are as they are."
    )


def imbalance_addressed(contents: Contents) -> Answer:
    """The same, as an answer to whether recalibration followed."""
    if not _weighted(contents):
        return Answer(
            "It was not addressed: no model has a class weight, and nothing is resampled."
        )
    return imbalance(contents)


def imbalance_tested(_: Contents) -> Answer:
    """Class weights act on the fit alone."""
    return Answer("Yes: nothing is resampled, and test parts are as they are.")


def _weighted(contents: Contents) -> list[str]:
    return [
        model.name
        for model in contents.results.study.models
        if model.parameters.get("class_weight") is not None
    ]


def with_probabilities(contents: Contents) -> tuple[list[str], list[str]]:
    """Models that give probabilities, and those that do not."""
    predictions = contents.results.trained
    known = predictions["probability"].notna().groupby(predictions["model"], sort=False).any()
    return list(known.index[known]), list(known.index[~known])


def output(contents: Contents) -> Answer:
    """What models give."""
    having, lacking = with_probabilities(contents)
    parts = [f"A probability of the event: {listed(having)}."] if having else []
    parts += [f"A score that is no probability: {listed(lacking)}."] if lacking else []
    risks = ", ".join(f"{risk:.0%}" for risk in contents.results.study.decisions.thresholds)
    if having:
        parts.append(f"Net benefit is looked at where one would act at risks of {risks}.")
    return Answer(" ".join(parts), "what users are given, and why these thresholds")


def differences(contents: Contents) -> Answer:
    """Between development and evaluation."""
    if isinstance(contents.results.study.split, LeaveOneCohortOutDesign):
        return Answer(
            "The cohorts are of different sources.",
            "how they differ in setting, eligibility, outcome and predictors",
        )
    return Answer("None: patients of one cohort train and test, by one rule.")


def data_available(contents: Contents) -> Answer:
    """Where the cohort's file says that it is from."""
    named = contents.results.cohort["source"]
    found = f"The data are from: {named}." if named else ""
    return Answer(found, "where data and annotations can be had")


def code_available(contents: Contents) -> Answer:
    """What repeats the study."""
    seed = contents.results.study.seed
    return Answer(
        f"deepcme {__version__}; study.toml and the cohort's file repeat it (seed {seed}).",
        "where study.toml, and code beside it, can be had",
    )


def _beside(contents: Contents) -> list[str]:
    """Signatures and indices that stand beside the models."""
    table = contents.tables.get("beside_clinic")
    if table is None:
        return []
    is_beside = table["model"].isin(contents.results.comparators)
    return list(dict.fromkeys(table.loc[is_beside, "model"]))


def published_before(contents: Contents) -> Answer:
    """Of earlier models, those that were scored on the same patients."""
    context = "the context, and models that were published before"
    names = _beside(contents)
    if not names:
        return Answer(left=context)
    return Answer(
        f"Of what was published before, scored on the same held-out patients: {listed(names)}, "
        "as research versions and not as assays (sources in table 'beside_clinic_signatures').",
        "the context, and other models that were published before",
    )


def comparators(contents: Contents) -> Answer:
    """Whether predictors in use stand beside the genes."""
    clinical, names = _columns_of_clinic(contents), _beside(contents)
    found = []
    if clinical:
        found.append(
            f"Clinical columns ({listed(clinical)}) alone, the genes alone, and both, on the "
            "same held-out patients."
        )
    if names:
        found.append(
            f"On the same held-out patients: {listed(names)} (table 'beside_clinic'); "
            "signatures are research versions, not the assays."
        )
    if not found:
        return Answer(left="how the model compares with the predictors in use")
    return Answer(" ".join(found), "whether these are the established predictors")


def limitations(contents: Contents) -> Answer:
    """What the audit holds against the cohort, and what weakens comparisons."""
    titles = [finding["title"] for finding in contents.results.folder.read_findings()]
    found = [
        f"The audit's findings belong here: {'; '.join(titles)}." if titles else "",
        contents.notes.get("unlabelled", ""),
    ]
    if _beside(contents):
        found += list_warnings(contents.tables["beside_clinic_signatures"])
    left = "limitations, such as of representativeness, size and missing data"
    return Answer(" ".join(filter(None, found)), left)


def new_inputs(contents: Contents) -> Answer:
    """What deepcme predict does with poor data."""
    return Answer(
        "deepcme predict gives no prediction to a sample with under 95% of the model's genes "
        "or on another scale; with --allow-missing it takes medians for the gaps, and says so.",
        "what is to be done with poor or missing input in practice",
    )
