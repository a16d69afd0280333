"""The GDC's web API: queries page by page, downloads, and patience with a busy server.

Source: GDC API User's Guide, "Search and Retrieval" and "Downloading Files".
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx
import stamina
from pydantic import BaseModel, Field, ValidationError

from deepcme.errors import DeepCMEError

BASE_URL = "https://api.gdc.cancer.gov"
Filter = Mapping[str, object]

_PAGE_SIZE = 500
_LONGEST_WAIT = 120.0  # seconds; a server may ask for hours, which a user should not wait
_SECONDS_WITHOUT_DATA = 60.0


class IncompleteError(Exception):
    """An answer that arrived but is not whole; asking again may help."""


class _Pagination(BaseModel):
    total: int = Field(ge=0)


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


class GDCClient:
    """Asks the GDC, waiting and asking again when it is busy or the line breaks.

    Parameters
    ----------
    base_url : str
        Address of the API, without a slash at the end.
    attempts : int
        How often to ask before giving up.
    first_wait : float
        Seconds before the second attempt; each further wait is twice as long,
        unless the server says how long.
    """

    def __init__(
        self, base_url: str = BASE_URL, *, attempts: int = 6, first_wait: float = 0.5
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._attempts = attempts
        self._first_wait = first_wait
        try:
            self._http = httpx.Client(
                base_url=self.base_url,
                timeout=_SECONDS_WITHOUT_DATA,
                follow_redirects=True,
                # The md5 of a file is that of its bytes as stored: no transport encoding.
                headers={"Accept-Encoding": "identity"},
            )
        except httpx.InvalidURL as error:
            raise DeepCMEError(f"{base_url!r} is not a web address.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def attempts(self) -> Iterator[stamina.Attempt]:
        """Attempts at something that `IncompleteError` or the network may interrupt."""
        yield from stamina.retry_context(
            on=_worth_another_attempt,
            attempts=self._attempts,
            timeout=None,
            wait_initial=self._first_wait,
            wait_max=_LONGEST_WAIT,
        )

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what remains after all attempts into one sentence."""
        try:
            yield
        except httpx.HTTPStatusError as error:
            raise DeepCMEError(self._explain_status(error.response)) from error
        except httpx.UnsupportedProtocol as error:
            raise DeepCMEError(f"{self.base_url!r} is not a web address.") from error
        except httpx.TransportError as error:
            raise DeepCMEError(
                f"{self.base_url} could not be reached, or broke off, {self._attempts} times "
                f"({type(error).__name__}); check the network and run the command again."
            ) from error
        except IncompleteError as error:
            raise DeepCMEError(
                f"{self.base_url}: {error}, after {self._attempts} attempts; "
                "run the command again later."
            ) from error

    def _explain_status(self, response: httpx.Response) -> str:
        code = f"{response.status_code} {response.reason_phrase}".strip()
        if response.status_code in (401, 403):
            return f"{self.base_url} refused access ({code}): only open-access files work."
        if response.status_code == 404:
            return f"{response.url} does not exist ({code}); check the ids and --base-url."
        if _is_temporary(response):
            return (
                f"{self.base_url} was busy {self._attempts} times ({code}); "
                "run the command again later."
            )
        return f"{self.base_url} answered {code} to {response.request.url.path}."

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
            If the server cannot be reached, or its pages stay incomplete.
        """
        query = {
            "filters": filters,
            "fields": ",".join(fields),
            "expand": ",".join(expand),
            "sort": f"{key}:asc",
            "format": "JSON",
        }
        query = {name: value for name, value in query.items() if value}
        with self.explained():
            for attempt in self.attempts():
                with attempt:
                    return self._all_pages(endpoint, query, key)
        raise AssertionError("the last attempt returns or raises")

    def _all_pages(
        self, endpoint: str, query: Mapping[str, object], key: str
    ) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        start = 0
        while True:
            page = self._page(endpoint, {**query, "from": start, "size": _PAGE_SIZE})
            for hit in page.hits:
                identity = hit.setdefault(key, hit.get("id"))
                if not isinstance(identity, str):
                    raise IncompleteError(f"an entry of /{endpoint} has no {key}")
                found[identity] = hit
            start += len(page.hits)
            if not page.hits or start >= page.pagination.total:
                break
        if len(found) < page.pagination.total:
            raise IncompleteError(
                f"the pages of /{endpoint} list {len(found):,} of "
                f"{page.pagination.total:,} entries, some of them twice"
            )
        return list(found.values())

    def _page(self, endpoint: str, query: Mapping[str, object]) -> _Data:
        response = self._http.post(f"/{endpoint}", json=query)
        response.raise_for_status()
        try:
            return _Answer.model_validate_json(response.content).data
        except ValidationError as error:
            raise IncompleteError(f"the answer of /{endpoint} makes no sense") from error

    @contextmanager
    def download(self, file_ids: Sequence[str]) -> Iterator[httpx.Response]:
        """The bytes of one file as they are, or of several as a tar.gz, to be streamed."""
        if len(file_ids) == 1:
            request = self._http.build_request("GET", f"/data/{file_ids[0]}")
        else:
            request = self._http.build_request("POST", "/data", json={"ids": list(file_ids)})
        response = self._http.send(request, stream=True)
        try:
            response.raise_for_status()
            yield response
        finally:
            response.close()


def _is_temporary(response: httpx.Response) -> bool:
    return response.status_code in (408, 429) or response.status_code >= 500


def _worth_another_attempt(error: Exception) -> bool | float:
    """Whether to ask again; as a number, after how many seconds."""
    if isinstance(error, httpx.HTTPStatusError):
        if not _is_temporary(error.response):
            return False
        return _seconds_asked_for(error.response.headers.get("Retry-After", "")) or True
    if isinstance(error, httpx.UnsupportedProtocol):
        return False
    return isinstance(error, httpx.TransportError | IncompleteError)


def _seconds_asked_for(retry_after: str) -> float | None:
    """Seconds from a Retry-After header, which holds a number or a date."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            until = email.utils.parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        seconds = (until - dt.datetime.now(dt.UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT) or None
