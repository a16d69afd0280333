"""What manifests are made of: parts without unknown entries, genes, intervals."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import gene_identifiers

Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A part of a manifest, none of whose entries may be unknown or infinite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Genes(Part):
    """The genes that the model takes, in order, under every identifier known.

    ``id`` holds the cohort's own ids; other lists have an empty text where the
    identifier of a gene is unknown.
    """

    id: list[str] = Field(min_length=1)
    others: dict[str, list[str]]

    @classmethod
    def of_cohort(cls, cohort: Cohort, columns: Iterable[int]) -> Self:
        """Some genes of a cohort, by their columns."""
        chosen = list(columns)
        names = {
            kind: [every[column] for column in chosen]
            for kind, every in gene_identifiers(cohort).items()
        }
        return cls(id=names.pop("gene_id"), others=names)

    @model_validator(mode="after")
    def _same_length(self) -> Genes:
        if any(len(names) != len(self.id) for names in self.others.values()):
            raise ValueError("the lists of identifiers differ in length")
        if len(set(self.id)) < len(self.id):
            raise ValueError("a gene occurs twice")
        return self

    def joined(self, others: Genes | None) -> Genes:
        """These genes and further ones, each once."""
        if others is None:
            return self
        more = [gene for gene, name in enumerate(others.id) if name not in set(self.id)]
        kinds = {*self.others, *others.others}

        def both(own: list[str], further: list[str]) -> list[str]:
            return [*own, *(further[gene] for gene in more)]

        blank = [""] * max(len(self.id), len(others.id))
        return Genes(
            id=both(self.id, others.id),
            others={
                kind: both(
                    self.others.get(kind, blank[: len(self.id)]),
                    others.others.get(kind, blank),
                )
                for kind in sorted(kinds)
            },
        )

    @cached_property
    def names(self) -> list[str]:
        """Symbols where known, else ids."""
        symbols = self.others.get("symbol", self.id)
        return [symbol or gene for symbol, gene in zip(symbols, self.id, strict=True)]


class Interval(Part):
    """An estimate with its 95% interval; no ends where the data give none."""

    value: float
    ci_low: float | None
    ci_high: float | None

    def in_words(self) -> str:
        """The estimate and its interval."""
        if self.ci_low is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} (95% interval {self.ci_low:.2f} to {self.ci_high:.2f})"

    def in_brackets(self) -> str:
        """The same where it is said already what the brackets are."""
        return self.in_words().replace("95% interval ", "")
