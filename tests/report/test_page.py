"""The report's numbers come from the predictions, its page from one safe file."""

import json
import re
import shutil

import altair as alt
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from deepcme import Cohort, DeepCMEError, read_report
from deepcme.base.errors import AbsentError
from deepcme.base.files.files import write_csv
from deepcme.evaluation.probabilities.recalibration import recalibrate_predictions
from deepcme.report import outline
from deepcme.report.blocks import Figure, Heading, Text
from deepcme.report.formatting import TableLayout
from deepcme.report.markdown import escape_markdown
from deepcme.report.page import write_report
from deepcme.report.section import Section
from deepcme.report.sections import discrimination
from deepcme.report.sections.genes.names import gene_link
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder
from tests.conftest import drawn_charts, invented_cohort
from tests.report.walk import MOST_COLUMNS

ATTACK = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("report")
    base = invented_cohort()
    genes = base.gene_ids.tolist()
    genes[0] = ATTACK
    cohort = Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        genes=genes,
        endpoint=f"{ATTACK} = 1",
        scale="fpkm",
        name=ATTACK,
    )
    cohort.save(path / "cohort.h5ad")
    network = {"name": "DeepCME", "parameters": {"hidden_layers": [6], "max_epochs": 3}}
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 3},
            "models": [network, "LR", "KNN"],
        }
    )
    folder = run_study(study, path / "out", jobs=1, quiet=True)
    with drawn_charts():
        write_report(folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return (folder.path / "report.html").read_text(encoding="utf-8")


def test_table_1_is_computed_from_the_predictions(folder, page):
    predictions = folder.read_table("predictions.parquet")
    table = discrimination.compute_auc_by_split(predictions).set_index("model")
    assert table.columns.tolist() == ["CV-1", "CV-2", "CV-3", "mean", "sd"]
    rows = predictions[(predictions["part"] == "test") & (predictions["model"] == "LR")]
    by_hand = [roc_auc_score(r["label"], r["score"]) for _, r in rows.groupby("split")]
    np.testing.assert_allclose(table.loc["LR"].iloc[:3], by_hand)
    assert table.loc["LR", "mean"] == pytest.approx(np.mean(by_hand))
    assert table.loc["LR", "sd"] == pytest.approx(np.std(by_hand, ddof=1))
    assert f"{np.mean(by_hand):.2f}" in page


def test_every_table_has_a_caption_and_a_few_columns_with_headings_in_words(page):
    tables = page.split('<div class="table" id="')[1:]
    assert len(tables) > 10
    for table in tables:
        name = table.partition('"')[0]
        caption = re.search(r'<p class="caption".*?</a>(.*?)</p>', table, re.DOTALL)[1]
        assert caption.strip(), name
        head = table.partition("</thead>")[0]
        headings = re.findall(r"<th.*?>(?:<button.*?>)?(.*?)(?:</button>)?</th>", head)
        assert all(headings) and not [text for text in headings if "_" in text], name
        assert 1 < len(headings) <= MOST_COLUMNS, (name, headings)


def test_a_notebook_gets_the_same_tables_and_the_charts_as_objects(folder):
    report = read_report(folder.path)
    for name, table in report.tables.items():
        assert list(table.columns) == list(folder.read_table(f"tables/{name}.csv").columns), (
            name
        )
    drawn = {path.stem for path in (folder.path / "figures").glob("*.svg")}
    assert set(report.charts) == drawn
    for chart in report.charts.values():
        assert "vega-lite" in chart.to_dict(validate=True)["$schema"]
    said = (folder.path / "report.md").read_text(encoding="utf-8")
    assert f"**{escape_markdown(report.verdict.sentence)}**" in said
    assert all(escape_markdown(text) in said for _, text in report.verdict.points)
    assert "history" not in report.notes
    assert report.findings == folder.read_findings()
    assert report.findings


def test_a_study_without_probabilities_has_a_report_that_says_so(tmp_path):
    invented_cohort().save(tmp_path / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": tmp_path / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 2},
            "models": ["SVC"],
        }
    )
    folder = run_study(study, tmp_path / "out", jobs=1, quiet=True)
    page = write_report(folder, ["html"]).read_text(encoding="utf-8")
    report = read_report(folder.path)
    assert "calibration" not in report.tables
    assert {"decision_curve", "net_benefit"} <= set(report.tables)  # of recalibrated scores
    assert report.notes["calibration"] in page


