"""The pages of models in use fit every screen, and draw their charts in the dark as well."""

import pytest

from deepcme.report.external.patients import write_patients
from deepcme.report.external.transfer import write_transfer
from deepcme.report.external.validation import write_validation
from deepcme.trained.new_samples import expression_of
from deepcme.trained.prediction import predict
from deepcme.trained.training import train_model
from deepcme.trained.transfer import compute_transfer
from deepcme.trained.validation import validate_model
from tests.browser.conftest import SCREENS, opened
from tests.trained.conftest import QUICK, bundle_cohort, ensembl_ids, symbols

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    one, two = (
        bundle_cohort(ensembl_ids(), symbols(), seed=seed, name=f"cohort {seed}")
        for seed in (0, 1)
    )
    model = train_model(one, QUICK)
    write_patients(predict(model, expression_of(two)), folder / "patients.html")
    table = compute_transfer(
        {"one": one, "two": two}, ensemble={"hidden_layers": (6,), "max_epochs": 5}
    )
    return {
        "validate": write_validation(validate_model(model, two), folder / "validation"),
        "transfer": write_transfer(table, folder / "transfer"),
        "predict": folder / "patients.html",
    }


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", ["validate", "transfer", "predict"])
def test_nothing_is_wider_than_the_screen(browser, pages, name, screen):
    page = opened(browser, pages[name], screen, color_scheme="dark")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SCREENS[screen][0]
    assert page.problems == []
    assert page.evaluate("document.querySelectorAll('.chart svg').length") > 0
    page.close()
