"""A panel written as a table, a formula in words, or ONNX, by the ending of the file."""

from __future__ import annotations

from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import whole_file, write_csv, write_text
from deepcme.report.exports.formula import write_formula
from deepcme.report.exports.onnx_graph import make_onnx
from deepcme.trained.model import Model
from deepcme.trained.panels.coefficients import list_panel_genes, require_panel

ENDINGS = (".csv", ".md", ".onnx")


def write_export(model: Model, path: Path) -> None:
    """Write it, whole or not at all.

    Raises
    ------
    DeepCMEError
        If the model is no panel, the ending is another, or a panel of networks has no formula.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise DeepCMEError(
            f"{path}: name the file .csv (genes and coefficients), .md (a formula in words) or "
            ".onnx."
        )
    require_panel(model)
    if ending == ".csv":
        write_csv(path, list_panel_genes(model))
    elif ending == ".md":
        write_text(path, write_formula(model))
    else:
        packed = make_onnx(model)
        with whole_file(path) as temporary:
            temporary.write_bytes(packed)
