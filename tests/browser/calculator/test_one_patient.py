"""One patient: typed or pasted, told at once and in full, by keys alone, on any screen."""

import pytest

from tests.browser.calculator.conftest import typical
from tests.browser.conftest import SCREENS

pytestmark = pytest.mark.browser


def texts(panel, seed=5):
    return [f"{value:.5g}" for value in typical(panel.model, seed=seed)[0]]


def fill(panel, values):
    for number, text in enumerate(values):
        panel.type(text, number=number)


def test_nothing_is_told_before_a_value_is_there(open_panel):
    panel = open_panel()
    assert "Type the values" in panel.told
    assert "%" not in panel.told


def test_what_is_typed_is_told_at_once_with_its_interval_place_call_and_warning(open_panel):
    panel = open_panel()
    fill(panel, texts(panel))
    told = panel.told
    assert "95% interval" in told and "threshold of 40%" in told
    assert "Of 100 training patients" in told
    assert "patients that the model learned from are drawn again" in told
    assert "For research only" in told
    assert panel.page.locator(".told svg").count() == 1 + panel.model.n_genes
    facts = panel.page.locator(".facts").inner_text()
    for said in ("version 1, 2026-11-28", "invented: 300 patients", "309 patients of another"):
        assert said in facts
    assert panel.model.sha256 in facts


def test_a_model_of_times_draws_the_curve_and_tells_the_third(open_panel):
    panel = open_panel("times")
    fill(panel, texts(panel))
    assert (
        "Risk by 5 years" in panel.told
        and "third of the training patients' risks" in panel.told
    )
    assert panel.page.locator(".told svg .curve").count() == 1
    assert panel.page.locator(".told svg .horizon").count() == 1


def test_a_gene_without_a_value_gives_a_range_and_says_which(open_panel):
    panel = open_panel()
    fill(panel, ["", *texts(panel)[1:]])
    assert "GENE1 has no value" in panel.told
    assert "the risk runs from" in panel.told and "95% interval" not in panel.told
    assert panel.page.locator(".told .shares").count() == 0


@pytest.mark.parametrize(
    ("name", "values", "references", "said"),
    [
        (
            "binary",
            ["900"] * 4 + ["7"] * 2,
            [],
            "More than half of the genes with a value are out",
        ),
        ("reference", ["40"] * 5, ["31", ""], "Reference genes without a value (REF2)"),
        ("binary", ["7", "7 5", "7", "7", "7", "7"], [], "GENE2: 7 5 is not a number"),
        ("binary", ["7", "1e60", "7", "7", "7", "7"], [], "1e60 is too large a number"),
        ("binary", ["7", "1,234", "7", "7", "7", "7"], [], "1,234 may be 1234 or 1.234"),
    ],
)
def test_what_cannot_be_told_is_refused_in_a_sentence(
    open_panel, name, values, references, said
):
    panel = open_panel(name)
    fill(panel, values)
    for number, text in enumerate(references):
        panel.type(text, of="reference", number=number)
    assert "No prediction" in panel.told and said in panel.told
    assert "%" not in panel.told.replace("95%", "")


def test_a_value_out_of_range_warns(open_panel):
    panel = open_panel()
    fill(panel, ["40", *texts(panel)[1:]])
    assert "GENE1 is 40; in training it was" in panel.told
    assert "Read this first" in panel.page.locator(".told .warned").get_attribute("aria-label")


def test_a_number_is_read_as_programs_and_people_write_it(open_panel):
    panel = open_panel()
    plain = ["7.5", "0.75", "75", "7", "7.25", "6"]
    fill(panel, plain)
    wanted = panel.told
    for written in (
        [" 7.50 ", "7.5e-1", "7.5E1", "+7", "7.25", "6.0"],
        ["7,5", ",75", "75", "7", "7,25", "6"],
    ):
        fill(panel, written)
        assert panel.told == wanted


@pytest.mark.parametrize("separator", ["\t", ",", ";", " "])
@pytest.mark.parametrize("way", ["lines", "pairs", "table"])
def test_what_is_pasted_is_what_is_typed(open_panel, separator, way):
    panel = open_panel()
    values = texts(panel)
    genes = panel.model.manifest.genes.others["symbol"]
    fill(panel, values)
    typed = panel.told
    panel.page.get_by_role("button", name="Clear").click()
    table = [["sample", *genes], ["Q", *values]]
    rows = {
        "lines": [genes, values],
        "pairs": list(zip(genes, values, strict=True)),
        "table": table,
    }
    panel.page.get_by_text("Paste values").click()
    text = "\r\n".join(separator.join(cells) for cells in rows[way])
    panel.page.locator("textarea").fill(text)
    assert panel.told.replace(", Q", "") == typed
    message = panel.page.locator(".paste .message").inner_text()
    assert message == "6 of 6 genes have a value."


