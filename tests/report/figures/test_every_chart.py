"""Every chart of a report: it speaks words, keeps to our colours, and fits its frame."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

from deepcme import Cohort
from deepcme.report.contents import compute_contents
from deepcme.report.figures.calibration import plot_calibration
from deepcme.report.figures.gene_sets import plot_gene_sets, plot_running_sums
from deepcme.report.figures.instability import (
    plot_calibration_instability,
    plot_classification_instability,
    plot_mape,
    plot_prediction_instability,
)
from deepcme.report.figures.study import plot_grid, plot_panel_curve, plot_training_of_times
from deepcme.report.figures.styles import COLOURS, VEGA_LITE, specify
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort
from tests.study.times import (
    QUICK_COX,
    QUICK_COX_NETWORK,
    QUICK_TUNED,
    study_of_times,
    survival_cohort,
)

NETWORK = {"name": "DeepCME", "parameters": {"hidden_layers": [4], "max_epochs": 3}}
WIDEST = 600
ON_COLOURED_CELLS = {"black", "white"}


def charts_of_labels(path):
    """Of a study with all that a study of labels can draw in little time."""
    base = invented_cohort(n_patients=80, positives=40)
    random = np.random.default_rng(4)
    clinical = {
        "age_at_surgery": random.normal(50 + 8 * base.labels, 8),
        "grade": random.choice(["low", "high"], base.n_samples),
    }
    Cohort.from_arrays(
        base.X,
        base.labels,
        samples=base.samples.tolist(),
        genes=base.gene_ids.tolist(),
        clinical=pd.DataFrame(clinical),
        endpoint=base.endpoint,
        scale="fpkm",
        name="invented",
    ).save(path / "cohort.h5ad")
    settings = {
        "cohort": {"path": path / "cohort.h5ad"},
        "split": {"design": "repeated", "repeats": 2},
        "models": [NETWORK, QUICK_TUNED, "KNN"],
        "nulls": {"permutations": 1, "gene_sets": 1, "sizes": [3]},
        "clinical": {"columns": ["age_at_surgery", "grade"], "genes": "LR-tuned"},
    }
    folder = run_study(make_study(settings), path / "out", jobs=1, quiet=True)
    return compute_contents(folder).charts


def charts_of_times(path):
    """Of a study of times to an event."""
    survival_cohort().save(path / "cohort.h5ad")
    study = study_of_times(path / "cohort.h5ad", models=[QUICK_COX_NETWORK, QUICK_COX])
    folder = run_study(study, path / "out", jobs=1, quiet=True)
    return compute_contents(folder).charts


def charts_of_tables():
    """What those studies lack, of small tables."""
    ends = {"ci_low": 0.1, "ci_high": 0.6}
    sets = pd.DataFrame({"set": ["A", "B"], "shift": 0.4, **ends, "p": 0.01, "fdr": 0.02})
    sets = sets.assign(claimed=[True, False], n_genes=10, nes=1.4)
    sums = pd.DataFrame(
        {"set": "A", "rank": [1, 2], "running_sum": 0.1, "gene_name": ["G", ""]}
    )
    patients = pd.DataFrame({"sample": ["a", "b"], "risk": [0.2, 0.6], "mape": 0.1})
    patients = patients.assign(low=0.1, high=0.7)
    refits = pd.DataFrame({"refit": [0, 1, 1], "sample": ["a", "a", "b"], "risk": 0.3})
    lines = pd.DataFrame({"refit": [0, 1], "predicted": 0.3, "observed": 0.4})
    calls = patients[["sample", "risk"]].assign(threshold=0.2, changed=0.4)
    grid = pd.DataFrame({"width": 64, "batch_size": [16, 32], "penalty_strength": 0.01})
    epochs = pd.DataFrame({"epoch": [1, 2], "valid_loss": 0.5, "valid_c": 0.6})
    observed = pd.DataFrame({"model": ["A", "B"], "predicted": 0.3, "observed": 0.4, **ends})
    groups = observed.assign(n=10, events=5)
    risks = pd.DataFrame(
        {"model": ["A"], "low": 0.2, "high": 0.3, "events": 5, "non_events": 4}
    )
    panel = pd.DataFrame({"ranker": ["one"], "panel": "5", "auc": 0.7, **ends})
    panel = panel.assign(random_auc=0.6, random_low=0.5, random_high=0.7)
    return {
        "gene_sets": plot_gene_sets(sets),
        "running_sums": plot_running_sums(sums, 100),
        "instability": plot_prediction_instability(patients, refits),
        "mape": plot_mape(patients),
        "calibration_instability": plot_calibration_instability(lines),
        "classification_instability": plot_classification_instability(calls),
        "grid": plot_grid(grid.assign(test_auc=0.7, valid_auc=0.7)),
        "calibration": plot_calibration(observed, groups, risks),
        "panel": plot_panel_curve(panel),
        "training_of_times": plot_training_of_times(epochs),
    }


@pytest.fixture(scope="module")
def charts(tmp_path_factory) -> dict[str, dict[str, Any]]:
    """Vega-Lite of every chart, by name."""
    labels, times = (tmp_path_factory.mktemp(name) for name in ("labels", "times"))
    drawn = {
        **{f"labels: {name}": chart for name, chart in charts_of_labels(labels).items()},
        **{f"times: {name}": chart for name, chart in charts_of_times(times).items()},
        **charts_of_tables(),
    }
    return {name: specify(chart) for name, chart in drawn.items()}


def walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a chart but its data, with the key that it stands under."""
    yield key, value
    if isinstance(value, dict):
        for name, of in value.items():
            if name not in ("datasets", "data"):
                yield from walk(of, name)
    elif isinstance(value, list):
        for of in value:
            yield from walk(of, key)


