"""Each phrase on added value, with the numbers that call for it and some that do not."""

import numpy as np
import pandas as pd
import pytest

from deepcme.report.added_value_verdict import AboveChance, make_added_value_verdict

ALL_ABOVE = AboveChance(headline=True, clinical=True, genes=True)
NONE_ABOVE = AboveChance(headline=False, clinical=False, genes=False)
NO_GAIN = (0.01, -0.02, 0.04)
NO_DIFFERENCE = (-0.01, -0.1, 0.08)


def verdict(
    loss=NO_GAIN,
    beside_genes=NO_DIFFERENCE,
    genes_for_clinical=NO_DIFFERENCE,
    above=ALL_ABOVE,
    limits=(),
    headline="LR-tuned",
):
    columns = ["difference", "ci_low", "ci_high"]
    added = pd.DataFrame([loss, (-9.0, -9.5, -8.5)], columns=columns)
    added = added.assign(measure=["log_loss", "auc"], n=90, events=20)
    pairs = pd.DataFrame([(0.0, -9, 9), beside_genes, genes_for_clinical], columns=columns)
    pairs = pairs.assign(
        model=["clinical + genes", "clinical + genes", "LR-tuned"],
        baseline=["clinical", "LR-tuned", "clinical"],
        margin=0.02,
    )
    auc = pd.Series({"clinical": 0.7, "LR-tuned": 0.668, "clinical + genes": 0.594})
    return make_added_value_verdict("age, grade", headline, added, pairs, auc, above, limits)


def test_an_interval_that_holds_zero_is_no_demonstrated_added_value():
    assert verdict() == (
        "No demonstrated added value of gene expression over age, grade (fall in log loss "
        "+0.010, 95% t interval -0.020 to +0.040)."
    )


def test_genes_of_another_model_than_the_headline_are_told_by_which():
    assert verdict(headline="net").startswith(
        "No demonstrated added value of gene expression by LR-tuned over age, grade"
    )


def test_an_interval_above_zero_is_added_value():
    assert verdict(loss=(0.02, 0.01, 0.03)).startswith(
        "Gene expression adds to age, grade (fall"
    )


def test_no_gain_is_claimed_while_the_headline_is_not_above_chance():
    text = verdict(loss=(0.02, 0.01, 0.03), above=NONE_ABOVE)
    assert text.startswith("No demonstrated added value")
    assert (
        "over age, grade, as LR-tuned itself is not shown to be above chance (fall in" in text
    )


@pytest.mark.parametrize(
    ("above", "start"),
    [
        (
            ALL_ABOVE,
            "Gene expression made the prediction by age, grade worse (fall in log loss",
        ),
        (NONE_ABOVE, "No demonstrated added value"),
    ],
)
def test_genes_harm_columns_that_are_above_chance_by_themselves(above, start):
    assert verdict(loss=(-0.04, -0.06, -0.01), above=above).startswith(start)


def test_clinical_columns_that_beat_the_genes_are_told():
    text = verdict(genes_for_clinical=(-0.032, -0.06, -0.01))
    assert (
        "; these columns alone did better than the genes alone (AUC 0.700 against 0.668, "
        "difference -0.032, 95% t interval -0.060 to -0.010)." in text
    )
    assert "did better" not in verdict(genes_for_clinical=(-0.032, -0.06, 0.01))
    assert "did better" not in verdict(
        genes_for_clinical=(-0.032, -0.06, -0.01), above=NONE_ABOVE
    )


def test_clinical_columns_that_may_beat_the_genes_by_chance_are_told_as_such():
    assert (
        "; these columns alone had a higher AUC than the genes alone, which may be chance (0.700 "
        "against 0.668, difference -0.032, 95% t interval -0.060 to +0.010)."
    ) in verdict(genes_for_clinical=(-0.032, -0.06, 0.01))
    assert "higher AUC" not in verdict(genes_for_clinical=(-0.015, -0.06, 0.01))


def test_clinical_columns_that_harm_the_genes_are_told():
    text = verdict(beside_genes=(-0.074, -0.12, -0.01))
    assert (
        "; adding them to the genes made the prediction worse (AUC 0.594, genes "
        "alone 0.668, difference -0.074, 95% t interval -0.120 to -0.010)." in text
    )


def test_a_loss_that_may_be_chance_is_told_as_such():
    loss = (-0.074, -0.16, 0.01)
    open_question = (
        "; the genes alone had the higher AUC, which may be chance (0.668, both 0.594, "
        "difference -0.074, 95% t interval -0.160 to +0.010)."
    )
    assert open_question in verdict(beside_genes=loss)
    assert "made the prediction worse" not in verdict(
        beside_genes=(-0.074, -0.12, -0.01), above=NONE_ABOVE
    )


def test_what_weakens_the_comparison_is_told_where_something_is_said_by_it():
    limits = ["grade lacks 62 of 142 values (44%)", "5 coefficients"]
    told = "; grade lacks 62 of 142 values (44%); 5 coefficients."
    assert verdict(loss=(0.02, 0.01, 0.03), limits=limits).endswith(told)
    assert verdict(beside_genes=(-0.074, -0.16, 0.01), limits=limits).endswith(told)
    assert "coefficients" not in verdict(limits=limits)


def test_an_interval_that_cannot_be_given_claims_nothing():
    assert verdict(loss=(0.0, np.nan, np.nan)).startswith("No demonstrated added value")
