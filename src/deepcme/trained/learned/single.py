"""The forms in which one model alone is kept, as the manifest names them."""

from __future__ import annotations

from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.learned.forest import LearnedForest
from deepcme.trained.learned.networks import LearnedHazardNetworks, LearnedNetworks

LearnedSingle = LearnedNetworks | LearnedHazardNetworks | LearnedCoefficients | LearnedForest

SINGLE_FORMS: dict[str, type[LearnedSingle]] = {
    "networks": LearnedNetworks,
    "hazard networks": LearnedHazardNetworks,
    "coefficients": LearnedCoefficients,
    "forest": LearnedForest,
}