def encodings(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in walk(spec):
        if key == "encoding" and isinstance(value, dict):
            yield value


def channels(encoding: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, channel in encoding.items():
        for one in channel if isinstance(channel, list) else [channel]:
            yield name, one


def widest(spec: dict[str, Any]) -> float:
    """Pixels across of the panels that stand beside each other."""
    if below := spec.get("vconcat"):
        return max(map(widest, below))
    if beside := spec.get("concat") or spec.get("hconcat"):
        return sum(map(widest, beside[: spec.get("columns", len(beside))]))
    return spec["width"]


def test_the_report_has_what_is_looked_at_here(charts):
    assert {
        f"labels: {name}" for name in ("roc", "precision_recall", "comparison", "nulls")
    } < {*charts}
    assert {f"times: {name}" for name in ("auc_over_time", "calibration", "risk_curves")} < {
        *charts
    }


def test_pointing_at_a_mark_tells_words_and_formatted_numbers(charts):
    for name, spec in charts.items():
        for encoding in encodings(spec):
            for channel, told in channels(encoding):
                if channel != "tooltip":
                    continue
                assert "_" not in told["title"], (name, told)
                assert told["type"] == "nominal" or "format" in told, (name, told)


def test_axes_and_legends_have_titles_in_words(charts):
    for name, spec in charts.items():
        for encoding in encodings(spec):
            for channel, of in channels(encoding):
                if isinstance(title := of.get("title"), str):
                    assert title and "_" not in title, (name, channel, title)


def test_every_axis_of_numbers_that_is_drawn_has_a_title(charts):
    for name, spec in charts.items():
        for axis in ("x", "y"):
            titles = [
                of.get("title")
                for encoding in encodings(spec)
                for channel, of in channels(encoding)
                if channel == axis and of.get("axis", {}) is not None
            ]
            of_names = any(
                of.get("type") == "nominal"
                for encoding in encodings(spec)
                for channel, of in channels(encoding)
                if channel == axis
            )
            has_none = not [title for title in titles if title] and not of_names
            is_hidden = all(
                of.get("axis", {}) is None or "value" in of
                for encoding in encodings(spec)
                for channel, of in channels(encoding)
                if channel == axis
            )
            assert is_hidden or not has_none, (name, axis)


def test_the_colours_are_those_that_the_page_knows(charts):
    # Drawing takes time: what studies of both kinds have is drawn once.
    once = {name.split(": ")[-1]: spec for name, spec in charts.items()}
    for name, spec in once.items():
        svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
        used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
        used -= {"none", "transparent"} | ON_COLOURED_CELLS
        assert used <= {*COLOURS}, (name, used - {*COLOURS})


def test_no_chart_is_wider_than_its_frame_may_be(charts):
    for name, spec in charts.items():
        assert 0 < widest(spec) <= WIDEST, name


def test_texts_beside_a_chart_keep_their_place_at_every_width(charts):
    for name, spec in charts.items():
        for encoding in encodings(spec):
            if "text" in encoding and "value" in encoding.get("x", {}):
                assert encoding["x"]["value"] in ("width", 0), name


def test_every_chart_says_in_a_sentence_what_it_shows(charts):
    for name, spec in charts.items():
        assert re.fullmatch(r"[A-Z].{20,}\.", spec.get("description", ""), re.DOTALL), name


def test_a_click_in_the_legend_picks_one_and_paper_shows_every_curve(charts):
    for name in ("labels: roc", "labels: decision_curve", "times: auc_over_time"):
        spec = charts[name]
        assert [param["bind"] for param in spec["params"]] == ["legend"]
    svg = vl_convert.vegalite_to_svg(charts["times: auc_over_time"], vl_version=VEGA_LITE)
    assert 'opacity="0.45"' in svg and 'opacity="0.12"' not in svg
