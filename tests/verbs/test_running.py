"""A study of a cohort in memory, from the front door to its plots."""

import contextlib
from pathlib import Path

import pytest

import deepcme
from deepcme import DeepCMEError, plots
from deepcme.study.plan import make_plan
from deepcme.study.run import load_cohort
from deepcme.verbs import running
from tests.conftest import invented_cohort

ASKED = {"models": ["LR", "DT"], "repeats": 1, "quiet": True}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    out = tmp_path_factory.mktemp("studies") / "study"
    return deepcme.run(invented_cohort(), out=out, **ASKED)


@pytest.fixture
def without_report(monkeypatch):
    """Stop where the report would begin: what a run fits is enough."""

    class ReachedError(Exception):
        pass

    def stop(*_args, **_options):
        raise ReachedError

    monkeypatch.setattr(running, "compute_contents", stop)
    return ReachedError


def test_report_and_page_are_there_and_the_cohort_is_kept(result):
    assert set(result.report.tables["discrimination"]["model"]) == {"LR", "DT"}
    assert result.page.is_file()
    kept = deepcme.Cohort.load(result.folder / "cohort.h5ad")
    assert kept.fingerprint == invented_cohort().fingerprint
    assert result.study.cohort.path == result.folder / "cohort.h5ad"


def test_a_result_is_found_from_another_folder(result, tmp_path, monkeypatch):
    monkeypatch.chdir(result.folder.parent)
    relative = running.StudyResult(Path(result.folder.name), result.report)
    monkeypatch.chdir(tmp_path)
    assert str(result.folder) in repr(relative)


def test_it_goes_on_where_it_stopped_and_fits_nothing_twice(result, without_report, capfd):
    with pytest.raises(without_report):
        deepcme.run(invented_cohort(), out=result.folder, **{**ASKED, "quiet": False})
    assert "5 of 5" in capfd.readouterr().err.replace("10 of 10", "5 of 5")


def test_other_patients_are_no_study_of_that_folder(result):
    with pytest.raises(DeepCMEError, match="choose another --out"):
        deepcme.run(invented_cohort(seed=1), out=result.folder, **ASKED)
    kept = deepcme.Cohort.load(result.folder / "cohort.h5ad")
    assert kept.fingerprint == invented_cohort().fingerprint


def test_a_cohort_in_memory_and_in_a_file_are_one_study(result, tmp_path):
    path = tmp_path / "file.h5ad"
    invented_cohort().save(path)
    asked = running.settings_asked(models=ASKED["models"], repeats=1)
    study, name = running.study_asked(path, asked)
    assert name == "file"
    planned = make_plan(study, load_cohort(study)).study
    assert planned.model_dump(exclude={"cohort"}) == result.study.model_dump(exclude={"cohort"})


@pytest.mark.usefixtures("without_report")
def test_results_go_where_those_of_the_command_would(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = []
    monkeypatch.setattr(running, "run_study", lambda _, folder, **__: folders.append(folder))
    for asked in ({}, {"quick": True}, {"out": "here"}):
        with contextlib.suppress(Exception):
            deepcme.run(invented_cohort(), models=["LR", "DT"], **asked)
    assert [*map(str, folders)] == ["results/invented-honest", "results/invented-quick", "here"]


@pytest.mark.parametrize("shown", ["result", "report", "verdict", "study"])
def test_each_shows_itself_on_a_screen(result, shown):
    of = {
        "result": result,
        "report": result.report,
        "verdict": result.report.verdict,
        "study": result.study,
    }[shown]
    text = repr(of)
    assert 1 < len(text.splitlines()) <= 25
    assert max(map(len, text.splitlines())) <= 100
    assert of._repr_html_().startswith("<div>")


def test_the_report_opens_with_its_sentence_and_names_what_it_has(result):
    text = " ".join(repr(result.report).split())
    assert result.report.verdict.sentence in text
    assert "discrimination" in text
    with pytest.raises(KeyError, match="did you mean 'discrimination'"):
        result.report.tables["discriminaton"]


def test_every_chart_of_a_report_has_a_function(result):
    drawn = set()
    for name in set(plots.__all__) - {"Plot", "plot"}:
        try:
            drawn.add(getattr(plots, name)(result).name)
        except KeyError as error:
            assert str(error).startswith("This study has no such chart")
    assert drawn == set(result.report.charts)


def test_what_is_no_study_has_no_charts(result):
    with pytest.raises(DeepCMEError, match=r"^A DataFrame has no charts: give what"):
        plots.roc(result.report.tables["roc"])
    with pytest.raises(DeepCMEError, match=r"^Unknown figures 'print'"):
        deepcme.report(result, figures="print")


def test_a_plot_has_its_table_and_is_a_file(result, tmp_path):
    plot = plots.roc(result.report)
    assert plot.frame().equals(result.report.tables["roc"])
    assert plot.frame() is not result.report.tables["roc"]
    assert "text/html" in plot._repr_mimebundle_() or "text/plain" in plot._repr_mimebundle_()
    with pytest.raises(DeepCMEError, match=r"name the file \.svg"):
        plot.save(tmp_path / "roc.bmp")
    plots.plot(result, "roc").save(tmp_path / "roc.svg")
    assert (tmp_path / "roc.svg").read_bytes().startswith(b"<svg")


def test_a_chart_that_a_study_lacks_says_what_takes_it(result):
    with pytest.raises(KeyError, match="takes a study of times to an event"):
        plots.kaplan_meier(result)
