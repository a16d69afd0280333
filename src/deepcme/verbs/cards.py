"""Model cards from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from deepcme.report.card.answers import check_answers, read_answers, write_template
from deepcme.report.card.card import Card
from deepcme.report.card.checked import Checked
from deepcme.report.card.writing import card_of_folder, require_kind, write_card
from deepcme.trained.files import load_model
from deepcme.trained.model import Model
from deepcme.trained.self_test import require_self_test

__all__ = ["card"]


class Trained(Protocol):
    """What has a model, as `TrainedModel` does."""

    @property
    def model(self) -> Model:
        """The model."""


def card(
    model: Trained | str | Path,
    out: str | Path,
    *,
    validations: Sequence[str | Path] = (),
    answers: Mapping[str, str] | str | Path | None = None,
) -> Path:
    """Write the card of a model, as `deepcme card` does.

    Parameters
    ----------
    model : TrainedModel or path
        A model, or its folder; checksums of its files are known of a folder.
    out : path
        ``.html``, ``.md``, or ``.xml`` after the CHAI Applied Model Card.
    validations : sequence of path
        Results of `deepcme.validate` of this model.
    answers : mapping or path, optional
        What no file can know, such as ``intended_use`` and ``contact``, or a TOML file of it.

    Returns
    -------
    Path

    Raises
    ------
    DeepCMEError
        If the file is of another kind, there is no such question, or a validation is of
        another model.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> deepcme.train(cohort, model="LR", repeats=1, quiet=True).save("a-model")
    >>> deepcme.card("a-model", "card.md", answers={"contact": "someone@example.org"}).name
    'card.md'
    """
    path = Path(out)
    require_kind(path)
    of = (
        _of_folder(Path(model)) if isinstance(model, str | Path) else Card("model", model.model)
    )
    said = (
        read_answers(Path(answers))
        if isinstance(answers, str | Path)
        else check_answers(answers or {}, "answers")
    )
    checked = [Checked.read(Path(folder), of.model) for folder in validations]
    write_card(replace(of, answers=said, checked=checked), path)
    return path


def write_answers_template(model: Path, path: Path) -> None:
    """Write a file of answers to fill in, of the model in a folder."""
    write_template(path, _of_folder(model).name)


def _of_folder(folder: Path) -> Card:
    model = load_model(folder)
    require_self_test(model)
    return card_of_folder(folder, model)
