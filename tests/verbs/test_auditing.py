"""The audit from Python: findings as a sequence and as a table."""

import deepcme
from tests.conftest import invented_cohort


def test_findings_are_a_sequence_and_a_table(tmp_path):
    cohort = invented_cohort()
    findings = deepcme.audit(cohort)
    assert [finding.code for finding in findings] == findings.frame()["code"].tolist()
    assert findings.frame().columns.tolist() == [
        *("code", "severity", "title", "evidence", "advice"),
    ]
    assert all(finding.severity == "severe" for finding in findings.severe)
    cohort.save(tmp_path / "cohort.h5ad")
    assert [*deepcme.audit(tmp_path / "cohort.h5ad")] == [*findings]


def test_they_show_themselves_on_a_screen():
    findings = deepcme.audit(invented_cohort())
    text = repr(findings)
    assert all(finding.code in text for finding in findings)
    assert len(text.splitlines()) <= 25
    assert findings[0].code in findings._repr_html_()
