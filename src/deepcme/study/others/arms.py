"""What is fitted with other cohorts' patients: which models, and what each fit is called."""

from __future__ import annotations

from deepcme.base.words import counted
from deepcme.study.resolved import Study
from deepcme.study.settings import ModelSettings


def models_with_others(study: Study) -> list[ModelSettings]:
    """The models fitted with others' patients: those named, or headline and comparator.

    None where no other cohort is named.
    """
    if not study.also.cohorts:
        return []
    names = study.also.models or (study.headline.name, study.comparator.model)
    return [model for model in study.models if model.name in names]


def name_at_common_genes(model: str) -> str:
    """What a model of the study's own patients is called at the genes that all cohorts have."""
    return f"{model}, common genes"


def name_with_others(model: str, study: Study) -> str:
    """What a model is called that learns from the other cohorts' patients as well."""
    return f"{model} + {counted(len(study.also.cohorts), 'cohort')}"


def names_beside(model: str, study: Study) -> tuple[str, str]:
    """Of a model both names that it may have beside its own."""
    return name_at_common_genes(model), name_with_others(model, study)