def test_recalibration_is_fitted_on_validation_rows_alone(folder):
    """Test labels turned round change what is judged, never the probabilities."""
    predictions = folder.read_table("predictions.parquet")
    turned = predictions["label"].where(predictions["part"] != "test", 1 - predictions["label"])
    before = recalibrate_predictions(predictions)
    after = recalibrate_predictions(predictions.assign(label=turned))
    np.testing.assert_array_equal(before["probability"], after["probability"])
    shown = read_report(folder.path).tables["recalibration"]
    by_hand = ((before["probability"] - before["label"]) ** 2)[
        (before["model"] == "LR") & (before["part"] == "test")
    ].mean()
    brier = shown[(shown["model"] == "LR") & (shown["metric"] == "brier")]["value"].item()
    assert brier == pytest.approx(by_hand)


def test_the_page_says_what_recalibration_was_learned_on_and_whether_it_did_harm(folder, page):
    report = read_report(folder.path)
    lines = report.tables["recalibration_lines"]
    assert set(lines["model"]) == {"DeepCME", "LR", "KNN"}
    assert set(lines["learned_on"]) == {"validation part"}
    assert "Recalibration made " in report.notes["recalibration_verdict"]
    assert report.notes["recalibration_verdict"] in page
    assert "Refused in splits" in page


def copy_of(folder, path):
    path.mkdir()
    for name in (
        "cohort.json", "identity.json", "audit.json", "study.toml", "gene_scores.csv",
        "history.parquet", "predictions.parquet",
    ):  # fmt: skip
        (path / name).write_bytes((folder.path / name).read_bytes())
    return StudyFolder(path)


def test_the_page_changes_with_the_predictions_and_nothing_is_fitted(folder, tmp_path):
    copy = copy_of(folder, tmp_path / "copy")
    predictions = folder.read_table("predictions.parquet")
    predictions["score"] = predictions["label"].astype(float)
    predictions.to_parquet(copy.path / "predictions.parquet")
    text = write_report(copy).read_text(encoding="utf-8")
    assert (
        "The AUC of one fit of DeepCME on 60% of these patients, averaged over 3 splits, is 1.000"
        in text
    )
    assert not (copy.path / "tasks").exists()


def test_formats(folder, tmp_path):
    copy = copy_of(folder, tmp_path / "copy")
    write_report(copy, ["csv"])
    assert not (copy.path / "report.html").exists()
    table = pd.read_csv(copy.path / "tables" / "discrimination.csv")
    assert table["model"].tolist() == ["DeepCME", "LR", "KNN"]
    assert {"auc", "ci_low", "ci_high", "n", "events"} <= set(table.columns)
    write_report(copy, ["md"])
    assert "## Discrimination" in (copy.path / "report.md").read_text()
    with pytest.raises(DeepCMEError, match="Unknown format 'pdf': choose from html, md, csv"):
        write_report(copy, ["pdf"])


def test_a_folder_that_is_no_study_is_told(tmp_path):
    with pytest.raises(DeepCMEError, match=r"is .* the folder of a finished study"):
        write_report(StudyFolder(tmp_path))


def test_mean_roc_has_the_area_of_the_mean_auc():
    random = np.random.default_rng(0)
    label = np.tile([0, 1], 200)
    score = label + random.normal(size=400)
    predictions = pd.DataFrame(
        {
            "split": np.repeat([1, 2], 200),
            "model": "M",
            "sample": [str(i) for i in range(400)],
            "patient": [str(i) for i in range(400)],
            "part": "test",
            "label": label,
            "score": score,
        }
    )
    curve = discrimination.compute_mean_roc(predictions)
    area = np.trapezoid(curve["sensitivity"], curve["false_positive_rate"])
    by_split = discrimination.compute_auc_by_split(predictions)
    assert area == pytest.approx(by_split["mean"].iloc[0], abs=0.01)


def without_scripts(page):
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_the_page_loads_nothing_and_escapes_what_came_from_outside(page):
    text = without_scripts(page)
    assert not re.search(r"(src|href)=[\"'](?!#|https://www\.(ensembl|ncbi))", text)
    assert "@import" not in text
    assert ATTACK not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_is_below_six_megabytes(page):
    assert len(page.encode()) < 6e6


def test_the_verdict_comes_first(page):
    visible = re.sub(r"<[^>]+>", " ", without_scripts(page.split("</style>")[1]))
    assert "The AUC of one fit of DeepCME on 60% of" in " ".join(visible.split())[:1500]


def test_csv_cells_are_no_formulas(tmp_path):
    table = pd.DataFrame(
        {"gene": ["=HYPERLINK(1)", "+x", "-1.5", "TP53"], "score": [-1.0, 2, 3, 4]}
    )
    write_csv(tmp_path / "t.csv", table)
    read = pd.read_csv(tmp_path / "t.csv")
    assert read["gene"].tolist() == ["'=HYPERLINK(1)", "'+x", "-1.5", "TP53"]
    assert read["score"].tolist() == [-1.0, 2, 3, 4]


