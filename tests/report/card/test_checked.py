"""Where a model was checked: only by results that are of this very model."""

import re
from dataclasses import replace

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.report.card.checked import FILE, Checked
from deepcme.report.card.page import render_card_markdown
from deepcme.trained.files import load_model
from deepcme.trained.validation import validate_model
from tests.report.card.conftest import cohort_with_groups


@pytest.fixture(scope="module")
def results(binary_folder, tmp_path_factory):
    cohort = cohort_with_groups(name="elsewhere")
    new = cohort[40:170]
    new = Cohort.from_arrays(
        np.vstack([new.X[:5] * 1e6, new.X[5:]]),
        new.labels,
        samples=[f"new {name}" for name in new.samples],
        genes=new.gene_ids.tolist(),
        endpoint="there",
        scale="fpkm",
        name="elsewhere",
    )
    folder = tmp_path_factory.mktemp("checked") / "validation"
    model = load_model(binary_folder)
    folder.mkdir()
    found = Checked.of(validate_model(model, new, allow_training_samples=True))
    (folder / FILE).write_text(found.to_json())
    return folder


def test_what_was_found_is_on_the_card_with_its_counts(binary_card, results):
    checked = Checked.read(results, binary_card.model)
    text = render_card_markdown(replace(binary_card, checked=[checked]))
    section = text[text.index("## Where it was checked") : text.index("## Genes")]
    auc = checked.finding("auc")
    assert (auc.n, auc.events) == (130, 43)
    assert auc.estimate.value == pytest.approx(0.81, abs=0.1)
    assert re.search(r"^\| elsewhere \| .* \| 130 \| 43 \|$", section, re.M)
    assert f"{auc.estimate.value:.2f} ({auc.estimate.ci_low:.2f} to" in section
    assert f"{checked.finding('slope').estimate.value:.2f}" in section


def test_no_sample_is_named(binary_folder, results):
    """Five of them are far from the training data, which the validation's notes say by name."""
    text = (results / FILE).read_text()
    assert "new S" not in text and "samples" in text


def test_its_own_patients_are_no_check_of_another_cohort(binary_card, results):
    checked = Checked.read(results, binary_card.model)
    again = checked.model_copy(update={"brand": "The model learned from these patients."})
    text = render_card_markdown(replace(binary_card, checked=[again]))
    assert "not checked in patients of another cohort" in text
    assert "elsewhere (its own)" in text and "AUC in its own patients" in text


def test_a_check_that_does_not_exclude_chance_is_said_at_once(binary_card, results):
    checked = Checked.read(results, binary_card.model)
    auc = checked.finding("auc")
    low = auc.estimate.model_copy(update={"ci_low": 0.45})
    findings = [auc.model_copy(update={"estimate": low})]
    doubted = checked.model_copy(update={"findings": findings})
    said = "In patients of elsewhere it was not shown to exceed chance."
    assert said in render_card_markdown(replace(binary_card, checked=[doubted]))
    assert said not in render_card_markdown(replace(binary_card, checked=[checked]))


def test_results_of_another_model_are_refused(results, panel_card):
    with pytest.raises(DeepCMEError, match="those of another model"):
        Checked.read(results, panel_card.model)


@pytest.mark.parametrize("text", ["{", "{}", '{"a": "\\ud800"}', None])
def test_a_folder_that_is_none_of_validation_is_refused(binary_card, tmp_path, text):
    if text is not None:
        (tmp_path / FILE).write_text(text)
    with pytest.raises(DeepCMEError, match=rf"{FILE} is missing or damaged"):
        Checked.read(tmp_path, binary_card.model)
