"""The card in XML: its parts in order, nothing empty, nothing of a stranger's that acts."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deepcme import DeepCMEError
from deepcme.report.card.answers import KEYS, NOT_GIVEN
from deepcme.report.card.chai.document import (
    NAMESPACE,
    PARTS,
    render_card_xml,
    require_parts,
)
from tests.report.card.conftest import STRANGE, with_answers

SCHEMA = "DEEPCME_MODEL_CARD_XSD"
"""Names the schema's file, `v0.2/schema.xsd` of coalition-for-health-ai/mc-schema."""


def parse(card):
    return ElementTree.fromstring(render_card_xml(card))


def text_of(root, path):
    return root.findtext("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))


def test_the_parts_are_there_in_order_and_say_something(binary_card, times_card, panel_card):
    for card in (binary_card, times_card, panel_card):
        root = parse(card)
        assert root.tag == f"{{{NAMESPACE}}}AppliedModelCard"
        assert [part.tag.rpartition("}")[2] for part in root] == list(PARTS)


def test_what_nobody_says_is_not_given(binary_card):
    root = parse(binary_card)
    for path in (
        "BasicInfo/ModelDeveloper",
        "UsesAndDirections/PrimaryIntendedUsers",
        "Warnings/ClinicalRiskLevel",
        "TrustIngredients/TransparencyInformation/FundingSource",
        "Resources/ClinicalTrial",
    ):
        assert text_of(root, path) == NOT_GIVEN
    assert text_of(root, "Bibliography") == ""


def test_every_answer_is_in_one_of_the_forms_of_the_card(binary_card):
    document = render_card_xml(with_answers(binary_card, **{key: f"Of {key}." for key in KEYS}))
    only_here = (
        "bibliography", "stakeholders", "trial", "availability", "regulation", "security",
        "reimbursement", "consent", "third_parties", "maintenance",
    )  # fmt: skip
    assert all(f"Of {key}." in document for key in only_here)


def test_figures_are_those_of_the_files_in_full_precision(binary_card):
    figures = {
        element.findtext(f"{{{NAMESPACE}}}Label"): json.loads(
            element.findtext(f"{{{NAMESPACE}}}ValueJson")
        )
        for element in parse(binary_card).iter(f"{{{NAMESPACE}}}MetricResult")
    }
    auc = binary_card.manifest.performance.auc
    assert figures["AUC, cross-validation"] == {
        "kind": "estimate_ci",
        "estimate": auc.value,
        "lower": auc.ci_low,
        "upper": auc.ci_high,
        "level": 95,
    }
    brier = binary_card.expected.measure("brier")
    assert figures["Brier score, cross-validation"]["estimate"] == brier.value
    assert sum("centre B" in label for label in figures) == 2


def test_without_groups_the_figures_say_that_there_are_none(panel_card):
    root = parse(panel_card)
    fairness = root.find(f"{{{NAMESPACE}}}KeyMetrics/{{{NAMESPACE}}}FairnessEquity")
    assert fairness.findtext(f".//{{{NAMESPACE}}}Label") == NOT_GIVEN


def test_what_comes_from_outside_is_text(binary_card):
    card = replace(binary_card, name=STRANGE)
    document = render_card_xml(with_answers(card, contact=f"{STRANGE}\x0c\ud800"))
    assert "<script" not in document and "]]>" not in document
    contact = text_of(ElementTree.fromstring(document), "BasicInfo/DeveloperContact")
    assert "<script>" not in contact and "](http://y)" not in contact


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace("</BasicInfo>", ""), "not well-formed"),
        (lambda text: text.replace("<Bibliography />", ""), "has the parts"),
        (lambda text: text.replace(f">{NOT_GIVEN}</ModelDeveloper", "></ModelDeveloper"),
         "says nothing in ModelDeveloper"),
    ],
)  # fmt: skip
def test_a_document_that_lacks_something_is_not_written(binary_card, change, why):
    with pytest.raises(DeepCMEError, match=why):
        require_parts(change(render_card_xml(binary_card)))


@pytest.mark.skipif(SCHEMA not in os.environ, reason=f"{SCHEMA} names no schema to check by")
def test_it_is_valid_by_the_schema(binary_card, times_card, panel_card, tmp_path):
    xmlschema = pytest.importorskip("xmlschema")
    signature = tmp_path / "signature.xsd"
    signature.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'targetNamespace="http://www.w3.org/2000/09/xmldsig#">'
        '<xs:element name="Signature" type="xs:anyType"/></xs:schema>'
    )
    copy = Path(shutil.copy(os.environ[SCHEMA], tmp_path / "schema.xsd"))
    text = copy.read_text()
    elsewhere = "http://www.w3.org/TR/xmldsig-core/xmldsig-core-schema.xsd"
    copy.write_text(text.replace(elsewhere, signature.as_uri()))
    schema = xmlschema.XMLSchema10(str(copy))
    for card in (binary_card, times_card, panel_card):
        schema.validate(render_card_xml(card))
