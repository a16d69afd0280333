"""A card says what the model's files say, no more and no less."""

import json
import re
from dataclasses import replace

import pytest

from deepcme.report.card import items, tripod
from deepcme.report.card.answers import KEYS, NOT_GIVEN, QUESTIONS
from deepcme.report.card.card import NO_DEVICE, Card
from deepcme.report.card.external import UNCHECKED
from deepcme.report.card.genes import STRONGEST
from deepcme.report.card.items import answer_items
from deepcme.report.card.page import render_card, render_card_markdown
from deepcme.report.card.performance import NOT_KEPT, list_measures, show_interval
from deepcme.trained.files import load_model
from tests.report.card.conftest import STRANGE, with_answers
from tests.trained.test_files import STORED


@pytest.fixture(scope="module")
def page(binary_card):
    return render_card(binary_card)


@pytest.fixture(scope="module")
def markdown(binary_card):
    return render_card_markdown(binary_card)


@pytest.mark.parametrize("kind", ["binary", "times"])
def test_every_measure_of_the_files_is_on_the_card_as_they_have_it(kind, request):
    card = request.getfixturevalue(f"{kind}_card")
    text = render_card_markdown(card)
    promised = card.manifest.performance
    shown = {row.name: row.estimate for row in list_measures(card)}
    for name in ("observed_expected", "slope", "brier", "scaled_brier"):
        assert shown[name] == card.expected.measure(name)
    for name in {"auc", "uno_c", "harrell_c", "pr_auc"} & set(shown):
        assert shown[name] == getattr(promised, name)
    for row in list_measures(card):
        assert re.search(
            rf"\| {re.escape(row.heading)} \| {re.escape(show_interval(row.estimate))} \|", text
        )


def test_every_group_is_on_the_card_with_its_counts(binary_card, markdown):
    levels = binary_card.expected.subgroups.levels
    assert levels
    for level in levels:
        assert re.search(rf"{level.column}: .* \| {level.n} \| {level.events} \|", markdown)
        if level.rank is not None:
            assert f"{level.rank.value:.2f}" in markdown


def test_checksums_are_those_of_the_manifest(binary_folder, page, markdown):
    manifest = json.loads((binary_folder / "manifest.json").read_text())
    for digest in [manifest["digest"], *manifest["files"].values()]:
        assert digest in page and digest in markdown
    assert set(manifest["files"]) == {"model.safetensors", "expected.json"}


def test_a_card_of_a_model_that_was_not_saved_says_so(panel_card):
    unsaved = Card("model", replace(panel_card.model, sha256=None))
    assert "Not known: the model was not saved" in render_card_markdown(unsaved)


def strange(card):
    card = replace(card, name=STRANGE)
    return with_answers(card, contact=STRANGE, intended_use=f"{STRANGE}\n\n# heading")


def test_what_comes_from_outside_is_text_of_the_page(binary_card):
    assert "<script>alert" not in render_card(strange(binary_card))


def test_what_comes_from_outside_is_text_of_the_markdown(binary_card):
    text = render_card_markdown(strange(binary_card))
    without_commands = re.sub(r"^```sh\n.*?^```$", "", text, flags=re.M | re.S)
    assert "<script>" not in without_commands and "](http" not in without_commands
    assert "\n# heading" not in text


def test_what_nobody_says_is_shown_as_not_given(binary_card, markdown):
    for label in ("Intended use", "Users", "Contact", "Licence", "Funding", "Platform"):
        assert f"- **{label}**: {NOT_GIVEN}" in markdown
    table = answer_items(items.ITEMS, binary_card).set_index("number")
    assert table.loc["1a", ["answer", "source"]].tolist() == [NOT_GIVEN, "blank"]
    assert table.loc["3b", "source"] == "files"


def test_every_answer_of_the_user_is_on_the_card_where_it_is_asked(binary_card):
    asked = {key for item in (*items.ITEMS, *tripod.ITEMS) for key in item.keys}
    answers = {key: f"Said of {key}." for key in KEYS}
    text = render_card_markdown(with_answers(binary_card, **answers))
    elsewhere = {  # of the document in XML alone
        "bibliography", "stakeholders", "trial", "availability", "regulation", "security",
        "reimbursement", "consent", "third_parties", "maintenance",
    }  # fmt: skip
    assert set(KEYS) - elsewhere <= {*asked, "out_of_scope"}
    for key in set(KEYS) - elsewhere:
        assert f"Said of {key}." in text, key


def test_items_are_those_of_the_guideline_and_their_numbers_unique():
    assert len(tripod.ITEMS) == 52
    for of in (items.ITEMS, tripod.ITEMS):
        assert len({item.number for item in of}) == len(of)
    assert len({question.key for group in QUESTIONS.values() for question in group}) == len(
        KEYS
    )


def test_it_says_what_it_is_and_that_it_was_not_checked(page, markdown):
    assert NO_DEVICE in page and NO_DEVICE in markdown
    assert UNCHECKED in markdown
    assert "not checked in patients of another cohort" in markdown


def test_a_model_that_is_not_shown_to_exceed_chance_has_no_slope_to_read(binary_card):
    model = binary_card.model
    auc = model.manifest.performance.auc.model_copy(update={"ci_low": 0.45})
    performance = model.manifest.performance.model_copy(update={"auc": auc})
    manifest = model.manifest.model_copy(update={"performance": performance})
    text = render_card_markdown(Card("m", replace(model, manifest=manifest)))
    assert "It is not shown to exceed chance" in text
    assert "not to be read" in text
    assert "so how it differs between levels is not interpreted" in text


def test_a_panel_has_all_its_genes_its_reference_genes_and_the_calculator(panel_card):
    text, page = render_card_markdown(panel_card), render_card(panel_card)
    for gene in panel_card.manifest.genes.id:
        assert re.search(rf"^\| {re.escape(gene.replace('<', '&lt;').replace('>', '&gt;'))} \|",
                         text, re.M)  # fmt: skip
    assert "(GAPDH) is taken off each sample" in text
    assert "deepcme export a-panel -o panel.csv" in text
    assert 'id="calculate"' in page and "<b>ERBB2</b>" not in page
    assert "## Calculator" not in text


def test_a_model_without_coefficients_says_that_none_is_kept(panel_card):
    forest = load_model(STORED / "schema_5" / "model")
    text = render_card_markdown(Card("forest", forest))
    assert "A coefficient of each gene is not kept" in text or "linear" in text


def test_of_a_linear_model_the_strongest_genes_are_shown(binary_card, markdown):
    rows = re.findall(r"^\| GENE\d+ \| [+-]", markdown, re.M)
    assert len(rows) == min(STRONGEST, binary_card.model.n_genes)


@pytest.mark.parametrize("schema", ["schema_1", "schema_4", "schema_6"])
def test_models_of_older_versions_have_a_card(schema):
    text = render_card_markdown(Card("old", load_model(STORED / schema / "model")))
    assert NOT_KEPT in text
    assert f"- **Version**: {NOT_GIVEN}" in text
