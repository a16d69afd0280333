"""Models in use learn and test yes or no; they predict whoever comes, with times or without."""

import numpy as np
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.outcome import Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.training import train_model
from deepcme.trained.transfer import compute_transfer
from deepcme.trained.validation import validate_model
from tests.trained.conftest import QUICK


@pytest.fixture(scope="module")
def timed(other_cohort):
    """The new patients with times."""
    endpoint = Endpoint("Time to relapse.", unit="years", horizon=5.0)
    times = np.random.default_rng(0).uniform(0.5, 9, other_cohort.n_samples)
    return Cohort.from_arrays(
        other_cohort.X,
        SurvivalOutcome(times, other_cohort.labels, endpoint),
        samples=other_cohort.samples.tolist(),
        patients=other_cohort.patients.tolist(),
        genes=other_cohort.gene_ids.tolist(),
        symbols=other_cohort.symbols.tolist(),
        endpoint=endpoint,
        scale="fpkm",
        name="timed",
    )


def test_what_takes_yes_or_no_refuses_times_and_says_what_to_do(model, other_cohort, timed):
    for use in (
        lambda: train_model(timed, QUICK),
        lambda: validate_model(model, timed),
        lambda: compute_transfer({"other": other_cohort, "timed": timed}),
    ):
        with pytest.raises(
            DeepCMEError,
            match=r"timed has a survival outcome, and this takes a binary one: make the cohort "
            r"anew by `deepcme prepare \.\.\. --horizon T --drop-censored`; a study asks the "
            r"same with leave_out_censored = true under \[cohort\]\.$",
        ):
            use()


def test_patients_with_times_are_predicted_as_all_others(model, other_cohort, timed):
    binary, of_times = (
        predict(model, expression_of(cohort)).table["probability"]
        for cohort in (other_cohort, timed)
    )
    np.testing.assert_array_equal(of_times, binary)
