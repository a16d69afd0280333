"""The GDC's web API: its listings, page by page.

Source: GDC API User's Guide, "Search and Retrieval" and "Downloading Files".
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pydantic import BaseModel, Field, StrictInt, ValidationError

from deepcme.errors import DeepCMEError
from deepcme.sources.fetching.client import WebClient
from deepcme.sources.fetching.watch import IncompleteError

Filter = Mapping[str, object]

_PAGE_SIZE = 500
_MOST_ENTRIES = 100_000  # of one query; the largest projects have some thousands
_MOST_PAGES = 1_000
_MOST_BYTES = 256_000_000  # of all pages of one query
_SECONDS_TO_START = 30.0  # after these, a listing must bring
_LEAST_ENTRIES = 5.0  # a second


class _Pagination(BaseModel):
    total: StrictInt = Field(ge=0, le=10**18)


class _Data(BaseModel):
    hits: list[dict[str, Any]]
    pagination: _Pagination


class _Answer(BaseModel):
    data: _Data


def equals(field: str, value: str) -> Filter:
    """A filter: the field has the value."""
    return {"op": "=", "content": {"field": field, "value": value}}


def one_of(field: str, values: Sequence[str]) -> Filter:
    """A filter: the field has one of the values."""
    return {"op": "in", "content": {"field": field, "value": list(values)}}


def all_of(*filters: Filter) -> Filter:
    """A filter: all of the filters hold."""
    return {"op": "and", "content": list(filters)}


class GDCClient(WebClient):
    """Asks the GDC: a `WebClient` that knows its listings."""

    def hits(
        self,
        endpoint: str,
        filters: Filter,
        *,
        key: str,
        fields: Sequence[str] = (),
        expand: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """All entities of an endpoint that pass the filters, each once.

        Parameters
        ----------
        endpoint : str
            ``files`` or ``cases``.
        filters : Filter
        key : str
            The field that identifies an entity; the pages are sorted by it.
        fields, expand : sequence of str
            What to ask for of each.

        Raises
        ------
        DeepCMEError
            If the server cannot be reached, its pages stay incomplete, or there is no
            end to them.
        """
        query = {
            "filters": filters,
            "fields": ",".join(fields),
            "expand": ",".join(expand),
            "sort": f"{key}:asc",
            "format": "JSON",
        }
        query = {name: value for name, value in query.items() if value}
        return self.persist(lambda: self._all_pages(endpoint, query, key))

    def _all_pages(
        self, endpoint: str, query: Mapping[str, object], key: str
    ) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        start, bounds = 0, _Bounds(self, endpoint)
        while True:
            page = self._page(endpoint, {**query, "from": start, "size": _PAGE_SIZE})
            total, n_before = page.pagination.total, len(found)
            for hit in page.hits:
                identity = hit.setdefault(key, hit.get("id"))
                if not isinstance(identity, str):
                    raise IncompleteError(f"an entry of /{endpoint} has no {key}")
                found[identity] = hit
            start += len(page.hits)
            if len(found) == n_before or start >= total:
                break
            bounds.check(total, len(found))
        if len(found) < total:
            raise IncompleteError(
                f"the pages of /{endpoint} list {len(found):,} of {total:,} entries, some of "
                "them twice"
            )
        return list(found.values())

    def _page(self, endpoint: str, query: Mapping[str, object]) -> _Data:
        answer = self.json(f"/{endpoint}", body=query)
        try:
            return _Answer.model_validate(answer).data
        except ValidationError as error:
            raise IncompleteError(f"the answer of /{endpoint} makes no sense") from error


class _Bounds:
    """How much and how long a listing may be."""

    def __init__(self, client: GDCClient, endpoint: str) -> None:
        self._client = client
        self._endpoint = endpoint
        self._began = time.monotonic()
        self._n_bytes = client.n_bytes
        self._n_pages = 0

    def check(self, total: int, n_found: int) -> None:
        self._n_pages += 1
        if self._n_pages >= _MOST_PAGES:
            self._refuse(f"has more than {_MOST_PAGES:,} pages")
        if total > _MOST_ENTRIES:
            self._refuse(f"is to have {total:.3g} entries, more than {_MOST_ENTRIES:,}")
        if self._client.n_bytes - self._n_bytes > _MOST_BYTES:
            self._refuse(f"has more than {_MOST_BYTES:,} bytes")
        seconds = time.monotonic() - self._began
        if seconds > _SECONDS_TO_START and n_found < seconds * _LEAST_ENTRIES:
            self._refuse(f"brought {n_found:,} entries in {seconds:.0f} seconds")

    def _refuse(self, fault: str) -> NoReturn:
        raise DeepCMEError(
            f"{self._client.base_url}: the listing of /{self._endpoint} {fault}: it was given "
            "up; check --base-url, or run the command again later."
        )
