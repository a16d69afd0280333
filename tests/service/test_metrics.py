"""What is counted of requests."""

from tests.service.asking import Service

SAMPLE = {"sample": "SECRET", "values": {f"GENE{n}": 7.0 for n in range(1, 6)}}


def counted(service):
    """The counts, by what stands before each."""
    lines = service.get("/metrics").text.splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_requests_are_counted_by_address_method_and_status(panel_model):
    service = Service({"panel": panel_model})
    service.predict("panel", [SAMPLE, {**SAMPLE, "sample": "B"}])
    service.predict("panel", content=b"{")
    service.get("/nothing/of/this/name")
    service.ask("BREW", "/health")
    found = counted(service)
    address = "/v1/models/{name}/predictions"
    assert found[requests(address, "POST", 200)] == "1.0"
    assert found[requests(address, "POST", 422)] == "1.0"
    assert found[requests("other", "GET", 404)] == "1.0"
    assert found[requests("/health", "other", 405)] == "1.0"
    assert found['deepcme_samples_total{model="panel"}'] == "2.0"
    assert found[f'deepcme_request_seconds_count{{address="{address}"}}'] == "2.0"
    assert found["deepcme_requests_under_way"] == "1.0"  # the one that asks
    sha256 = panel_model.sha256
    assert found[f'deepcme_model{{name="panel",sha256="{sha256}",version="1"}}'] == "1.0"


def test_nothing_of_a_request_is_kept(panel_model):
    service = Service({"panel": panel_model})
    service.predict("panel", [SAMPLE])
    service.get("/v1/models/SECRET")
    text = service.get("/metrics").text
    assert "SECRET" not in text
    assert "GENE" not in text


def requests(address, method, status):
    return f'deepcme_requests_total{{address="{address}",method="{method}",status="{status}"}}'
