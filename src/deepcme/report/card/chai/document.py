"""The card as an XML document after the CHAI Applied Model Card, version 0.2.

The format is the Coalition for Health AI's (github.com/coalition-for-health-ai/mc-schema). What
neither the model's files nor the user's answers say stands there as not given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from deepcme.base.errors import DeepCMEError
from deepcme.base.names import without_forbidden
from deepcme.report.card import items
from deepcme.report.card.card import NO_DEVICE, Card
from deepcme.report.card.chai.metrics import Metrics, of_groups, of_ranks, of_risks, or_nothing
from deepcme.report.card.external import UNCHECKED
from deepcme.report.card.genes import describe_genes
from deepcme.report.card.groups import describe_fairness_of
from deepcme.report.card.opening import describe
from deepcme.report.card.performance import ON_SLOPE
from deepcme.report.card.purpose import (
    describe_out_of_scope,
    describe_output,
    describe_patients,
    describe_scale,
)
from deepcme.report.card.usage import describe_usage, list_commands
from deepcme.report.markdown import escape_markdown, fenced

_AS_IT_IS = ("HowToUse", "ValueJson", "Bibliography")
"""Code, JSON and BibTeX."""
NAMESPACE = "https://mc.chai.org/v0.2/schema.xsd"

Tree = str | list[tuple[str, "Tree"]]
"""Text, or elements by name in their order."""
Element = tuple[str, Tree]

PARTS = (
    "BasicInfo", "ReleaseInfo", "ModelSummary", "UsesAndDirections", "Warnings",
    "TrustIngredients", "KeyMetrics", "Resources", "Bibliography",
)  # fmt: skip


def render_card_xml(card: Card) -> str:
    """The document, read again and checked before it is handed on.

    Raises
    ------
    DeepCMEError
        If it would not be well-formed, or lack an element that the format wants.
    """
    root = ElementTree.Element("AppliedModelCard", {"xmlns": NAMESPACE})
    _add(root, [*_describe(card)])
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
    require_parts(document)
    return document


def require_parts(document: str) -> None:
    """Refuse a document that is not well-formed, or without all parts in their order.

    Raises
    ------
    DeepCMEError
        Naming what is wrong.
    """
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise DeepCMEError(f"The card in XML is not well-formed: {error}.") from error
    found = [element.tag.removeprefix(f"{{{NAMESPACE}}}") for element in root]
    if found != list(PARTS):
        raise DeepCMEError(
            f"The card in XML has the parts {', '.join(found)} in place of {', '.join(PARTS)}."
        )
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        may_be_empty = name in ("Bibliography", "Keywords")
        if len(element) == 0 and not (element.text or "").strip() and not may_be_empty:
            raise DeepCMEError(f"The card in XML says nothing in {name}.")


def _add(parent: ElementTree.Element, elements: list[Element]) -> None:
    for name, content in elements:
        element = ElementTree.SubElement(parent, name)
        if isinstance(content, str):
            element.text = without_forbidden(
                content if name in _AS_IT_IS else _escaped(content)
            )
        else:
            _add(element, content)


def _escaped(text: str) -> str:
    """Texts of the format are Markdown: what is no mark of ours is shown letter by letter."""
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(str(escape_markdown(paragraph)) for paragraph in paragraphs)


def _describe(card: Card) -> Iterator[Element]:
    answer = card.answer
    yield (
        "BasicInfo",
        [
            ("ModelName", card.name),
            ("ModelDeveloper", answer("developer")),
            ("DeveloperContact", answer("contact")),
        ],
    )
    yield (
        "ReleaseInfo",
        [
            ("ReleaseStage", NO_DEVICE),
            ("ReleaseDate", card.manifest.date or answer("")),
            ("ReleaseVersion", card.manifest.version or answer("")),
            ("GlobalAvailability", answer("availability")),
            ("RegulatoryApproval", answer("regulation")),
        ],
    )
    yield (
        "ModelSummary",
        [
            ("Summary", f"{describe(card)} {items.estimates(card)}"),
            ("Keywords", [("Keyword", word) for word in _keywords(card)]),
        ],
    )
    yield (
        "UsesAndDirections",
        [
            ("IntendedUseAndWorkflow", answer("intended_use")),
            ("PrimaryIntendedUsers", answer("users")),
            ("HowToUse", fenced("\n".join(list_commands(card)), "sh")),
            ("TargetedPatientPopulation", answer("population")),
            ("CautionedOutOfScopeSettings", describe_out_of_scope(card)),
        ],
    )
    yield (
        "Warnings",
        [
            ("KnownRisksAndLimitations", _and(items.limits(card), card, "further_limits")),
            (
                "KnownBiasesOrEthicalConsiderations",
                _and(describe_fairness_of(card), card, "ethics", "inequalities"),
            ),
            ("ClinicalRiskLevel", answer("clinical_risk")),
        ],
    )
    yield (
        "TrustIngredients",
        [
            ("AISystemFacts", [*_facts(card)]),
            (
                "TransparencyInformation",
                [
                    ("FundingSource", answer("funding")),
                    ("ThirdPartyInformation", answer("third_parties")),
                    ("StakeholdersConsulted", answer("stakeholders")),
                ],
            ),
        ],
    )
    yield "KeyMetrics", [(name, _metrics(found)) for name, found in _figures(card)]
    yield (
        "Resources",
        [
            ("EvaluationReferences", items.checks(card)),
            ("ClinicalTrial", answer("trial")),
            ("PeerReviewedPublications", answer("publications")),
            ("ReimbursementStatus", answer("reimbursement")),
            ("PatientConsentOrDisclosure", answer("consent")),
        ],
    )
    yield "Bibliography", card.answers.get("bibliography", "")


def _keywords(card: Card) -> Iterator[str]:
    yield "gene expression"
    yield "prognosis" if card.survival else "classification"
    if card.manifest.panel is not None:
        yield "gene panel"


def _and(found: str, card: Card, *keys: str) -> str:
    return " ".join([found, *(card.answers[key] for key in keys if key in card.answers)])


def _facts(card: Card) -> Iterator[Element]:
    patients = "; ".join(f"{name}: {text}" for name, text in describe_patients(card))
    yield "OutcomesAndOutputs", describe_output(card)
    yield "ModelType", f"{items.training(card)} {describe_genes(card)}"
    yield "FoundationModels", "None: it was learned from its cohort alone."
    yield "InputDataSource", card.answer("platform")
    yield (
        "OutputAndInputDataTypes",
        f"In: expression of genes, {describe_scale(card)}. Out: a table of numbers. "
        f"{describe_usage(card)}",
    )
    yield "DevelopmentDataCharacterization", patients
    yield "BiasMitigationApproaches", card.answer("bias_mitigation")
    yield "OngoingMaintenance", card.answer("maintenance")
    yield "Security", card.answer("security")
    yield "Transparency", items.version(card)


def _figures(card: Card) -> Iterator[tuple[str, Metrics]]:
    data = f"{items.cohort(card)}. {' '.join(_elsewhere(card))}"
    kind = "Cross-validation by patient" + ("; other cohorts" if card.checked else "")
    process = card.expected.method if card.expected else items.training(card)
    yield "UsefulnessUsabilityEfficacy", Metrics(
        "To rank patients with the event before those without it.",
        or_nothing(of_ranks(card)), items.estimates(card), kind, data, process,
    )  # fmt: skip
    yield "FairnessEquity", Metrics(
        "To do as well in groups of patients; none was planned.",
        or_nothing(of_groups(card)), items.groups(card), kind, data, process,
    )  # fmt: skip
    yield "SafetyReliability", Metrics(
        "To give risks that are as high as the event is frequent.",
        or_nothing(of_risks(card)),
        f"{items.calibration(card)} {ON_SLOPE}".strip(), kind, data, process,
    )  # fmt: skip


def _elsewhere(card: Card) -> Iterator[str]:
    if not card.checked:
        yield UNCHECKED
    yield from (checked.found for checked in card.checked)


def _metrics(found: Metrics) -> Tree:
    results: Tree = [
        ("MetricResult", [("Label", label), ("ValueJson", value)])
        for label, value in found.results
    ]
    return [
        ("MetricGoal", found.goal),
        ("Results", results),
        ("Interpretation", found.interpretation),
        ("TestType", found.test_type),
        ("TestingDataDescription", found.data),
        ("ValidationProcessAndJustification", found.process),
    ]
