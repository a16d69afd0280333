"""What is sent is found nowhere afterwards: not in what is printed, counted or left on the disk."""

import json
import os
import signal

import pytest

from tests.attacks.service import ASKED, GENES, TOKEN, VALUES, attacked_service, request_of

pytestmark = pytest.mark.cause("leaking")
CANARY = "CANARY"


def name(number: int) -> str:
    return f"{CANARY}{number}"


def of_json(service):
    service.predict(
        json.dumps(
            {"samples": [{"sample": name(1), "values": {**VALUES, name(2): 1}}]}
        ).encode()
    )
    service.predict(f'{{"samples": [{{"sample": "{name(3)}", "values": NaN}}]}}'.encode())
    service.predict(f'{{"{name(4)}": 1}}'.encode())


def of_tables(service):
    rows = f"{name(1)},7,7,7,7,7\n{name(2)},high,1,1,1,1\n"
    service.predict(f"sample,{','.join(GENES)}\n{rows}".encode(), "text/csv")
    service.predict(f"sample,{name(3)}\n{name(4)},{name(5)}\n".encode(), "text/csv")
    service.predict(name(6).encode(), "application/vnd.apache.parquet")


def of_addresses(service):
    for path in (f"/{name(1)}", f"/v1/models/{name(2)}/card", f"/?{name(3)}={name(4)}"):
        service.ask("GET", path)
        service.ask("GET", path, headers={"Authorization": ""})
    service.ask(name(5), "/v1/models")


def of_headers(service):
    sent = {
        "User-Agent": name(1),
        "Referer": name(2),
        f"X-{name(3)}": name(4),
        "Cookie": name(5),
    }
    service.ask("GET", "/v1/models", headers=sent)
    service.ask("GET", "/v1/models", headers={"Authorization": f"Bearer {name(6)}"})
    service.predict(b"x", name(7))
    service.ask("GET", "/v1/models", headers={"Host": name(8)})


def of_what_is_no_request(service):
    service.raw(name(1).encode() * 100 + b"\r\n\r\n")
    service.raw(request_of(f"/{name(2)}\x01", f"X-{name(3)}"))
    service.raw(request_of(ASKED, "Content-Length: 100", method="POST", body=name(4).encode()))


SENT = (of_json, of_tables, of_addresses, of_headers, of_what_is_no_request)


@pytest.mark.attack  # each needs a service of its own
@pytest.mark.parametrize("send", SENT)
def test_nothing_of_a_request_is_written(tmp_path, send):
    with attacked_service(tmp_path) as service:
        send(service)
        metrics = service.ask("GET", "/metrics").text
        left = [path for path in tmp_path.rglob("*") if path.is_file()]
        kept = b"".join(path.read_bytes() for path in left)
        service.command.send(signal.SIGTERM)
        out, err = service.command.process.communicate(timeout=60)
    for written in (metrics, out, err, kept.decode(errors="replace")):
        assert CANARY not in written and CANARY.lower() not in written
        assert TOKEN not in written
    assert "Traceback" not in err
    assert service.command.process.returncode in (0, 128 + signal.SIGTERM)
    assert sorted(os.listdir(tmp_path)) == ["panel"]  # noqa: PTH208


@pytest.mark.parametrize(
    "path", ["/metrics", "/openapi.json", "/v1/models", "/health", "/ready"]
)
def test_what_one_sends_another_does_not_read(stands, path):
    for send in (of_json, of_tables, of_addresses):
        send(stands)
    assert CANARY not in stands.ask("GET", path).text


def test_refused_requests_are_counted(stands):
    def counted(text):
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        return sum(
            float(line.split()[-1]) for line in lines if '"422"' in line or '"4xx"' in line
        )

    before = counted(stands.ask("GET", "/metrics").text)
    stands.predict(b"{}")
    assert counted(stands.ask("GET", "/metrics").text) > before
