"""The page in front of a real service: asked, read and saved from as a person does it."""

import io
import re

import pandas as pd
import pytest

from tests.browser.conftest import SCREENS
from tests.browser.service import TOKEN, Service, serving_models

pytestmark = pytest.mark.browser

STORED = """async () => [localStorage.length, sessionStorage.length, document.cookie,
  (await indexedDB.databases()).length, (await caches.keys()).length]"""
FOCUSED = """() => { const at = document.activeElement;
  return at.id || at.textContent.trim().slice(0, 40); }"""
DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name));
  for (const kind of ["dragover", "drop"]) {
    document.getElementById("drop").dispatchEvent(
      new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}"""
PASTE = """([id, text]) => {
  const carried = new DataTransfer();
  carried.setData("text", text);
  document.getElementById(id).dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with serving_models(tmp_path_factory.mktemp("models")) as service:
        yield service


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """One that demands a token."""
    with serving_models(tmp_path_factory.mktemp("models"), token=TOKEN) as service:
        yield service


@pytest.fixture
def visit(browser):
    """Open the page of a service, noting what it asks for and complains of."""
    contexts = []

    def opened(service: Service, screen="desktop", **settings):
        width, height = SCREENS[screen]
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.problems, page.asked = [], []
        page.on(
            "console",
            lambda said: said.type in ("error", "warning") and page.problems.append(said.text),
        )
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.asked.append(request))
        page.goto(service.url)
        page.locator("#asking:not([hidden]), #token-part:not([hidden])").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()


def enter(page, token=TOKEN):
    page.get_by_label("Token of this service").fill(token)
    page.get_by_role("button", name="Show the models").click()


def type_values(page, values):
    for gene, value in values.items():
        page.get_by_label(gene, exact=True).fill("" if value is None else str(value))


def predict_patient(page):
    page.get_by_role("button", name="Predict this patient").click()
    page.locator("#results").wait_for()


def found(page):
    """What is told of one patient, by its heading."""
    terms = page.locator("#found dt").all_inner_texts()
    return dict(zip(terms, page.locator("#found dd").all_inner_texts(), strict=True))


def test_models_are_listed_with_what_to_expect_of_them(service, visit):
    page = visit(service)
    told = page.locator("#models .model").all_inner_texts()
    assert len(told) == len(service.models)
    for (name, model), text in zip(service.models.items(), told, strict=True):
        manifest = model.model.manifest
        expected = model.model.expect()
        for part in (
            name,
            manifest.cohort.name,
            manifest.endpoint,
            expected,
            model.sha256[:12],
        ):
            assert part in text
    assert page.problems == []


def test_one_patient_gets_the_risk_of_predict(service, visit):
    page = visit(service)
    values, table = service.patient("panel")
    type_values(page, values)
    page.get_by_label("Label of the sample").fill("<b>S1</b>")
    predict_patient(page)
    row = table.iloc[0]
    risk = f"{100 * row['probability']:.1f}%"
    interval = f"{100 * row['ci_low']:.1f}% to {100 * row['ci_high']:.1f}%"
    first = page.locator("#found .first").inner_text()
    assert first == f"<b>S1</b>: probability {risk} (95% interval {interval})."
    assert found(page)["Training patients of a lower risk"] == f"{100 * row['place']:.1f}%"
    results = page.locator("#results").inner_text()
    assert "For research: not a medical device" in results
    assert service.models["panel"].sha256 in results
    assert page.problems == []


def test_a_missing_gene_gives_a_range(service, visit):
    page = visit(service)
    values, _ = service.patient("panel")
    type_values(page, {**values, next(iter(values)): None})
    predict_patient(page)
    first = page.locator("#found .first").inner_text()
    low, high = map(float, re.search(r"between ([\d.]+)% and ([\d.]+)%", first).groups())
    assert low < high


def test_a_pasted_column_fills_the_fields(service, visit):
    page = visit(service)
    values, _ = service.patient("panel")
    lines = "\n".join(f"{gene.lower()}\t{value}" for gene, value in values.items())
    page.evaluate(PASTE, ["gene-0", f"gene\tvalue\n{lines}\nNOT-THERE\t1"])
    fields = page.locator("[data-gene]")
    assert [fields.nth(i).input_value() for i in range(fields.count())] == [
        str(value) for value in values.values()
    ]
    assert (
        page.locator("#problem").inner_text() == "Not of this model, and left out: NOT-THERE."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8,1", "write a point for the comma"),
        ("high", "is no number"),
        ("1e999", "is no number"),
        ("0x10", "is no number"),
    ],
)
def test_what_is_no_number_is_said_at_its_field(service, visit, text, words):
    page = visit(service)
    values, _ = service.patient("panel")
    gene = next(iter(values))
    type_values(page, {gene: text})
    page.get_by_role("button", name="Predict this patient").click()
    problem = page.locator("#problem").inner_text()
    assert problem.startswith(f"{gene}: ") and words in problem
    assert page.evaluate("document.activeElement.dataset.gene") == gene
    assert page.locator("#results").is_hidden()


