"""The service as an application: its addresses, and what stands before them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.service.addresses.models import ModelAddresses
from deepcme.service.addresses.predictions import Predictor
from deepcme.service.addresses.state import StateAddresses
from deepcme.service.answers.refusals import answer_problem, answer_refusal
from deepcme.service.guard import CHALLENGE, Guard
from deepcme.service.metrics import Metrics
from deepcme.service.models.served import ServedModel
from deepcme.service.page.page import make_page
from deepcme.service.predicting.large import LargeTables
from deepcme.service.predicting.places import Places
from deepcme.service.settings import ServiceSettings

__all__ = ["make_app"]


def make_app(
    models: Mapping[str, ServedModel],
    settings: ServiceSettings | None = None,
    *,
    tell: Callable[[str], None] | None = None,
    place: Path | None = None,
) -> Starlette:
    """Make the application that answers for some models.

    Parameters
    ----------
    models : mapping of str to ServedModel
        By the names under which they are asked.
    settings : ServiceSettings, optional
    tell : callable, optional
        Says where a request failed, in a line without anything of the request; by default
        on standard error.
    place : path, optional
        Private folder that all workers share, so that they work on one large table at a time.

    Returns
    -------
    Starlette
        An ASGI application.

    Examples
    --------
    >>> import asyncio
    >>> from pathlib import Path
    >>> import deepcme
    >>> import httpx
    >>> from deepcme.service.app import make_app
    >>> from deepcme.service.models.served import ServedModel
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True).save("lr")
    >>> model = deepcme.load_model("lr").model
    >>> app = make_app({"lr": ServedModel("lr", "1", model.sha256, model, Path("lr"))})
    >>> async def ask(path):
    ...     transport = httpx.ASGITransport(app=app)
    ...     async with httpx.AsyncClient(transport=transport) as client:
    ...         return await client.get(f"http://localhost{path}")
    >>> asyncio.run(ask("/v1/models")).json()["models"][0]["name"]
    'lr'
    """
    settings = settings or ServiceSettings()
    metrics = Metrics(models.values())
    places = Places(settings)
    front = _front()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        places.close()

    of_models = ModelAddresses(models, settings)
    of_state = StateAddresses(models, metrics)
    predictor = Predictor(models, settings, metrics, places, LargeTables(settings, place))
    one = "/v1/models/{name}"
    app = Starlette(
        routes=[
            Route("/", lambda request: front),
            Route("/health", of_state.health),
            Route("/ready", of_state.ready),
            Route("/metrics", of_state.metrics),
            Route("/openapi.json", of_models.openapi),
            Route("/v1/models", of_models.listed),
            Route(one, of_models.one),
            Route(f"{one}/card", of_models.card),
            Route(f"{one}/predictions", predictor.answer, methods=["POST"]),
        ],
        middleware=[
            Middleware(
                Guard,
                settings=settings,
                metrics=metrics,
                front=_front(401, CHALLENGE),
                tell=tell or partial(say, error=True),
            )
        ],
        exception_handlers={HTTPException: answer_refusal, DeepCMEError: answer_problem},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _front(status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The page in front, the same for everybody."""
    page = make_page()
    return Response(
        page.html, status, {**page.headers, **(headers or {})}, media_type="text/html"
    )
