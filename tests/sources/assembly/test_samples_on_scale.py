"""Values of two kinds in one matrix are refused by every source, and the odd samples named."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.audit.audit import audit_cohort
from deepcme.base.notes import is_warning
from deepcme.cohort.cohort import Cohort
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.geo.geo import cohort_from_geo
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from deepcme.sources.xena import cohort_from_xena
from tests.invented_values import genes_at_levels

N = 20
SAMPLES = [f"GSM{100 + i}" for i in range(N)]


def mixed(odd):
    """Logs with a few linear samples."""
    linear = genes_at_levels(N)
    values = np.log2(linear + 1)
    values[odd] = linear[odd]
    return pd.DataFrame(values, SAMPLES, [f"gene{i}" for i in range(values.shape[1])])


def written_table(folder, values):
    values.to_csv(folder / "expression.csv", index_label="sample")
    labels = pd.DataFrame({"sample": SAMPLES, "relapse": [0, 1] * (N // 2)})
    labels.to_csv(folder / "samples.csv", index=False)
    return folder / "expression.csv", folder / "samples.csv"


def written_series(folder, values, name="A_series_matrix.txt", relapse=(0, 1)):
    rows = {
        "!Series_geo_accession": ["A"],
        "!Sample_geo_accession": values.index,
        "!Sample_characteristics_ch1": [f"relapse: {i}" for i in np.resize(relapse, N)],
    }
    lines = ["\t".join([key, *(f'"{cell}"' for cell in cells)]) for key, cells in rows.items()]
    table = values.T.to_csv(sep="\t", index_label="ID_REF")
    text = f"!series_matrix_table_begin\n{table}!series_matrix_table_end\n"
    (folder / name).write_text("\n".join(lines) + "\n" + text)
    return folder / name


@pytest.mark.parametrize("scale", [None, "log2", "rsem"])
def test_a_table_of_logs_with_linear_samples(tmp_path, scale):
    expression, samples = written_table(tmp_path, mixed([3, 8]))
    with pytest.raises(
        DeepCMEError,
        match=r"expression.csv: 2 of 20 samples \(GSM103, GSM108\) hold linear values .*: take "
        "the log of these samples first, or leave them out.$",
    ):
        cohort_from_tables(expression, samples, TableColumns("relapse"), scale=scale)


def test_samples_that_are_not_chosen_do_not_count(tmp_path):
    expression, samples = written_table(tmp_path, mixed([3]))
    table = pd.read_csv(samples).assign(kept=lambda t: t["sample"] != "GSM103")
    table.to_csv(samples, index=False)
    columns = TableColumns("relapse", where=[("kept", "True")])
    assert cohort_from_tables(expression, samples, columns).scale == "log2"


def test_a_series_and_a_matrix_of_xena(tmp_path):
    series = written_series(tmp_path, mixed([5]))
    with pytest.raises(DeepCMEError, match=r"A_series_matrix.txt: 1 of 20 samples \(GSM105\)"):
        cohort_from_geo([series], label_rule("relapse"))
    matrix = tmp_path / "TCGA.tsv"
    mixed([6]).T.to_csv(matrix, sep="\t", index_label="Ensembl_ID")
    with pytest.raises(DeepCMEError, match=r"TCGA.tsv: 1 of 20 samples \(GSM106\) hold linear"):
        cohort_from_xena(matrix, label_rule("relapse"))


def test_small_linear_values_are_doubted_unless_the_scale_is_said(tmp_path):
    small = pd.DataFrame(genes_at_levels(N) / 5_000, SAMPLES).add_prefix("gene")
    expression, samples = written_table(tmp_path, small.clip(upper=29))
    cohort = cohort_from_tables(expression, samples, TableColumns("relapse"))
    assert any(note.startswith("Warning: the values are as small as") for note in cohort.notes)
    said = cohort_from_tables(expression, samples, TableColumns("relapse"), scale="fpkm")
    assert not any(map(is_warning, said.notes))


def series_of(folder, name, first_id, values):
    samples = [f"GSM{first_id + i}" for i in range(N)]
    genes = [f"gene{i}" for i in range(values.shape[1])]
    return written_series(folder, pd.DataFrame(values, samples, genes), name)


def test_platforms_whose_logs_differ_are_warned_of(tmp_path):
    values = genes_at_levels(2 * N)
    logs, ratios = np.log2(values[:N] + 1), np.log2(values[N:] + 1)
    first = series_of(tmp_path, "A_series_matrix.txt", 100, logs)
    for name, other in (("B", ratios), ("C", ratios - ratios.mean(axis=0))):
        second = series_of(tmp_path, f"{name}_series_matrix.txt", 500, other)
        cohort = cohort_from_geo([first, second], label_rule("relapse"))
        warnings = [note for note in cohort.notes if is_warning(note)]
        assert len(warnings) == (name == "C"), warnings
    assert "C_series_matrix.txt holds many negative values" in warnings[0]


def test_platforms_of_different_linear_scales_are_warned_of(tmp_path):
    values = genes_at_levels(2 * N)
    first = series_of(tmp_path, "A_series_matrix.txt", 100, values[:N])
    second = series_of(tmp_path, "B_series_matrix.txt", 500, np.rint(values[N:]))
    cohort = cohort_from_geo([first, second], label_rule("relapse"))
    assert cohort.scale == "rsem"
    assert (
        "Warning: the files were taken for different scales (rsem, counts), and all go on as "
        "rsem: say --scale if they are of one." in cohort.notes
    )


def test_the_audit_finds_them_in_a_cohort_made_elsewhere():
    values = mixed([3])
    cohort = Cohort.from_arrays(
        values.to_numpy(),
        [0, 1] * (N // 2),
        samples=SAMPLES,
        genes=list(values),
        endpoint="relapse",
        scale="rsem",
    )
    (found,) = [finding for finding in audit_cohort(cohort) if finding.code == "DCM007"]
    assert "1 of 20 samples (GSM103) hold linear values" in found.evidence