def test_a_patient_of_a_model_of_all_genes_is_pasted(service, visit):
    page = visit(service)
    page.get_by_label("all-genes", exact=True).check()
    values, table = service.patient("all-genes")
    page.get_by_label("A gene and its value on each line").fill(
        "\n".join(f"{gene} {value}" for gene, value in values.items())
    )
    predict_patient(page)
    assert f"{100 * table['probability'].iloc[0]:.1f}%" in page.locator(".first").inner_text()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["panel", "all-genes", "times"])
def test_a_file_gets_the_table_that_predict_writes(service, visit, name, kind):
    page = visit(service)
    page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="A file of patients").click()
    page.set_input_files("#file", service.file(kind))
    page.get_by_role("button", name="Predict the file").click()
    page.locator("#results").wait_for()
    rows = page.locator("#found tbody tr")
    assert rows.count() == len(service.new)
    assert rows.first.locator("td").first.inner_text() == service.new.index[0]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    assert download.value.path().read_bytes() == service.predicted(name)
    assert page.problems == []


def test_a_dropped_file_is_taken(service, visit):
    page = visit(service)
    page.get_by_role("button", name="A file of patients").click()
    page.evaluate(DROP, ["new.csv", service.file("csv").read_text()])
    page.get_by_role("button", name="Predict the file").click()
    page.locator("#results").wait_for()
    assert page.locator("#found tbody tr").count() == len(service.new)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("new.xlsx", b"x", "is no .csv or .parquet file"),
        ("new.csv", b"sample,gene\n", "the matrix is empty"),
        ("new.csv", b"\xff\xfe\x00", ""),
        ("new.parquet", b"PAR1 no more", ""),
        ("big.csv", b"x" * 4_000_000, "takes up to"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(service, visit, name, text, words):
    page = visit(service)
    page.get_by_role("button", name="A file of patients").click()
    page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": text})
    page.get_by_role("button", name="Predict the file").click()
    problem = page.locator("#problem:not([hidden])")
    problem.wait_for()
    said = problem.inner_text()
    assert words in said and said.endswith(".") and "500" not in said
    assert page.locator("#results").is_hidden()


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        (413, {}, '{"error": "Too many rows."}', "more than the service takes at once"),
        (422, {}, '{"error": "ESR1: no."}', "ESR1: no."),
        (429, {"Retry-After": "7"}, "{}", "Try again in 7 seconds."),
        (503, {"Retry-After": "1"}, "<html>busy", "Try again in 1 second."),
        (500, {}, "", "The service failed (500)"),
        (504, {}, "<html>", "The service failed (504)"),
    ],
)
def test_a_refusal_is_said_in_words(service, visit, status, headers, body, words):
    page = visit(service)
    page.route(
        "**/predictions",
        lambda route: route.fulfill(status=status, headers=headers, body=body),
    )
    values, _ = service.patient("panel")
    type_values(page, values)
    page.get_by_role("button", name="Predict this patient").click()
    page.locator("#problem:not([hidden])").wait_for()
    assert words in page.locator("#problem").inner_text()
    page.unroute("**/predictions")
    predict_patient(page)
    assert page.locator("#problem").is_hidden()


