"""Sample types: any spelling of a tissue to one of five words."""

from __future__ import annotations

UNKNOWN = "unknown"

_TISSUE_WORDS = (
    ("normal", ("normal", "adjacent", "healthy", "11")),
    ("metastatic", ("metasta", "06", "07")),
    ("recurrent", ("recurren", "relapse", "02")),
    ("primary", ("primary", "tumor", "tumour", "01")),
)


def canonical_tissue(value: object) -> str:
    """Map any spelling of a sample type to one of five: "unknown" is the fifth."""
    word = str(value).strip().lower()
    for tissue, fragments in _TISSUE_WORDS:
        if any(
            word == fragment if fragment.isdigit() else fragment in word
            for fragment in fragments
        ):
            return tissue
    return UNKNOWN
