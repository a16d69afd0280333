"""The partial likelihood of a batch: by hand, and as an evaluation has it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.network.cox_loss import cox_loss, cox_loss_of_tensors
from deepcme.network.times import encode_times

PATIENTS = st.lists(
    st.tuples(
        st.integers(1, 5), st.booleans(), st.floats(-1e4, 1e4), st.sampled_from([0, 0.5, 1, 3])
    ),
    min_size=1,
    max_size=20,
)


def test_by_hand_with_a_tie():
    """Two of four have the event at time 2, one is censored then, one had it before."""
    a, b, c, d = np.log([1.0, 2.0, 3.0, 4.0])
    y = encode_times([1, 2, 2, 2], [1, 1, 1, 0])
    expected = np.log(10) - a + np.log(9) + np.log(9 - 5 / 2) - b - c
    assert cox_loss(np.array([a, b, c, d]), y, np.ones(4, np.float32)) == pytest.approx(
        expected
    )


def test_a_constant_has_no_say(random):
    y = encode_times(random.integers(1, 9, 30), random.integers(0, 2, 30))
    logits, weight = random.normal(size=30), np.ones(30, np.float32)
    assert cox_loss(logits + 50, y, weight) == pytest.approx(cox_loss(logits, y, weight))


@given(PATIENTS)
def test_it_is_the_partial_likelihood_of_an_evaluation(patients):
    """Ties, weights of 0 and logits that overflow alone among them."""
    times, events, logits, weight = map(np.array, zip(*patients, strict=True))
    y, weight = encode_times(times, events), weight.astype(np.float32)
    loss = cox_loss(logits, y, weight)
    if not (events & (weight > 0)).any():
        assert loss == 0
        return
    follow_up = FollowUp(times, events.astype(np.int8))
    expected = PartialLikelihood.of(follow_up, weights=weight.astype(float))
    assert loss == pytest.approx(-expected.log_likelihood(logits), rel=1e-9, abs=1e-6)
    torch = pytest.importorskip("torch")
    tensors = torch.tensor(logits[:, None], requires_grad=True)
    cox_loss_of_tensors(tensors, torch.tensor(y), torch.tensor(weight)).backward()
    gradient = tensors.grad[:, 0].numpy()
    np.testing.assert_allclose(gradient, -expected.gradient(logits), atol=1e-8)
