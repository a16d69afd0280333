"""Pages of invented panels, each opened in a browser, and the way to their numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from deepcme.report.blocks import Heading, Text
from deepcme.report.calculator.calculator import Calculator, calculator_data
from deepcme.report.render import render_page
from tests.browser.conftest import opened
from tests.trained.panels.invented import invented_panel_model

PANELS = {
    "binary": {"kind": "binary", "genes": 6},
    "times": {"kind": "survival", "genes": 6},
    "logged": {"kind": "survival", "genes": 5, "log2": True},
    "reference": {"kind": "binary", "genes": 5, "log2": True, "reference": 2},
    "reference of logs": {"kind": "binary", "genes": 5, "reference": 2},
    "networks": {"kind": "binary", "refit": "networks", "genes": 5},
    "networks of times": {
        "kind": "survival", "refit": "networks", "genes": 5, "log2": True, "reference": 2,
    },
    "no calls": {"kind": "binary", "genes": 4, "slope": 0.0},
}  # fmt: skip

LARGE = {"large": {"kind": "survival", "genes": 50}}


@dataclass
class Opened:
    """A panel, and its page in a browser."""

    name: str
    model: Any
    page: Any

    @property
    def tolerance(self):
        return 1e-6 if "networks" in self.name else 1e-9

    def tell(self, X):
        """What the page computes of values as they came, sample by sample."""
        n_genes = self.model.n_genes
        rows = [[None if np.isnan(v) else v for v in row] for row in X.tolist()]
        return self.page.evaluate(
            """([rows, n]) => {
              const { calculator } = document.querySelector(".calculator");
              return calculator.tellEach(rows.map((row) => {
                const values = row.map((value) => (value === null ? NaN : value));
                return { values: values.slice(0, n), reference: values.slice(n) };
              })).map(({ name, values, reference, scaled, z, shares, ...told }) => told);
            }""",
            [rows, n_genes],
        )

    def type(self, text, of="gene", number=0):
        self.page.locator(f"[data-{of}='{number}']").fill(text)

    @property
    def told(self):
        """The text of the result, once it follows what was typed."""
        self.page.wait_for_timeout(250)
        return self.page.locator(".told").inner_text()

    def choose(self, name, text):
        """Choose a file of this name and content; the message that follows."""
        content = text if isinstance(text, bytes) else text.encode()
        payload = {"name": name, "mimeType": "text/csv", "buffer": content}
        self.page.locator("input[type=file]").set_input_files(payload)
        message = self.page.locator(".many .message")
        self.page.wait_for_function(
            "() => !document.querySelector('.many .message').textContent.startsWith('Reading')"
        )
        return message.inner_text()


def write_page(model, path):
    checked = ["AUC 0.66 (0.58 to 0.74) on 309 patients of another cohort."]
    data = calculator_data(model, name="invented-panel", checked=checked)
    blocks = [
        Heading("Calculator", "calculator-of-the-panel"),
        Calculator(data),
        Heading("Limits", "limits"),
        Text("What else the card says."),
    ]
    path.write_text(render_page("Card", "Card of invented-panel", blocks), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Model and page of each panel, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("calculators")
    made = {}

    def page_of(name):
        if name not in made:
            model = invented_panel_model(**{**PANELS, **LARGE}[name])
            made[name] = model, write_page(model, folder / f"{name.replace(' ', '-')}.html")
        return made[name]

    return page_of


@pytest.fixture
def open_panel(browser, pages):
    """Opens the page of a panel on a screen."""
    there = []

    def open_one(name="binary", screen="desktop", **settings):
        model, path = pages(name)
        page = opened(browser, path, screen, **settings)
        there.append(page)
        return Opened(name, model, page)

    yield open_one
    for page in there:
        page.close()


def typical(model, n=1, seed=0):
    """Values as they come of patients like those of the training, (n, genes and reference)."""
    random = np.random.default_rng(seed)
    manifest = model.manifest
    reference = manifest.panel.reference
    at = random.uniform(0.05, 0.95, (n, model.n_genes))
    grid = np.linspace(0, 1, 21)
    values = np.column_stack(
        [
            np.interp(at[:, gene], grid, model.panel.ranges[gene])
            for gene in range(model.n_genes)
        ]
    )
    if reference:
        level = random.uniform(5, 6, (n, len(reference.id)))
        values = np.column_stack([values + level.mean(axis=1, keepdims=True), level])
    if manifest.preprocessing.log2:
        values = 2**values - 1
    return values.astype(np.float32)
