"""Predict metastasis from gene expression, name the genes, and say how good it is.

Public names are loaded on first use, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from deepcme.base.version import __version__ as __version__

if TYPE_CHECKING:
    from deepcme.base.errors import DeepCMEError as DeepCMEError
    from deepcme.cohort.at_horizon import leave_out_censored as leave_out_censored
    from deepcme.cohort.cohort import Cohort as Cohort
    from deepcme.cohort.survival import SurvivalOutcome as SurvivalOutcome
    from deepcme.models.baselines import TunedLogisticRegression as TunedLogisticRegression
    from deepcme.models.baselines import make_baseline as make_baseline
    from deepcme.models.classifier import DeepCMEClassifier as DeepCMEClassifier
    from deepcme.models.committee.committee import DeepCMECommittee as DeepCMECommittee
    from deepcme.models.committee.survival import (
        DeepCMESurvivalCommittee as DeepCMESurvivalCommittee,
    )
    from deepcme.models.ensemble import DeepCMEEnsemble as DeepCMEEnsemble
    from deepcme.models.preprocessing import ClippedStandardScaler as ClippedStandardScaler
    from deepcme.models.preprocessing import Log2Transformer as Log2Transformer
    from deepcme.models.preprocessing import MedianImputer as MedianImputer
    from deepcme.models.preprocessing import PrevalenceFilter as PrevalenceFilter
    from deepcme.models.signatures.matching import match_signature as match_signature
    from deepcme.models.signatures.published import load_signature as load_signature
    from deepcme.models.survival.cox_lasso import CoxElasticNet as CoxElasticNet
    from deepcme.models.survival.cox_regression import CoxRegression as CoxRegression
    from deepcme.models.survival.cox_ridge import CoxRidge as CoxRidge
    from deepcme.models.survival.cox_ridge import CoxTopGenes as CoxTopGenes
    from deepcme.models.survival.ensemble import (
        DeepCMESurvivalEnsemble as DeepCMESurvivalEnsemble,
    )
    from deepcme.models.survival.network import DeepCMESurvival as DeepCMESurvival
    from deepcme.report.notebook import read_report as read_report
    from deepcme.trained.files import load_model as load_model

_NAMES = {
    "base.errors": "DeepCMEError",
    "cohort.at_horizon": "leave_out_censored",
    "cohort.cohort": "Cohort",
    "cohort.survival": "SurvivalOutcome",
    "models.baselines": "TunedLogisticRegression make_baseline",
    "models.classifier": "DeepCMEClassifier",
    "models.committee.committee": "DeepCMECommittee",
    "models.committee.survival": "DeepCMESurvivalCommittee",
    "models.ensemble": "DeepCMEEnsemble",
    "models.preprocessing": "ClippedStandardScaler Log2Transformer "
    "MedianImputer PrevalenceFilter",
    "models.signatures.matching": "match_signature",
    "models.signatures.published": "load_signature",
    "models.survival.cox_lasso": "CoxElasticNet",
    "models.survival.cox_regression": "CoxRegression",
    "models.survival.cox_ridge": "CoxRidge CoxTopGenes",
    "models.survival.ensemble": "DeepCMESurvivalEnsemble",
    "models.survival.network": "DeepCMESurvival",
    "report.notebook": "read_report",
    "trained.files": "load_model",
}
_HOMES = {name: f"deepcme.{home}" for home, names in _NAMES.items() for name in names.split()}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'deepcme' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
