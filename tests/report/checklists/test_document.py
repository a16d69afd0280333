"""Both checklists are a Word file or Markdown, and none that an author filled in is replaced."""

import sys

import docx
import pandas as pd
import pytest
from typer.testing import CliRunner

from deepcme import DeepCMEError
from deepcme.cli.commands import app
from deepcme.report.checklists import document
from deepcme.report.checklists.document import write_checklists
from deepcme.report.checklists.word import write_word
from deepcme.report.contents import compute_contents
from deepcme.report.sections.guidelines import Checklist
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder
from tests.conftest import invented_cohort

ODD = "a\x0b b \x1b[31m < & > \ud800\u202e \n new line"
TABLE = pd.DataFrame(
    {
        "number": ["1", "2"],
        "topic": ["Title", "Data"],
        "asks": ["A title", "Their source"],
        "answer": ["Author must state: a title.", f"{ODD} Author must state: more."],
        "status": ["author", "partly"],
    }
)
CHECKLIST = Checklist("TRIPOD+AI", "Somebody, 2024", TABLE, "1 of 2 items are answered.")


def tables_of(path):
    return [
        [[cell.text for cell in row.cells] for row in table.rows]
        for table in docx.Document(str(path)).tables
    ]


def test_a_word_file_has_a_table_with_an_empty_column_for_the_page(tmp_path):
    write_word(tmp_path / "c.docx", "A study", "An introduction.", [CHECKLIST])
    (table,) = tables_of(tmp_path / "c.docx")
    assert table[0] == ["Item", "Asks", "Answer", "Who answers", "Page"]
    assert table[1] == ["1", "Title: A title", "Author must state: a title.", "author", ""]
    written = docx.Document(str(tmp_path / "c.docx"))
    texts = [paragraph.text for paragraph in written.paragraphs]
    assert "1 of 2 items are answered. After Somebody, 2024." in texts
    header = written.tables[0].rows[0]._tr.trPr
    assert header.xpath("w:tblHeader")


def test_what_the_author_must_state_is_bold(tmp_path):
    write_word(tmp_path / "c.docx", "A study", "An introduction.", [CHECKLIST])
    cell = docx.Document(str(tmp_path / "c.docx")).tables[0].rows[2].cells[2]
    bold = [run.text for run in cell.paragraphs[0].runs if run.bold]
    assert bold == ["Author must state: more."]


def test_text_of_strangers_is_text(tmp_path):
    write_word(tmp_path / "c.docx", ODD, "An introduction.", [CHECKLIST])
    text = tables_of(tmp_path / "c.docx")[0][2][2]
    assert text.startswith("a  b  [31m < & >")
    assert "\u202e" not in text


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """Of a study of a model without probabilities."""
    path = tmp_path_factory.mktemp("checklist")
    invented_cohort().save(path / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 2},
            "models": ["SVC"],
        }
    )
    return compute_contents(run_study(study, path / "out", jobs=1, quiet=True))


@pytest.fixture
def folder(contents, monkeypatch):
    monkeypatch.setattr(document, "compute_contents", lambda _: contents)
    return contents.results.folder


def test_the_command_writes_both_checklists_and_says_how_much_is_filled(folder, tmp_path):
    output = tmp_path / "checklist.docx"
    ran = CliRunner().invoke(app, ["checklist", str(folder.path), "-o", str(output)])
    assert ran.exit_code == 0, ran.output
    assert f"Wrote {output}." in ran.output.replace("\n", "")
    assert "of 52 items are answered by the study" in ran.output
    tripod, probast = tables_of(output)
    assert len(tripod) == 53
    assert any("Calibration: no." in row[2] for row in probast)
    with pytest.raises(DeepCMEError, match="is there already; name another or delete it"):
        write_checklists(folder, output)


def test_markdown_says_the_same(folder, tmp_path):
    (tripod, probast) = write_checklists(folder, tmp_path / "checklist.md")
    text = (tmp_path / "checklist.md").read_text(encoding="utf-8")
    assert text.startswith("# invented: TRIPOD+AI and PROBAST+AI")
    for checklist in (tripod, probast):
        assert f"## {checklist.name}" in text
        assert checklist.filled in text
    assert text.count("\n| ") >= 2 + len(tripod.table) + len(probast.table)


def test_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(DeepCMEError, match=r"written as \.docx or \.md; name such a file"):
        write_checklists(StudyFolder(tmp_path), tmp_path / "checklist.pdf")


def test_without_python_docx_the_way_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    monkeypatch.setattr(document, "compute_contents", lambda _: pytest.fail("computed"))
    with pytest.raises(
        DeepCMEError, match=r"pip install 'deepcme\[docx\]', or name a Markdown"
    ):
        write_checklists(StudyFolder(tmp_path), tmp_path / "checklist.docx")
