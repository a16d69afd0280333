"""What charts highlight is told apart by the colour-blind."""

from itertools import combinations

import numpy as np
import pytest

from deepcme.report.figures.styles import OTHER, PALETTE

# Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as it is seen by them.
BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def as_lab(colour, seen=None):
    """CIELAB (D65) of a colour, as somebody sees it."""
    coded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    if seen is not None:
        linear = np.clip(np.array(seen) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ linear / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", [None, *BLINDNESS])
def test_the_colour_blind_tell_apart_what_is_highlighted_and_six_models(kind):
    """In units of CIELAB, of which two are just seen: model, comparator, clinic, the grey rest."""
    seen = None if kind is None else BLINDNESS[kind]
    highlighted = [as_lab(colour, seen) for colour in PALETTE[:3]]
    assert nearest(highlighted) > 20
    assert nearest([*highlighted, as_lab(OTHER, seen)]) > 9
    assert nearest([as_lab(colour, seen) for colour in PALETTE[:6]]) > 9


def nearest(colours):
    return min(np.linalg.norm(one - other) for one, other in combinations(colours, 2))
