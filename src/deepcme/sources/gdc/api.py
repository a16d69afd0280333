"""The GDC's web API: its listings, page by page.

Source: GDC API User's Guide, "Search and Retrieval" and "Downloading Files".
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from pydantic import BaseModel, Field, StrictInt, ValidationError

from deepcme.base.errors import DeepCMEError
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
        start, began, n_bytes = 0, time.monotonic(), self.n_bytes
        for n_pages in count(1):
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
            read, seconds = self.n_bytes - n_bytes, time.monotonic() - began
            if fault := _fault(total, len(found), n_pages, read, seconds):
                raise DeepCMEError(
                    f"{self.base_url}: the listing of /{endpoint} {fault}: it was given up; "
                    "check --base-url, or run the command again later."
                )
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


def _fault(total: int, n_found: int, n_pages: int, n_bytes: int, seconds: float) -> str | None:
    """Where a listing goes on for too much or too long."""
    if n_pages >= _MOST_PAGES:
        return f"has more than {_MOST_PAGES:,} pages"
    if total > _MOST_ENTRIES:
        return f"is to have {total:.3g} entries, more than {_MOST_ENTRIES:,}"
    if n_bytes > _MOST_BYTES:
        return f"has more than {_MOST_BYTES:,} bytes"
    if seconds > _SECONDS_TO_START and n_found < seconds * _LEAST_ENTRIES:
        return f"brought {n_found:,} entries in {seconds:.0f} seconds"
    return None
