"""What no file can know of a model: questions, and the answers of a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import write_text
from deepcme.base.files.inputs import require_file
from deepcme.base.names import require_text

NOT_GIVEN = "Not given"
"""What stands on a card where neither a file nor the user says anything."""


@dataclass(frozen=True)
class Question:
    """What is asked of whoever hands a model on: the key of the answer, and what it is."""

    key: str
    asks: str


QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "The model and its makers": (
        Question("developer", "Person or organisation that made the model."),
        Question("contact", "Where to send questions and comments."),
        Question("licence", "Licence of the model."),
        Question("citation", "How to cite it."),
        Question("publications", "Peer-reviewed papers on it."),
        Question("bibliography", "References in BibTeX."),
        Question("funding", "Who paid for it, and the funder's role."),
        Question("interests", "Conflicts of interest."),
    ),
    "What it is for": (
        Question("background", "Health context, rationale, and models that there are."),
        Question("intended_use", "What it is for: the decision, the point of care, the way."),
        Question("users", "Who is to use it."),
        Question("population", "Patients whom it is for."),
        Question("out_of_scope", "What it is not for."),
        Question("needed_of_users", "What users must do and know."),
        Question("next_steps", "What is to follow, and where it may apply."),
    ),
    "The patients that it was learned from": (
        Question("dates", "First and last date of accrual, and the end of follow-up."),
        Question("setting", "Setting, number and place of the centres."),
        Question("eligibility", "Who was included, and who was not."),
        Question("treatments", "Treatments received."),
        Question("platform", "Platform, kind of specimen, and how values were made of it."),
        Question("preparation", "What was done to the data before the cohort's file."),
        Question("outcome_assessment", "Who assessed the outcome, how, and whether blinded."),
        Question("sample_size", "How the number of patients was arrived at."),
        Question("representative", "Whom these patients stand for, and whom they do not."),
    ),
    "Fairness and ethics": (
        Question("inequalities", "Known inequalities in health between groups of patients."),
        Question("bias_mitigation", "What was done against bias."),
        Question("ethics", "Ethical considerations, approval and consent."),
        Question("involvement", "How patients and the public were involved, or that not."),
        Question("stakeholders", "Who else was consulted."),
        Question("clinical_risk", "Level of clinical risk."),
    ),
    "Openness": (
        Question("protocol", "The protocol, or none."),
        Question("registration", "The registration, or none."),
        Question("data_availability", "Where the data can be had."),
        Question("code_availability", "Where the code can be had."),
        Question("trial", "Clinical trials of it."),
        Question("interpretation", "What the results mean, beside earlier studies."),
        Question("further_limits", "Limits beside those that the files show."),
    ),
    "Release": (
        Question("availability", "Where in the world it can be had."),
        Question("regulation", "Regulatory approval, or none."),
        Question("reimbursement", "Whether anybody pays for its use."),
        Question("consent", "What patients are told of its use, and their consent."),
        Question("third_parties", "Software, data and services of others."),
        Question("maintenance", "Who watches over it, how, and how often it is renewed."),
        Question("security", "How it and the data are kept safe."),
    ),
}
"""By group; the card, TRIPOD+AI and the card in XML take each answer to where it belongs."""

KEYS = tuple(question.key for group in QUESTIONS.values() for question in group)


def read_answers(path: Path) -> dict[str, str]:
    """The answers of a file, of those questions that it answers.

    Raises
    ------
    DeepCMEError
        Naming the file, and a key that is no question, or an answer that is no text.

    Examples
    --------
    >>> from pathlib import Path
    >>> from deepcme.report.card.answers import read_answers
    >>> _ = Path("card.toml").write_text('contact = "someone@example.org"')
    >>> read_answers(Path("card.toml"))
    {'contact': 'someone@example.org'}
    """
    require_file(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DeepCMEError(
            f"{path}: the file of answers cannot be read as TOML ({error}); begin with the one "
            "that `deepcme card MODEL --answers-template FILE` writes."
        ) from error
    return check_answers(content, str(path))


def check_answers(answers: Mapping[str, object], where: str) -> dict[str, str]:
    """Those that say something, if each is the text of an answer to a question.

    Raises
    ------
    DeepCMEError
        Naming where they are from and the key.
    """
    said = {}
    for key, value in answers.items():
        if key not in KEYS:
            raise DeepCMEError(
                f"{where}: there is no question {key!r}; those that there are: "
                f"{', '.join(KEYS)}."
            )
        if not isinstance(value, str):
            raise DeepCMEError(
                f"{where}: the answer to {key!r} is no text; write it in quotes."
            )
        require_text(value, f"{where}: the answer to {key!r}")
        said[key] = value.strip()
    return {key: value for key, value in said.items() if value}


def template_of_answers(model: str) -> str:
    """The text of a file of answers to fill in, of a model of this name."""
    shown = "".join(letter if letter.isprintable() else " " for letter in model)
    lines = [
        f"# What the card of {shown} cannot know by itself. What stays empty is shown as",
        f"# '{NOT_GIVEN}'. Longer answers go in triple quotes, over several lines.",
    ]
    for group, questions in QUESTIONS.items():
        lines += ["", f"# --- {group}"]
        for question in questions:
            lines += [f"# {question.asks}", f'{question.key} = ""']
    return "\n".join(lines) + "\n"


def write_template(path: Path, model: str) -> None:
    """Write a file of answers to fill in; one that is there may be filled in, and stays.

    Raises
    ------
    DeepCMEError
        If the file is there already.
    """
    if path.exists():
        raise DeepCMEError(f"{path}: the file is there already; name another or delete it.")
    write_text(path, template_of_answers(model))
