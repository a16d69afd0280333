"""The sections of a study file, each with its settings and their defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from deepcme.base.names import is_unicode, require_name
from deepcme.models.registry import KINDS, ModelKind
from deepcme.study.older import as_comparator_section

AUTOMATIC, NO_SIGNATURE = "auto", "none"
"""What stands for signatures that the cohort chooses, and for none."""

FEW_RUNS = 20
"""Null runs of a kind that is needed but was given no number."""


_NUMBERS = (int, float, int | None, float | None)


class Settings(BaseModel):
    """Settings that cannot be changed, and refuse those that do not exist."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _truth_is_no_number(cls, values: Any) -> Any:
        for name, value in values.items() if isinstance(values, dict) else ():
            field = cls.model_fields.get(name)
            if isinstance(value, bool) and field and field.annotation in _NUMBERS:
                raise ValueError(f"{name} must be a number, not {str(value).lower()}")
        return values


def require_different(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of a cohort, if each has a name and none is named twice."""
    for column in columns:
        require_name(column, "the name")
    if len(set(columns)) < len(columns):
        raise ValueError(f"a column is named twice: {', '.join(columns)}")
    return columns


class CohortSettings(Settings):
    """The cohort: a file, or an example that comes with the package.

    Of one of times to an event, `leave_out_censored` asks who had the event by the horizon,
    of those alone of whom it is known.
    """

    path: Path | None = None
    example: Literal["transbig"] | None = None
    leave_out_censored: bool = Field(False, strict=True)

    @model_validator(mode="after")
    def _one_of_both(self) -> CohortSettings:
        if (self.path is None) == (self.example is None):
            raise ValueError("give either a path or an example")
        if not is_unicode(str(self.path)):
            raise ValueError(f"the path {str(self.path)!a} is no UTF-8: rename the file")
        return self


class SurvivalSettings(Settings):
    """A study of times to an event.

    Up to `horizon`, in the unit of the times, the event is asked for; it is the cohort's
    unless named. Censoring depends on the clinical columns `censoring`, or on none.
    """

    horizon: float | None = Field(None, gt=0, allow_inf_nan=False)
    censoring: tuple[str, ...] = ()

    @field_validator("censoring", mode="after")
    @classmethod
    def _columns_differ(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        return require_different(columns)


class PreprocessingSettings(Settings):
    """Which tissue is kept and how expression is prepared."""

    tissue: Literal["primary", "all"]
    fit_on: Literal["train", "all"]
    min_prevalence: float = Field(ge=0, le=1)
    clip: float = Field(gt=0)


class ModelSettings(Settings):
    """One model of the study: a name, an estimator and parameters off its defaults."""

    name: str = Field(min_length=1)
    estimator: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _estimator_is_name(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value}
        if isinstance(value, dict) and "estimator" not in value and "name" in value:
            value = {**value, "estimator": value["name"]}
        return value

    @property
    def kind(self) -> ModelKind:
        """What its estimator can do."""
        return KINDS[self.estimator]

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        require_name(name, "the name")
        return name

    @field_validator("parameters", mode="after")
    @classmethod
    def _can_be_written(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        from deepcme.models.checking import as_written

        return {name: as_written(value) for name, value in parameters.items()}

    @model_validator(mode="after")
    def _can_be_made(self) -> ModelSettings:
        # Imported here: scikit-learn takes longer to load than a study file to check.
        from deepcme.models.checking import check_model

        check_model(self.name, self.estimator, self.parameters)
        return self


class ComparatorSettings(Settings):
    """What the model that the study is about is set beside, named before anything is fitted.

    Attributes
    ----------
    model : str or None
        Another of the study's models; None where there is none.
    signature : str
        The signature that the verdict tells of, of those that take part: a published one, or
        the name of one of `files`. ``auto`` is chosen by the cohort before anything is
        fitted, ``none`` is none.
    signatures : "auto", "none" or tuple of str
        Published signatures that take part, which are scored as published and not trained.
        ``auto`` is all of them, unless the cohort says that it is of another cancer.
    files : tuple of Path
        CSV files of gene and weight, each a signature that takes part as it is.
    clinical_index : {"auto", "none"}
        A published index of clinical columns, where the cohort has these.
    size, nodes, grade : str
        Columns that it is made of, where their names do not tell; ``nodes = "negative"`` states
        that nobody has a positive lymph node.
    """

    model: Annotated[str | None, BeforeValidator(lambda name: name or None)] = None
    signature: str = AUTOMATIC
    signatures: str | tuple[str, ...] = AUTOMATIC
    files: tuple[Path, ...] = ()
    clinical_index: Literal["auto", "none"] = "auto"
    size: str = ""
    nodes: str = ""
    grade: str = ""

    @property
    def components(self) -> dict[str, str]:
        """What the settings say of each component of a clinical index."""
        return {"size": self.size, "nodes": self.nodes, "grade": self.grade}

    @model_validator(mode="before")
    @classmethod
    def _text_is_model(cls, value: Any) -> Any:
        return as_comparator_section(value)

    @field_validator("signatures", mode="after")
    @classmethod
    def _by_their_names(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        from deepcme.models.signatures.published import load_signature

        if value in (AUTOMATIC, NO_SIGNATURE):
            return value
        named = (value,) if isinstance(value, str) else value
        return tuple(dict.fromkeys(load_signature(name).name for name in named))

    @model_validator(mode="after")
    def _files_have_names(self) -> ComparatorSettings:
        names = [*map(signature_name, self.files)]
        for name in names:
            require_name(name, "the name of a signature's file")
        if len(set(names)) < len(names):
            raise ValueError(f"two signatures have the same name: {', '.join(names)}")
        return self


def signature_name(file: Path | str) -> str:
    """What a user's own signature is called: its file's name without its ending."""
    return Path(file).name.partition(".")[0]


class GridSettings(Settings):
    """Search over the paper's hyper-parameters, decided on validation data alone."""

    search: Literal["none", "fig7", "full"] = "none"


class SelectionSettings(Settings):
    """Gene selection beside the models: panels, stability, decoys, gene scores.

    `rankers` order the genes; the first of them also meets decoys and halves of
    the patients. Of times ``cox-lasso`` takes the place of ``l1-logistic``. `pairs` of
    complementary halves are drawn.
    """

    run: bool = False
    rankers: tuple[
        Literal["soft-path", "l1-logistic", "mean-rank", "t-test", "cox-lasso", "cox-score"],
        ...,
    ] = Field(default=("soft-path", "l1-logistic"), min_length=1)
    random_panels: int = Field(default=10, ge=1, le=1000)
    pairs: int = Field(default=25, ge=1, le=1000)


class NullSettings(Settings):
    """Reruns of the study's headline where there is nothing special to find.

    Whoever asks for gene sets or signatures also gets `FEW_RUNS` of what these
    stand beside, random sets and permuted labels, unless told otherwise.
    """

    permutations: int = Field(default=0, ge=0, le=100_000)
    gene_sets: int = Field(default=0, ge=0, le=100_000)
    sizes: tuple[Annotated[int, Field(ge=1, strict=True)], ...] = ()
    signatures: tuple[Path, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_in_what_they_stand_beside(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        filled = dict(value)
        if filled.get("signatures"):
            filled.setdefault("gene_sets", FEW_RUNS)
        if filled.get("signatures") or filled.get("gene_sets"):
            filled.setdefault("permutations", FEW_RUNS)
        return filled

    @model_validator(mode="after")
    def _signatures_differ(self) -> NullSettings:
        names = [path.stem for path in self.signatures]
        for name in names:
            require_name(name, "the name of a signature's file")
        if len(set(names)) < len(names):
            raise ValueError(f"two signatures have the same name: {', '.join(names)}")
        return self


class InstabilitySettings(Settings):
    """A model developed again on bootstrap samples of the patients.

    Without a name it is what the study is about, or the comparator if that is a network or a
    committee.
    """

    refits: int = Field(default=0, ge=0, le=10_000)
    model: str = ""


class ClinicalSettings(Settings):
    """Clinical columns beside the genes, and the model that stands for the genes.

    Missing values are filled, or have an indicator beside the filled column; the gene model
    is rerun so often with the patients' expression permuted.
    """

    columns: tuple[str, ...] = Field(min_length=1)
    genes: str = "DeepCME-ensemble"
    missing: Literal["fill", "indicator"] = "fill"
    permutations: int = Field(default=0, ge=0, le=100_000)

    @model_validator(mode="after")
    def _columns_differ(self) -> ClinicalSettings:
        require_different(self.columns)
        return self


class AlsoSettings(Settings):
    """Other cohorts whose patients some models learn from as well.

    Without names these are the model that the study is about and its comparator.
    """

    cohorts: tuple[Path, ...] = ()
    models: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> AlsoSettings:
        for named in (self.cohorts, self.models):
            if len(set(named)) < len(named):
                raise ValueError(f"one is named twice: {', '.join(map(str, named))}")
        return self


class GeneSetSettings(Settings):
    """Sets of genes that are looked for in the ranking of genes.

    `files` are GMT. A set is tested with `fewest` to `most` of its genes measured.
    """

    files: tuple[Path, ...] = ()
    fewest: int = Field(default=10, ge=2)
    most: int = Field(default=500, ge=2)

    @model_validator(mode="after")
    def _fewest_comes_first(self) -> GeneSetSettings:
        if self.most < self.fewest:
            raise ValueError(f"most is {self.most} and fewest {self.fewest}: raise most")
        return self


class DecisionSettings(Settings):
    """Which risks one would act at, and which specificities one would ask for.

    The report reads them; nothing is fitted with them. The lowest and the highest threshold
    are the ends of the range that makes clinical sense.
    """

    thresholds: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3)
    specificities: tuple[float, ...] = (0.8, 0.9)

    @field_validator("thresholds", "specificities", mode="after")
    @classmethod
    def _between_0_and_1(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if not values:
            raise ValueError("name at least one, such as 0.2")
        for value in values:
            if not 0 < value < 1:
                raise ValueError(f"each lies above 0 and below 1, such as 0.2, not {value:g}")
        if len(set(values)) < len(values):
            named = ", ".join(f"{value:g}" for value in values)
            raise ValueError(f"one is named twice: {named}")
        return tuple(sorted(values))


class SubgroupSettings(Settings):
    """By which columns of the cohort the report looks at patients of one kind.

    ``auto``: receptors, age, grade, nodes and centre, and others that divide the patients.
    The report reads it; nothing is fitted with it.
    """

    columns: tuple[str, ...] | Literal["auto"] = "auto"

    @field_validator("columns", mode="before")
    @classmethod
    def _are_names(cls, columns: Any) -> Any:
        is_list = isinstance(columns, list | tuple) and len(columns) > 0
        if columns != "auto" and not (is_list and all(isinstance(of, str) for of in columns)):
            raise ValueError('name columns of the cohort, such as ["er", "age"], or "auto"')
        return require_different(tuple(columns)) if is_list else columns

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that are named; none where they are found."""
        return () if isinstance(self.columns, str) else self.columns
