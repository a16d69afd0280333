"""The service on the loopback interface, in a thread of the tests."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from deepcme.service.app import make_app
from deepcme.service.models.served import ServedModel
from deepcme.service.settings import ServiceSettings
from deepcme.trained.files import load_model, save_model


def serve_model(name: str, model, folder: Path) -> ServedModel:
    """The model as the service has it, saved in the folder and read again."""
    save_model(model, folder / name)
    loaded = load_model(folder / name)
    return ServedModel(name, loaded.manifest.version, loaded.sha256, loaded, folder / name)


@contextmanager
def serving(
    models: Mapping[str, ServedModel], settings: ServiceSettings | None = None
) -> Iterator[str]:
    """Give the service's address."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = make_app(models, settings or ServiceSettings())
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    server.install_signal_handlers = lambda: None
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