def test_a_service_that_is_gone_is_said(service, visit):
    page = visit(service)
    page.route("**/predictions", lambda route: route.abort())
    values, _ = service.patient("panel")
    type_values(page, values)
    page.get_by_role("button", name="Predict this patient").click()
    page.locator("#problem:not([hidden])").wait_for()
    assert "The service does not answer" in page.locator("#problem").inner_text()


def test_work_can_be_stopped(service, visit):
    page = visit(service)
    page.route("**/predictions", lambda route: None)
    values, _ = service.patient("panel")
    type_values(page, values)
    page.get_by_role("button", name="Predict this patient").click()
    page.get_by_role("button", name="Stop").click()
    assert page.locator("#problem").inner_text() == "Stopped."
    assert page.get_by_role("button", name="Predict this patient").is_enabled()


def test_a_wrong_token_is_said_and_the_right_one_opens(guarded, visit):
    page = visit(guarded)
    assert page.locator("#asking").is_hidden()
    assert page.evaluate(FOCUSED) == "token"
    enter(page, "wrong")
    page.locator("#token-error:not([hidden])").wait_for()
    assert page.locator("#token-error").inner_text() == "The service does not know this token."
    enter(page, "not one token, é")
    page.locator("#token-error", has_text="no spaces").wait_for()
    enter(page)
    page.locator("#asking").wait_for()
    assert page.locator("#token-part").is_hidden()
    values, _ = guarded.patient("panel")
    type_values(page, values)
    predict_patient(page)
    carrying = [ask for ask in page.asked if TOKEN in str(ask.all_headers())]
    assert {ask.method for ask in carrying} == {"GET", "POST"}
    assert not any(TOKEN in ask.url for ask in page.asked)


def test_the_page_without_the_token_tells_nothing_of_the_models(guarded, visit):
    page = visit(guarded)
    for name, model in guarded.models.items():
        for secret in (model.model.manifest.endpoint, model.sha256, f">{name}<"):
            assert secret not in page.content()


def test_nothing_is_stored_and_a_reload_asks_for_the_token_again(guarded, visit):
    page = visit(guarded)
    enter(page)
    page.locator("#asking").wait_for()
    values, _ = guarded.patient("panel")
    type_values(page, values)
    predict_patient(page)
    assert page.evaluate(STORED) == [0, 0, "", 0, 0]
    page.reload()
    page.locator("#token-part").wait_for()
    assert page.locator("#token").input_value() == ""
    assert page.locator("#asking").is_hidden()


def test_a_token_that_is_withdrawn_meanwhile_is_asked_for_again(guarded, visit):
    page = visit(guarded)
    enter(page)
    page.locator("#asking").wait_for()
    page.route("**/predictions", lambda route: route.fulfill(status=401, body="{}"))
    values, _ = guarded.patient("panel")
    type_values(page, values)
    page.get_by_role("button", name="Predict this patient").click()
    page.locator("#token-part").wait_for()
    assert "does not know this token" in page.locator("#token-error").inner_text()


