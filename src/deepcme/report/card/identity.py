"""Which model it is: version, day, checksums, and what it was made with."""

from __future__ import annotations

from collections.abc import Iterator

from deepcme.report.blocks import Blocks, Heading, Table, Terms, Text
from deepcme.report.card.answers import NOT_GIVEN
from deepcme.report.card.card import Card
from deepcme.report.formatting import Shown

UNSAVED = "Not known: the model was not saved when this card was written."


def write_identity(card: Card) -> Blocks:
    """Names and numbers by which a model is known, and the makers' answers."""
    yield Heading("Which model it is", "identity")
    yield Terms([*describe_identity(card)])
    if not card.files:
        return
    rows = [[name, digest] for name, digest in sorted(card.files.items())]
    caption = "SHA-256 of the model's files, as its manifest has them."
    yield Table("files", Shown(caption, ["File", "SHA-256"], [False, False], rows), wrap=True)
    yield Text(
        "The SHA-256 of the manifest is of its content in canonical JSON (keys sorted, no "
        "spaces, without the digest itself), which names these files: whoever has it can tell "
        "whether a model is this one.",
        muted=True,
    )


def describe_identity(card: Card) -> Iterator[tuple[str, str]]:
    """Name, version, day, SHA-256, software; developer, contact and licence if given."""
    manifest = card.manifest
    yield "Name", card.name
    yield "Version", manifest.version or NOT_GIVEN
    yield "Trained on", manifest.date or NOT_GIVEN
    yield "Model", card.kind
    yield "SHA-256 of the manifest", card.model.sha256 or UNSAVED
    yield "Training cohort's SHA-256", manifest.cohort.fingerprint
    yield "Made with", f"deepcme {manifest.package_version}"
    for label, key in (
        ("Developer", "developer"), ("Contact", "contact"), ("Licence", "licence"),
        ("Citation", "citation"), ("Papers", "publications"), ("Funding", "funding"),
        ("Interests", "interests"),
    ):  # fmt: skip
        yield label, card.answer(key)
