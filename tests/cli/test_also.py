"""`deepcme run --also`: other cohorts are refused in one sentence before anything is fitted."""

import pytest

from tests.cli.command import deepcme
from tests.study.others.cohorts import labelled, timed


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["gone.h5ad"], "gone.h5ad: "),
        (["own.h5ad"], "this is the cohort of the study itself"),
        (["times.h5ad"], "it has a survival outcome and own a binary one"),
        (["same.h5ad"], "1 sample (same-0) of same is of patients whom own has by their ids"),
        (["same.h5ad", "same.h5ad"], "also: one is named twice"),
    ],
)
def test_what_cannot_be_learned_from_beside_a_cohort_is_refused(tmp_path, given, words):
    labelled("own").save(tmp_path / "own.h5ad")
    if "times.h5ad" in given:
        timed("times", seed=2).save(tmp_path / "times.h5ad")
    if "same.h5ad" in given:
        same = labelled("same", seed=3)
        same.obs["patient"] = ["patient-own-7", *same.patients[1:]]
        same.save(tmp_path / "same.h5ad")
    asked = [word for path in given for word in ("--also", path)]
    refused = deepcme("run", "own.h5ad", "--out", "out", *asked, cwd=tmp_path)
    assert refused.returncode == 2
    assert words in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_study_file_names_other_cohorts_from_its_folder(tmp_path):
    (tmp_path / "studies").mkdir()
    labelled("own").save(tmp_path / "studies" / "own.h5ad")
    (tmp_path / "studies" / "study.toml").write_text(
        '[cohort]\npath = "own.h5ad"\n[also]\ncohorts = ["gone.h5ad"]\n'
    )
    refused = deepcme("run", "studies/study.toml", "--out", "out", cwd=tmp_path)
    assert refused.returncode == 2
    assert "studies/gone.h5ad: there is no such file" in refused.stderr
