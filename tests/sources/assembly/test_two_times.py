"""Time of death and time of last follow-up, as each portal's tables hold them."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.identity import annotate
from deepcme.sources.assembly.joining import join_clinical
from deepcme.sources.xena import cohort_from_xena
from tests.cohort.endpoints.horizon import labelled_at

PATIENTS = [f"TCGA-A1-A{i:03d}" for i in range(6)]
DEAD = [True, True, False, False, False, True]
DEATH = ["400", "2000", None, None, None, None]
FOLLOWED = [None, "1900", "1500", "900", None, "100"]
LABELLED = {PATIENTS[0]: 1, PATIENTS[1]: 0, PATIENTS[2]: 0}


@pytest.fixture
def expression(tmp_path):
    path = tmp_path / "HiSeqV2"
    header = "\t".join(["sample", *(f"{patient}-01" for patient in PATIENTS)])
    rows = [f"{gene}\t" + "\t".join(["1.5", "7.25"] * 3) for gene in ("TP53", "EGFR")]
    path.write_text("\n".join([header, *rows, ""]))
    return path


def table(folder, columns, missing, words, rows_each=1, more=()):
    """A row, or some, for each patient: id, time of death, last follow-up, status."""
    lines = ["\t".join(columns)]
    for patient, dead, death, followed in zip(PATIENTS, DEAD, DEATH, FOLLOWED, strict=True):
        for row in range(rows_each):
            cells = [patient, death or missing, followed or missing, words[0 if dead else 1]]
            lines.append("\t".join([*cells, *(one.format(row) for one in more)]))
    path = folder / "clinical.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


def cohort(expression, clinical, time, event):
    rule = TimeToEvent(time, event, horizon=1000).label
    of_times = cohort_from_xena(expression, rule, clinical=[read_clinical(clinical)])
    return leave_out_censored(of_times)


@pytest.mark.parametrize(
    ("columns", "missing", "words"),
    [
        (
            ("case_submitter_id", "days_to_death", "days_to_last_follow_up", "vital_status"),
            "'--",
            ("Dead", "Alive"),
        ),
        (
            (
                *("cases.submitter_id", "demographic.days_to_death"),
                *("diagnoses.days_to_last_follow_up", "demographic.vital_status"),
            ),
            "'--",
            ("Dead", "Alive"),
        ),
        (
            ("bcr_patient_barcode", "death_days_to", "last_contact_days_to", "vital_status"),
            "[Not Applicable]",
            ("Dead", "Alive"),
        ),
        (
            ("PATIENT_ID", "DEATH_DAYS", "FOLLOW_UP_DAYS", "OS_STATUS"),
            "",
            ("1:DECEASED", "0:LIVING"),
        ),
    ],
)
def test_one_follow_up_of_two_columns(tmp_path, expression, columns, missing, words):
    several = ("treatment {}",) if columns[0].startswith("case") else ()
    name = ("treatments.treatment_type",) if several else ()
    path = table(tmp_path, (*columns, *name), missing, words, 1 + 2 * len(several), several)
    _, death, followed, status = columns
    found = cohort(expression, path, f"{death},{followed}", status)
    assert dict(zip(found.patients.tolist(), found.labels.tolist(), strict=True)) == LABELLED
    assert found.outcome.endpoint.left_out == {
        f"without a known {' or '.join(_plain(death, followed))}": 1,
        f"without a known {_plain(status)[0]}": 0,
        f"without a known {' or '.join(_plain(death, followed))} and {_plain(status)[0]}": 0,
        "censored before 1000": 2,
    }
    with pytest.raises(DeepCMEError, match=f"--time {_plain(death)[0]},{_plain(followed)[0]}"):
        cohort(expression, path, death, status)


def _plain(*columns):
    """Names as they are joined: without the GDC's entities."""
    return [name.rpartition(".")[2] for name in columns]


def test_impossible_times_of_a_portal_leave_out_by_name(tmp_path, expression):
    columns = ("PATIENT_ID", "DEATH_DAYS", "FOLLOW_UP_DAYS", "OS_STATUS")
    path = table(tmp_path, columns, "", ("1:DECEASED", "0:LIVING"))
    path.write_text(
        path.read_text().replace("\t1500\t", "\t-3\t").replace("\t900\t", "\t1200\t")
    )
    found = cohort(expression, path, "DEATH_DAYS,FOLLOW_UP_DAYS", "OS_STATUS")
    assert found.samples.tolist() == [f"{PATIENTS[i]}-01" for i in (0, 1, 3)]
    np.testing.assert_array_equal(found.labels, [1, 0, 0])
    warning = "with an impossible time (TCGA-A1-A002-01: FOLLOW_UP_DAYS -3) were left out"
    assert any(warning in note for note in found.notes)
    labelled = found.flow[-1]
    assert any("impossible time" in reason for reason in labelled.left_out)


@pytest.mark.shared
def test_biotab_of_breast_cancer(shared_data):
    """The living have a last contact and the dead a death; three have negative times."""
    folder = shared_data / "resources" / "tcga_brca_biotab"
    tables = [read_clinical(path) for path in sorted(folder.glob("*clinical_*brca.txt"))]
    samples = [f"{patient}-01" for patient in tables[-1].rows.index]
    joined, _ = join_clinical(annotate(samples), tables)
    labels = labelled_at(joined, "death_days_to,last_contact_days_to", "vital_status", 1825)
    assert labels.values.value_counts().to_dict() == {0: 253, 1: 99}
    assert "3 samples with an impossible time (TCGA-A8-A082-01" in labels.notes()[0]
    pair = ("death_days_to", "last_contact_days_to")
    for one, other in (pair, pair[::-1]):
        with pytest.raises(DeepCMEError, match=f"give both, as --time {one},{other}"):
            labelled_at(joined, one, "vital_status", 1825)
