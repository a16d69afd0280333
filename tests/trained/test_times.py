"""Models of yes or no, and times: what they refuse of them, and whom they predict."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.training import TrainingSettings, train_model
from deepcme.trained.transfer import compute_transfer
from deepcme.trained.validation import validate_model
from tests.trained.conftest import QUICK, with_times


@pytest.fixture(scope="module")
def timed(other_cohort):
    """The new patients with times."""
    return with_times(other_cohort, np.random.default_rng(0).uniform(0.5, 9, 120))


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        (
            lambda timed, **_: train_model(timed, QUICK),
            r"timed: DeepCME-ensemble learns yes or no, and the cohort has times to an event: "
            r"choose from .*Cox-ridge, .*, or make the cohort anew by `deepcme prepare \.\.\. "
            r"--horizon T --drop-censored`\.$",
        ),
        (
            lambda other, **_: train_model(other, TrainingSettings(model="Cox-ridge")),
            r"other: Cox-ridge learns times to an event, and the cohort has yes or no: choose "
            r"from DeepCME, .* `deepcme prepare \.\.\. --time COLUMN --event RULE`\.$",
        ),
        (
            lambda other, **_: train_model(other, TrainingSettings(horizon=5)),
            r"other: the cohort has no times, of which a horizon would be: leave it out\.$",
        ),
        (
            lambda model, timed, **_: validate_model(model, timed),
            r"timed has a survival outcome, and this takes a binary one: make the cohort anew "
            r"by `deepcme prepare \.\.\. --horizon T --drop-censored`; a study asks the same "
            r"with leave_out_censored = true under \[cohort\]\.$",
        ),
        (
            lambda other, timed, **_: compute_transfer({"other": other, "timed": timed}),
            r"timed has a survival outcome and other a binary one: give cohorts of one kind; "
            r"`deepcme prepare \.\.\. --horizon T --drop-censored` makes times a question of "
            r"yes or no\.$",
        ),
    ],
)
def test_what_takes_one_kind_of_outcome_refuses_the_other(
    use, sentence, model, other_cohort, timed
):
    with pytest.raises(DeepCMEError, match=sentence) as caught:
        use(model=model, other=other_cohort, timed=timed)
    assert "\n" not in str(caught.value)


def test_patients_with_times_are_predicted_as_all_others(model, other_cohort, timed):
    binary, of_times = (
        predict(model, expression_of(cohort)).table["probability"]
        for cohort in (other_cohort, timed)
    )
    np.testing.assert_array_equal(of_times, binary)
