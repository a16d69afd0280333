"""A file of many: read either way round as `predict` reads it, told in a table, and kept here."""

import base64
import gzip
import time

import numpy as np
import pytest

from deepcme.trained.new_samples import read_expression
from tests.browser.calculator.conftest import typical, write_page
from tests.browser.conftest import opened
from tests.trained.panels.invented import invented_panel_model

pytestmark = pytest.mark.browser

DROP = """([target, name, bytes]) => {
  const data = new DataTransfer();
  const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  data.items.add(new File([content], name));
  return ['dragover', 'drop'].map((kind) => {
    const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector(target).dispatchEvent(event);
    return event.defaultPrevented;
  });
}"""


def rows_of(model, n=3, seed=7):
    """A header and a row for each sample, as cells."""
    genes = model.manifest.genes.others["symbol"]
    values = typical(model, n, seed)
    rows = [[f"S{k}", *(f"{value:.6g}" for value in row)] for k, row in enumerate(values)]
    return [["sample", *genes], *rows]


def joined(rows, separator=",", end="\n"):
    return "".join(separator.join(cells) + end for cells in rows)


def table_of(panel):
    """The cells of the table that is shown."""
    return panel.page.locator(".results tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


WAYS = {
    "plain": joined,
    "genes in rows": lambda rows: joined(zip(*rows, strict=True)),
    "tabs and CRLF": lambda rows: joined(rows, "\t", "\r\n"),
    "BOM": lambda rows: "\ufeff" + joined(rows),
    "UTF-16": lambda rows: joined(rows, "\t").encode("utf-16"),
    "gzip": lambda rows: gzip.compress(joined(rows).encode()),
    "quotes": lambda rows: joined([[f'"{cell}"' for cell in row] for row in rows]),
    "R, without a name for the ids": lambda rows: joined([rows[0][1:], *rows[1:]]),
    "a title, a comment and blank lines": lambda rows: (
        "Values of our lab\n# by hand\n\n" + joined(rows) + "\n\n"
    ),
    "sep=": lambda rows: "sep=;\n" + joined(rows, ";"),
    "decimal commas": lambda rows: joined(rows, ";").replace(".", ","),
    "empty ends": lambda rows: joined([[*row, "", ""] for row in rows]),
    "other columns": lambda rows: joined(
        [[*rows[0], "TP53", "remark"], *([*row, "1.5", "ok"] for row in rows[1:])]
    ),
    "Ensembl ids with versions": lambda rows: joined(
        [["id", *(f"ENSG{n:011d}.{n + 2}" for n in range(1, 7))], *rows[1:]]
    ),
    "spelled otherwise": lambda rows: joined([["id", *map(str.lower, rows[0][1:])], *rows[1:]]),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_table_is_read_whichever_way_it_is_written(open_panel, way):
    panel = open_panel()
    rows = rows_of(panel.model)
    panel.choose("plain.csv", joined(rows))
    wanted = table_of(panel)
    assert [cells[0] for cells in wanted] == ["S0", "S1", "S2"]
    assert all("%" in cells[1] for cells in wanted)
    message = panel.choose("other.csv", WAYS[way](rows))
    assert "3 samples" in message
    assert table_of(panel) == wanted


@pytest.mark.parametrize("way", ["plain", "genes in rows", "quotes", "tabs and CRLF", "BOM"])
def test_the_values_are_those_that_predict_reads(open_panel, tmp_path, way):
    panel = open_panel()
    text = WAYS[way](rows_of(panel.model))
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    read = read_expression(path, panel.model.manifest.genes)
    panel.choose("table.csv", text)
    found = panel.page.evaluate(
        """(text) => {
          const { calculator } = document.querySelector('.calculator');
          return calculator.samplesOf(text).map(({ values }) => values);
        }""",
        text,
    )
    assert np.array_equal(np.float32(found), read.X)


WRONG = {
    "it is empty.": "",
    "none of the model's 6 genes is in it": "sample,TP53\nA,5\n",
    "sample A, gene GENE2: high is not a number.": "sample,GENE1,GENE2\nA,5,high\n",
    "sample A, gene GENE2: 7 5 is not a number.": "sample,GENE1,GENE2\nA,5,7 5\n",
    "sample A, gene GENE1: 1e39 is too large a number.": "sample,GENE1\nA,1e39\n",
    "sample A, gene GENE1: Infinity is not a number.": "sample,GENE1\nA,Infinity\n",
    "sample A occurs twice": "sample,GENE1\nA,5\nA,6\n",
    "sample 2 has no name": "sample,GENE1\nA,5\n,6\n",
    "line 3 has 2 cells and the header 3": "sample,GENE1,GENE2\nA,5,6\nB,5\n",
    "line 2 has 4 cells and the header 3": "sample,GENE1,GENE2\nA,5,6,7\n",
    "line 2: a quote opens a cell that runs over the end of its line": 'sample,GENE1\n"A,5\n',
    "5,639 may be 5639 or 5.639": "sample;GENE1;GENE2\nA;5,639;7\n",
    "5.639 beside plain whole numbers": "sample,GENE1,GENE2\nA,5.639,262\n",
    "it is a workbook": b"PK\x03\x04" + b"\0" * 40,
    "it is no table of text": b"PAR1" + b"\0" * 40,
    "it is damaged or cut short": gzip.compress(b"sample,GENE1\nA,5\n")[:-9],
}


@pytest.mark.parametrize("said", WRONG)
def test_what_cannot_be_read_is_refused_in_a_sentence_and_shows_nothing(open_panel, said):
    panel = open_panel()
    panel.choose("good.csv", joined(rows_of(panel.model)))
    message = panel.choose("mine.csv", WRONG[said])
    assert message.startswith("mine.csv: ") and said in message
    assert not panel.page.locator(".results").is_visible()
    assert panel.page.problems == []


def test_a_row_tells_what_stands_against_a_patient(open_panel):
    panel = open_panel()
    header, *rows = rows_of(panel.model, 5)
    rows[1][2] = "NA"
    rows[2][1] = "40"
    rows[3][1:] = ["900"] * 6
    rows[4][1:] = [""] * 6
    panel.choose("five.csv", joined([header, *rows]))
    table = table_of(panel)
    assert " to " in table[1][1] and table[1][2] == "" and "no value: GENE2" in table[1][-1]
    assert "out of range: GENE1" in table[2][-1]
    assert table[3][1] == "" and "more than half" in table[3][-1]
    assert "no value of any gene" in table[4][-1]
    summary = panel.page.locator(".results p").first.inner_text()
    assert summary.startswith("5 samples: 2 predicted, 1 with a range")
    assert "2 without a prediction" in summary


def test_a_name_shows_the_patient_in_full(open_panel):
    panel = open_panel("times")
    rows = rows_of(panel.model)
    panel.choose("three.csv", joined(rows))
    shown = table_of(panel)[1]
    button = panel.page.get_by_role("button", name="S1")
    button.focus()
    panel.page.keyboard.press("Enter")
    assert "Risk by 5 years, S1" in panel.told and shown[1] in panel.told
    assert panel.page.evaluate("document.activeElement.classList.contains('told')")
    typed = panel.page.locator("[data-gene]").evaluate_all("all => all.map((one) => one.value)")
    assert np.float32(typed).tolist() == np.float32(rows[2][1:]).tolist()


def test_a_file_is_dropped_and_nothing_is_asked_for(browser, pages):
    model, path = pages("binary")
    page = opened(browser, path, "desktop")
    content = base64.b64encode(joined(rows_of(model, 20)).encode()).decode()
    page.evaluate(DROP, [".drop", "dropped.csv", content])
    page.wait_for_selector(".results tbody tr")
    page.locator("textarea").evaluate("one => one.closest('details').open = true")
    page.locator("textarea").fill("GENE1 7\nGENE2 7")
    page.get_by_role("button", name="S3").click()
    with page.expect_download():
        page.get_by_role("button", name="Download as CSV").click()
    assert "20 samples" in page.locator(".many .message").inner_text()
    # What is made in the page itself is no request to anybody.
    asked = [url for url in page.requests_made if not url.startswith("blob:")]
    assert asked == [page.address]
    assert page.problems == [] and page.url == page.address
    page.close()


def test_a_file_that_misses_the_frame_does_not_replace_the_page(open_panel):
    panel = open_panel()
    lost = base64.b64encode(b"a,b\n").decode()
    assert panel.page.evaluate(DROP, ["footer", "lost.csv", lost]) == [True, True]
    assert panel.page.locator(".many .message").inner_text() == ""


def test_five_hundred_patients_are_quick(browser, tmp_path):
    model = invented_panel_model(genes=20)
    page = opened(browser, write_page(model, tmp_path / "card.html"), "desktop")
    text = joined(rows_of(model, 500))
    payload = {"name": "many.csv", "mimeType": "text/csv", "buffer": text.encode()}
    start = time.perf_counter()
    page.locator("input[type=file]").set_input_files(payload)
    page.wait_for_function("document.querySelectorAll('.results tbody tr').length === 500")
    assert time.perf_counter() - start < 10
    page.close()


def test_names_from_outside_stay_text(open_panel):
    panel = open_panel()
    header, *rows = rows_of(panel.model, 2)
    rows[0][0] = '"<img src=x onerror=alert(1)>"'
    rows[1][0] = "=cmd()"
    panel.choose("hostile.csv", joined([header, *rows]))
    assert table_of(panel)[0][0] == "<img src=x onerror=alert(1)>"
    panel.page.get_by_role("button", name="<img").click()
    assert "<img src=x onerror=alert(1)>" in panel.told
    assert panel.page.locator("img").count() == 0
    with panel.page.expect_download() as waited:
        panel.page.get_by_role("button", name="Download as CSV").click()
    assert "\n'=cmd()," in waited.value.path().read_text()
    assert panel.page.problems == []


def test_names_of_a_model_end_no_element(browser, tmp_path):
    genes = ["</script><script>alert(1)</script>", '"><b>x', "A&B", "{genes}", "$&"]
    model = invented_panel_model(genes=genes)
    page = opened(browser, write_page(model, tmp_path / "card.html"), "desktop")
    assert page.get_by_label("</script><script>alert(1)</script>").count() == 1
    page.get_by_label("A&B").fill("7")
    page.wait_for_timeout(250)
    assert "$&" in page.locator(".told").inner_text()
    assert page.problems == [] and page.locator("main b").count() == 0
    page.close()