def test_what_is_pasted_may_have_ids_and_gaps_and_others_genes(open_panel):
    panel = open_panel()
    panel.page.get_by_text("Paste values").click()
    panel.page.locator("textarea").fill(
        "ENSG00000000001.7\t7,5\nensg00000000002\t6,1\nGENE3\tNA\nTP53\t9,1\nGENE4\t5,5"
    )
    panel.page.wait_for_timeout(250)
    values = panel.page.locator("[data-gene]").evaluate_all(
        "all => all.map((one) => one.value)"
    )
    assert values == ["7.5", "6.1", "", "5.5", "", ""]
    message = panel.page.locator(".paste .message").inner_text()
    assert message == "3 of 6 genes have a value. Commas were read as decimal points."


def test_it_is_used_by_keys_alone(open_panel):
    panel = open_panel()
    page = panel.page
    page.locator(".paste summary").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.sample") is not None
    page.keyboard.type("Patient 7")
    for text in texts(panel):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    assert "Patient 7" in panel.told
    page.wait_for_timeout(800)
    assert "95% interval" in page.locator(".spoken").inner_text()
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert "Clear" in reached and "Print this patient" in reached
    page.get_by_role("button", name="Clear").focus()
    page.keyboard.press("Enter")
    assert "Type the values" in panel.told
    assert page.evaluate("document.activeElement.dataset.gene") == "0"


def test_every_entry_has_a_name_and_its_training_range(open_panel):
    panel = open_panel("reference")
    entries = panel.page.get_by_role("textbox")
    snapshot = panel.page.locator(".values").aria_snapshot()
    assert entries.count() == 5 + 2 + 1
    for name in ("GENE1", "REF2 reference"):
        assert f'textbox "{name}"' in snapshot
    described = panel.page.locator("[data-gene='0']").evaluate(
        "one => document.getElementById(one.getAttribute('aria-describedby')).textContent"
    )
    assert " to " in described


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", ["reference", "times"])
def test_it_fits_every_screen(open_panel, name, screen):
    panel = open_panel(name, screen, color_scheme="dark")
    n_genes = panel.model.n_genes
    values = texts(panel)
    fill(panel, values[:n_genes])
    for number, text in enumerate(values[n_genes:]):
        panel.type(text, of="reference", number=number)
    panel.choose("a.csv", file_of(panel))
    assert "%" in panel.told
    assert panel.page.evaluate("document.documentElement.scrollWidth") <= SCREENS[screen][0]
    assert panel.page.problems == []


def file_of(panel):
    manifest = panel.model.manifest
    reference = manifest.panel.reference
    genes = [*manifest.genes.others["symbol"], *(reference.id if reference else [])]
    rows = [
        ",".join([f"S{number}", *(f"{value:.5g}" for value in row)])
        for number, row in enumerate(typical(panel.model, 4))
    ]
    return "\n".join([",".join(["sample", *genes]), *rows])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["binary", "times"])
def test_axe_finds_nothing(open_panel, name, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    panel = open_panel(name, color_scheme=scheme)
    fill(panel, ["40", *texts(panel)[1:]])
    panel.choose("a.csv", file_of(panel))
    assert "%" in panel.told
    violations = axe.Axe().run(panel.page).response["violations"]
    found = [(v["id"], [node["html"][:120] for node in v["nodes"][:3]]) for v in violations]
    assert found == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", ["binary", "times", "large"])
def test_a_patient_is_printed_on_one_page(open_panel, tmp_path, name, paper):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    panel = open_panel(name, color_scheme="dark")
    values = texts(panel)
    for number in range(1, len(values), 6):
        values[number] = "0.5"
    fill(panel, ["40", *values[1:]])
    panel.page.locator("[data-sample]").fill("Patient 7")
    assert "Patient 7" in panel.told
    panel.page.evaluate("window.print = () => {}")
    panel.page.get_by_role("button", name="Print this patient").click()
    panel.page.pdf(path=tmp_path / "one.pdf", format=paper)
    [paper] = pypdf.PdfReader(tmp_path / "one.pdf").pages
    text = " ".join(paper.extract_text().split())
    for said in (
        "Patient 7", "95% interval", "For research only", "GENE1 is 40", "version 1, 2026-11-28",
        "invented: 300 patients", "Values entered", "309 patients of another cohort",
        panel.model.sha256,
    ):  # fmt: skip
        assert said in text, said
    for said in ("What else the card says", "Print this patient", "Paste values"):
        assert said not in text


def test_nothing_is_left_when_the_page_is_opened_again(open_panel):
    panel = open_panel()
    fill(panel, texts(panel))
    assert "95% interval" in panel.told
    stores = """async () => [localStorage.length, sessionStorage.length, document.cookie]"""
    assert panel.page.evaluate(stores) == [0, 0, ""]
    panel.page.reload()
    assert "Type the values" in panel.told
