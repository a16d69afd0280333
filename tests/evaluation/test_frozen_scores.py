"""A trained model is told apart from a frozen score of equal worth no more often than promised."""

import pytest

from tests.evaluation.frozen_scores import simulate_frozen_scores


def test_a_few_studies_of_equal_worth_claim_next_to_nothing():
    found = simulate_frozen_scores(60, 97, 46, seed=1, refitted=True, pilot=40)
    assert found["auc"] > 0.55
    assert found["better"] + found["worse"] <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("patients", "events", "repeats"), [(189, 35, 2), (97, 46, 4)])
@pytest.mark.parametrize("refitted", [True, False])
def test_at_most_five_of_a_hundred_are_called_better_or_worse(
    patients, events, repeats, refitted, say
):
    found = simulate_frozen_scores(
        600, patients, events, seed=7, refitted=refitted, repeats=repeats
    )
    say(f"{patients} patients, refitted {refitted}: {found}")
    assert found["better"] <= 0.025 + 0.0125
    assert found["worse"] <= 0.025 + 0.0125
