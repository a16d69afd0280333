"""Whole studies and what their reports claim: `tests/report/null_studies.py` in full."""

import pytest

from tests.report import null_studies
from tests.report.null_studies import FOLDS, Kind, count_claims, find_claims

QUICK = {"models": ["LR-tuned", "KNN"], "split": FOLDS}


def test_a_strong_signal_is_claimed_and_noise_is_not():
    claims = find_claims(Kind(QUICK, genes=1.5), seed=1)
    assert "above chance" in claims
    assert "sentence: not compared" not in claims  # KNN is there to be compared with
    assert find_claims(Kind(QUICK), seed=1) == []


def test_reports_are_counted_by_what_they_claim(monkeypatch, tmp_path):
    monkeypatch.setattr(null_studies, "KINDS", {"odd": Kind(QUICK, errs="win|above chance")})
    monkeypatch.setattr(
        null_studies, "find_claims", lambda _, seed: ["win", "tie"] if seed % 2 else ["tie"]
    )
    table = count_claims(studies=4, jobs=1)
    assert table["claim anything"].tolist() == [2, 2]
    assert table["share"].tolist() == ["0.500 (0.150 to 0.850)"] * 2
    assert table["claims"].tolist() == ["win 2"] * 2
    pages = [tmp_path / "page.md", tmp_path / "template.md"]
    for page in pages:
        page.write_text("Before\n<!-- reports -->\nold\n<!-- end -->\nafter\n")
    null_studies.write_page(table, pages)
    assert pages[0].read_text() == pages[1].read_text()
    assert (
        "| all | 4 | 2 | 0.500 (0.150 to 0.850) | win 2 |\n<!-- end -->" in pages[0].read_text()
    )
    assert "old" not in pages[0].read_text()


@pytest.mark.slow
def test_reports_on_noise_claim_anything_in_at_most_five_of_a_hundred(say):
    """Fifty of each kind; the page on the statistics has more."""
    table = count_claims(studies=50, jobs=2)
    say(table.to_string())
    every = table.set_index("studies").loc["all"]
    assert every["claim anything"] <= 0.05 * every["reports"]
