"""Whether the service lives, and is ready."""

from dataclasses import replace

from tests.service.asking import Service


def test_it_is_ready_if_each_model_passes_its_self_test(service):
    assert service.get("/ready").json() == {"status": "ready"}


def test_it_is_not_ready_without_a_model():
    answer = Service({}).get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"error": "No model is loaded."}
    assert answer.headers["Retry-After"] == "5"


def test_it_is_not_ready_with_a_model_that_computes_otherwise(panel_model):
    manifest = panel_model.manifest.model_copy(
        update={"self_test": panel_model.manifest.self_test + 1e-6}
    )
    answer = Service({"panel": replace(panel_model, manifest=manifest)}).get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"error": "A model fails its self-test."}


def test_it_lives_without_a_model():
    assert Service({}).get("/health").json() == {"status": "alive"}
