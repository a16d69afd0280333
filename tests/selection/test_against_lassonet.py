"""The soft path against LassoNet (Lemhadri et al. 2021), where that package is installed.

LassoNet is no dependency of deepcme: `pip install lassonet`, then `pytest -m slow` on this file.
One comparison takes about a quarter of an hour for each design, the timing a minute.
"""

import multiprocessing
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from deepcme.cohort.splits import draw_holdout
from deepcme.selection.path import follow_soft_path
from tests.selection.simulated_data import simulate_selection_data

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # warnings of lassonet and of what it imports
]

SEEDS = (1, 2, 3)
VALIDATION_FRACTION = 0.2


@pytest.fixture
def lassonet():
    """The package; the tests skip aloud without it."""
    return pytest.importorskip("lassonet", reason="lassonet is not installed")


def follow_lassonet_path(lassonet, data, seed):
    """Its default path, and the genes left where the loss on one validation part is lowest.

    Returns the marks of those genes and each gene's importance: the lambda at
    which it left, infinite for those that never did.
    """
    random = np.random.default_rng(seed)
    rows = np.arange(len(data.y))
    train, valid = draw_holdout(data.y, rows, VALIDATION_FRACTION, random)
    model = lassonet.LassoNetClassifier(random_state=seed, torch_seed=seed)
    path = model.path(
        data.X[train],
        data.y[train],
        X_val=data.X[valid],
        y_val=data.y[valid],
        return_state_dicts=False,
    )
    losses = [item.val_loss if item.selected.any() else np.inf for item in path[1:]]
    selected = path[1 + int(np.argmin(losses))].selected.numpy()
    return selected, model.feature_importances_.numpy()


def follow_path(data, seed):
    """Genes of the soft path, best first."""
    rows, random = np.arange(len(data.y)), np.random.default_rng(seed)
    return follow_soft_path(data.X, data.y.astype(np.float32), rows, random).order


def precision(genes, data):
    return float(np.isin(genes, data.truth).mean())


@pytest.mark.xfail(
    reason="measured: one true gene of 60 fewer with linear effects, two with interactions",
    strict=False,
)
@pytest.mark.parametrize("design", ["linear", "interactions"])
def test_precision_at_the_number_of_genes_that_lassonet_selects(lassonet, design, say):
    """At 400 x 500; the precision among the first twenty is printed as well.

    LassoNet's choice of lambda keeps so many genes that nearly every true one is among
    them, for either method: one or two of 60 genes decide, in either direction.
    """
    soft_path, theirs, n_chosen = [], [], []
    for seed in SEEDS:
        data = simulate_selection_data(genes=500, module=25, design=design, seed=seed)
        selected, importance = follow_lassonet_path(lassonet, data, seed)
        order = follow_path(data, seed)
        n_selected = int(selected.sum())
        n_chosen.append(n_selected)
        theirs.append(precision(np.flatnonzero(selected), data))
        soft_path.append(precision(order[:n_selected], data))
        first = np.argsort(-importance, kind="stable")[:20]
        say(
            f"{design}, seed {seed}: lassonet selects {n_selected}, precision {theirs[-1]:.2f}, "
            f"soft path {soft_path[-1]:.2f}; first 20: {precision(first, data):.2f}, "
            f"{precision(order[:20], data):.2f}"
        )
    missed = np.dot(n_chosen, theirs) - np.dot(n_chosen, soft_path)
    say(f"{design}: true genes that lassonet has and the soft path lacks: {missed:.0f} of 60")
    assert np.mean(soft_path) >= np.mean(theirs)


def follow_alone(begun):
    """LassoNet's default path at 400 x 2,000, in a process that can be stopped."""
    import lassonet
    import torch

    torch.set_num_threads(1)
    data = simulate_selection_data(genes=2000, seed=1)
    begun.set()
    follow_lassonet_path(lassonet, data, 1)


def test_the_soft_path_is_twenty_times_faster(lassonet, say):
    """Both paths on one thread, one after the other; the slow one is stopped at that time."""
    data = simulate_selection_data(genes=2000, seed=1)
    with threadpool_limits(1):
        start = time.perf_counter()
        follow_path(data, 1)
        own_time = time.perf_counter() - start
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=follow_alone, args=(begun,))
    process.start()
    assert begun.wait(120)
    start = time.perf_counter()
    process.join(20 * own_time)
    their_time = time.perf_counter() - start
    finished = not process.is_alive()
    process.kill()
    process.join()
    outcome = "finished" if finished else "stopped unfinished"
    say(f"soft path {own_time:.1f} s; lassonet's default path {outcome} at {their_time:.0f} s")
    assert not finished