def test_the_card_opens_and_with_a_token_is_saved(service, guarded, visit):
    page = visit(service)
    page.context.on(
        "console",
        lambda said: said.type in ("error", "warning") and page.problems.append(said.text),
    )
    page.context.on("weberror", lambda error: page.problems.append(str(error.error)))
    with page.context.expect_page() as opened:
        page.locator("#models a").first.click()
    card = opened.value
    card.wait_for_load_state()
    assert card.url.endswith("/v1/models/panel/card")
    assert service.models["panel"].sha256[:12] in card.locator("body").inner_text()
    assert card.locator("body").evaluate("body => getComputedStyle(body).maxWidth") != "none"
    assert page.problems == [], "its own policy lets its style and scripts run"
    page = visit(guarded)
    enter(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the card of panel").click()
    assert download.value.suggested_filename == "panel-card.html"
    assert "<h1" in download.value.path().read_text()


def test_keys_alone_lead_from_the_token_to_the_saved_table(guarded, visit):
    page = visit(guarded)
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.locator("#asking").wait_for()
    values, _ = guarded.patient("panel")

    def go_to(name):
        for _ in range(60):
            if page.evaluate(FOCUSED) == name:
                return
            page.keyboard.press("Tab")
        pytest.fail(f"{name} is not reached by keys")

    go_to("model-0")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == "model-1"
    page.keyboard.press("ArrowUp")
    go_to("gene-0")
    for value in values.values():
        page.keyboard.type(str(value))
        page.keyboard.press("Tab")
    go_to("Predict this patient")
    page.keyboard.press("Enter")
    page.locator("#results").wait_for()
    assert page.evaluate(FOCUSED) == "results", "who sees nothing is led to the results"
    go_to("save")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    saved = pd.read_csv(io.BytesIO(download.value.path().read_bytes()))
    assert len(saved) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_the_page_is_accessible_and_fits(guarded, visit, screen, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(guarded, screen, color_scheme=scheme)

    def check():
        assert [each["id"] for each in axe.run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= SCREENS[screen][0]

    check()
    enter(page, "wrong")
    page.locator("#token-error:not([hidden])").wait_for()
    check()
    enter(page)
    page.locator("#asking").wait_for()
    page.evaluate(
        "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
    )
    check()
    values, _ = guarded.patient("panel")
    type_values(page, values)
    predict_patient(page)
    check()
    page.get_by_role("button", name="A file of patients").click()
    page.set_input_files("#file", guarded.file("csv"))
    page.get_by_role("button", name="Predict the file").click()
    page.locator("#found table").wait_for()
    check()


def test_a_model_that_was_replaced_meanwhile_is_said(service, visit):
    page = visit(service)

    def replaced(route):
        answer = route.fetch()
        told = answer.json()
        told["model"] |= {"sha256": "f" * 64, "version": "7"}
        route.fulfill(response=answer, json=told)

    page.route("**/predictions", replaced)
    values, _ = service.patient("panel")
    type_values(page, values)
    listed = sum(ask.url.endswith("/v1/models") for ask in page.asked)
    predict_patient(page)
    assert "was replaced" in page.locator("#problem").inner_text()
    assert "version 7" in page.locator("#origin").inner_text()
    assert sum(ask.url.endswith("/v1/models") for ask in page.asked) == listed + 1
    page.unroute("**/predictions")
    page.get_by_role("button", name="Save as CSV").click()
    page.locator("#save-problem:not([hidden])").wait_for()
    assert "another version of the model" in page.locator("#save-problem").inner_text()


@pytest.mark.parametrize(
    ("risk", "shown"), [(0.00001, "<0.1%"), (0.99999, ">99.9%"), (0.0, "0.0%"), (1.0, "100.0%")]
)
def test_no_risk_is_rounded_to_certainty(service, visit, risk, shown):
    page = visit(service)

    def sure(route):
        answer = route.fetch()
        told = answer.json()
        told["predictions"][0]["probability"] = risk
        route.fulfill(response=answer, json=told)

    page.route("**/predictions", sure)
    values, _ = service.patient("panel")
    type_values(page, values)
    predict_patient(page)
    assert f"probability {shown} (" in page.locator("#found .first").inner_text()


def test_a_print_has_the_results_with_their_model_and_no_fields(service, visit):
    page = visit(service)
    values, _ = service.patient("panel")
    type_values(page, values)
    predict_patient(page)
    page.emulate_media(media="print")
    printed = page.locator("body").inner_text()
    assert service.models["panel"].sha256 in printed
    assert "For research: not a medical device" in printed
    assert page.locator("#one-part").is_hidden() and page.locator("#models").is_hidden()


def test_no_request_leaves_the_service(service, visit):
    page = visit(service)
    values, _ = service.patient("panel")
    type_values(page, values)
    predict_patient(page)
    assert {ask.url.startswith((service.url, "data:")) for ask in page.asked} == {True}