def test_the_charts_are_files_of_their_own(folder):
    for name in ("auc_by_split", "roc", "comparison", "decision_curve", "top_genes"):
        assert (folder.path / "figures" / f"{name}.svg").read_text().startswith("<svg")
        assert (folder.path / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_every_chart_and_table_has_a_label_for_screen_readers(page):
    text = without_scripts(page)
    assert text.count('class="chart"') == len(
        re.findall(r'class="chart"[^>]*aria-label="', text)
    )
    assert text.count('class="scroll') == len(
        re.findall(r'class="scroll[^>]*aria-label="', text)
    )


def test_each_patients_spread_of_risk_is_a_table_and_a_chart(folder, page):
    spread = pd.read_csv(folder.path / "tables" / "prediction_stability.csv")
    predictions = folder.read_table("predictions.parquet")
    test = predictions[(predictions["part"] == "test") & (predictions["model"] == "LR")]
    sample = test["sample"].value_counts().index[0]
    risks = test.loc[test["sample"] == sample, "probability"]
    row = spread[(spread["model"] == "LR") & (spread["sample"] == sample)].iloc[0]
    assert row["mean"] == pytest.approx(risks.mean())
    assert (row["low"], row["high"]) == pytest.approx((risks.min(), risks.max()))
    assert spread.groupby("model")["mean"].apply(lambda m: m.is_monotonic_increasing).all()
    assert 'id="chart-prediction_stability"' in page


def test_markdown_says_what_the_page_says(folder):
    text = (folder.path / "report.md").read_text(encoding="utf-8")
    for finding in folder.read_findings():
        assert f"| {finding['code']} | {finding['severity']} |" in text
    for words in (
        "Sensitivity", "At 20%", "Within-patient sd of risk", "TRIPOD+AI", "PROBAST+AI",
        "- **Networks**: DeepCME: 1 hidden layer of 6 units",
    ):  # fmt: skip
        assert words in text
    assert ATTACK not in text


def test_guidelines_and_settings_are_tables(folder):
    for name, columns in (
        ("tripod", ["number", "topic", "asks", "answer", "status"]),
        ("probast", ["number", "topic", "asks", "answer", "status"]),
        ("model_settings", ["model", "estimator", "setting", "value"]),
    ):
        assert pd.read_csv(folder.path / "tables" / f"{name}.csv").columns.tolist() == columns


def test_the_page_flags_genes_by_the_column_alone(folder, tmp_path):
    copy = copy_of(folder, tmp_path / "copy")
    scores = folder.read_table("gene_scores.csv")
    scores["few_driving_samples"] = scores["gene"] == "gene3"
    scores.to_csv(copy.path / "gene_scores.csv", index=False)
    text = write_report(copy).read_text(encoding="utf-8")
    rows = re.findall(r">(gene\d+)</a>.*?</tr>", text)
    flagged = [row for row in re.findall(r"<tr>.*?</tr>", text) if "few samples" in row]
    assert len(rows) == 11
    assert len(flagged) == 1
    assert ">gene3</a>" in flagged[0]


def test_gene_links():
    assert gene_link({"gene": "ENSG00000141510.11", "symbol": "TP53"}).endswith(
        "/ENSG00000141510"
    )
    link = gene_link({"gene": "201288_at", "symbol": 'A"><script>'})
    assert "<" not in link
    assert '"' not in link


def test_what_this_report_lacks_does_not_stay_and_the_users_files_do(folder, tmp_path):
    later = StudyFolder(shutil.copytree(folder.path, tmp_path / "out"))
    names = ["tables/nulls.csv", "figures/panel_curve.svg", "figures/journal/roc-85mm.png"]
    stale = [later.path / name for name in names]
    (later.path / "figures" / "journal").mkdir()
    written = later.read_json("report.json")
    written["files"] += [*names, "../cohort.h5ad"]
    (later.path / "report.json").write_text(json.dumps(written))
    (tmp_path / "cohort.h5ad").touch()
    mine = [later.path / "tables" / "mine.csv", later.path / "figures" / "mine.svg"]
    for path in (*stale, *mine):
        path.write_text("from before")
    write_report(later, ["md"])
    assert not any(path.exists() for path in stale)
    assert not (later.path / "figures" / "journal").exists()
    assert all(path.read_text() == "from before" for path in mine)
    assert (later.path / "tables" / "discrimination.csv").exists()
    assert (tmp_path / "cohort.h5ad").exists()


def test_the_report_lists_the_tables_and_charts_that_it_wrote(folder):
    files = set(folder.read_json("report.json")["files"])
    assert files == {
        f"{path.parent.name}/{path.name}"
        for path in [*folder.path.glob("tables/*"), *folder.path.glob("figures/*")]
    }


@pytest.mark.parametrize("name", ["gene_scores.csv", "history.parquet"])
def test_a_table_that_went_missing_is_named(folder, tmp_path, name):
    copy = copy_of(folder, tmp_path / "copy")
    (copy.path / name).unlink()
    with pytest.raises(DeepCMEError, match=rf"{name}: there is no such file"):
        write_report(copy)
    assert not (copy.path / "report.html").exists()


@pytest.mark.parametrize("name", ["predictions.parquet", "history.parquet", "gene_scores.csv"])
@pytest.mark.parametrize("share", [0, 0.5, 0.9])
def test_a_damaged_table_is_named(folder, tmp_path, name, share):
    copy = copy_of(folder, tmp_path / "copy")
    whole = (copy.path / name).read_bytes()
    # The end of a Parquet file, and half a character of a CSV.
    damaged = whole[: int(len(whole) * share)] + (b"\xff" if share else b"")
    (copy.path / name).write_bytes(damaged)
    with pytest.raises(DeepCMEError, match=rf"{name}: the file is damaged: .*run") as caught:
        write_report(copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["cohort.json", "identity.json", "audit.json", "report.json"])
@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        *(
            pytest.param(of, marks=pytest.mark.slow)
            for of in (b'{"files": [', b"\xff", b'"text"')
        ),
    ],
)
def test_a_damaged_file_of_another_kind_is_named(folder, tmp_path, name, damaged):
    copy = copy_of(folder, tmp_path / "copy")
    (copy.path / name).write_bytes(damaged)
    with pytest.raises(DeepCMEError, match=rf"{name}: the file is damaged: ") as caught:
        write_report(copy)
    assert "\n" not in str(caught.value)


