"""Branches of the seed tree are named, stable and distinct."""

import numpy as np

from deepcme.base.seeds import integer_seed, seed_for


def test_a_branch_depends_on_its_name_alone():
    assert integer_seed(seed_for(1, "fit", "LR", 3)) == integer_seed(
        seed_for(1, "fit", "LR", 3)
    )
    others = [
        (1, "fit", "LR", 4),
        (1, "fit", "RF", 3),
        (2, "fit", "LR", 3),
        (1, "LR", "fit", 3),
    ]
    assert len({integer_seed(seed_for(*path)) for path in [(1, "fit", "LR", 3), *others]}) == 5


def test_integer_seeds_suit_scikit_learn():
    seeds = [integer_seed(seed_for(0, i)) for i in range(200)]
    assert min(seeds) >= 0
    assert max(seeds) < 2**31
    assert np.std(seeds) > 1e8
