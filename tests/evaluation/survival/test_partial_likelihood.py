"""Cox's partial likelihood: its derivatives, and what it refuses."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from tests.evaluation.survival.cox_patients import DESIGN, FOLLOW_UP


def test_derivatives_are_those_of_the_log_likelihood():
    likelihood = PartialLikelihood.of(FOLLOW_UP)
    at, width = np.array([0.3, -0.7]), 1e-6
    gradient, information = likelihood.derivatives(DESIGN @ at, DESIGN)
    for column, step in enumerate(width * np.eye(2)):
        above, below = (likelihood.log_likelihood(DESIGN @ (at + s)) for s in (step, -step))
        assert gradient[column] == pytest.approx((above - below) / (2 * width), abs=1e-7)
        above, below = (
            likelihood.derivatives(DESIGN @ (at + s), DESIGN)[0] for s in (step, -step)
        )
        np.testing.assert_allclose(
            information[column], (below - above) / (2 * width), atol=1e-7
        )


def test_log_hazards_of_any_size_are_no_overflow():
    likelihood = PartialLikelihood.of(FOLLOW_UP)
    far = likelihood.log_likelihood(5000 + 3000 * DESIGN[:, 0])
    assert np.isfinite(far)
    shifted = likelihood.log_likelihood(3000 * DESIGN[:, 0])
    assert far == pytest.approx(shifted, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"ties": "exact"}, "Ties are 'efron' or 'breslow', not 'exact'"),
        ({"weights": [1, 2]}, r"one stratum or weight a patient, but there are \(2,\) for 16"),
        ({"weights": -np.ones(16)}, "Weights of patients must be numbers from 0 on"),
    ],
)
def test_what_cannot_be_used_is_refused(given, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        PartialLikelihood.of(FOLLOW_UP, **given)