def test_what_a_report_from_before_there_was_a_list_wrote_does_not_stay(folder, tmp_path):
    older = StudyFolder(shutil.copytree(folder.path, tmp_path / "out"))
    (older.path / "report.json").unlink()
    stale = ["tables/nulls.csv", "tables/permutation.csv", "figures/nulls.svg"]
    mine = ["tables/mine.csv", "figures/mine.svg"]
    for name in (*stale, *mine):
        (older.path / name).write_text("from before")
    write_report(older, ["md"])
    assert not any((older.path / name).exists() for name in stale)
    assert all((older.path / name).exists() for name in (*mine, "tables/discrimination.csv"))


def made_up_section():
    """As a module of `deepcme.report.sections` has it: a table, a chart, a sentence."""

    def compute(contents):
        test = contents.results.predictions.query("part == 'test'")
        contents.add(
            "ages",
            lambda: test.groupby("model", as_index=False)["score"].mean(),
            TableLayout("Made up.", ("model", "Model", ""), ("score", "Mean score", ".2f")),
            lambda table: alt.Chart(table).mark_bar().encode(x="score:Q", y="model:N"),
        )

        def make_what_needs_another():
            raise AbsentError("Nobody was asked.")

        contents.add("answers", make_what_needs_another)

    def write(contents):
        return [
            Heading("Invented <ages>", "ages"),
            Figure("ages", "Mean score by model", "As the table has it."),
            contents.show("ages"),
            contents.show("answers"),
            Text(contents.notes["answers"]),
            Text("On the page alone.", only="html"),
        ]

    return Section(write, compute)


def test_a_section_takes_its_module_and_a_line_in_the_outline(folder, tmp_path, monkeypatch):
    place = outline.SECTIONS.index(discrimination.SECTION) + 1
    sections = (*outline.SECTIONS[:place], made_up_section(), *outline.SECTIONS[place:])
    monkeypatch.setattr(outline, "SECTIONS", sections)
    copy = copy_of(folder, tmp_path / "copy")
    page = write_report(copy).read_text(encoding="utf-8")
    text = (copy.path / "report.md").read_text(encoding="utf-8")
    for said in (page, text):
        assert "Invented &lt;ages&gt;" in said
        assert "Nobody was asked." in said
        place = said.index("Invented")
        assert said.index("Discrimination") < place < said.index("Calibration and usefulness")
        assert "Mean score" in said
    assert 'id="chart-ages"' in page and 'id="spec-ages"' in page
    assert "On the page alone." in page and "On the page alone." not in text
    assert {"tables/ages.csv", "figures/ages.svg"} <= set(
        copy.read_json("report.json")["files"]
    )
    report = read_report(copy.path)
    assert list(report.tables["ages"]) == ["model", "score"]
    assert report.notes["answers"] == "Nobody was asked."
    monkeypatch.undo()
    write_report(copy, ["html"])
    assert not (copy.path / "tables" / "ages.csv").exists()
    assert not list((copy.path / "figures").glob("ages.*"))
