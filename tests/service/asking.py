"""An application that is asked without a server between."""

import asyncio
from pathlib import Path

import httpx

from deepcme.service.app import make_app
from deepcme.service.models.served import ServedModel
from deepcme.service.settings import ServiceSettings


def served(name, model):
    """A model as the service has it."""
    return ServedModel(name, model.manifest.version, model.sha256, model, Path(name))


class Service:
    """The service of some models, by name, within limits."""

    def __init__(self, models, **limits):
        self.models = {name: served(name, model) for name, model in models.items()}
        self.app = make_app(self.models, ServiceSettings(**limits))

    def ask(self, method, path, host="localhost", **request):
        """An answer; what is streamed, headers and all else is as httpx takes it."""

        async def ask():
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://{host}"
            ) as client:
                return await client.request(method, path, **request)

        return asyncio.run(ask())

    def get(self, path, **request):
        return self.ask("GET", path, **request)

    def predict(self, name, samples=None, **request):
        """Predictions of samples as JSON, or of `content` by its type."""
        headers = {"Content-Type": "application/json"} | request.pop("headers", {})
        if samples is not None:
            request["json"] = {"samples": samples} if isinstance(samples, list) else samples
        return self.ask("POST", f"/v1/models/{name}/predictions", headers=headers, **request)


def samples_of(frame):
    """Samples of a DataFrame as they are sent."""
    return [
        {
            "sample": str(sample),
            "values": {
                gene: None if value != value else float(value) for gene, value in row.items()
            },
        }
        for sample, row in frame.iterrows()
    ]


def typical_values(model):
    """Values of a patient at the training means of a panel of FPKM with reference genes."""
    level = 1 - min(0, model.statistics.mean.min())
    reference = model.manifest.panel.reference.names
    logged = dict(zip(model.manifest.genes.names, model.statistics.mean + level, strict=True))
    logged |= dict.fromkeys(reference, level)
    return {gene: float(2**value - 1) for gene, value in logged.items()}
