"""A client of the web that asks again where that helps, and never without end."""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, NoReturn, Self, TypeVar

import httpx
import stamina

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted
from deepcme.sources.fetching.limits import DEFAULT, Limits
from deepcme.sources.fetching.strict_json import strict_json
from deepcme.sources.fetching.watch import IncompleteError, Watch, WatchedStream

__all__ = ["IncompleteError", "WebClient"]

Params = Mapping[str, str | int | bool]
_T = TypeVar("_T")

# Its word of each attempt is for whoever sets up logging, and not for the terminal.
logging.getLogger("stamina").addHandler(logging.NullHandler())

_LONGEST_WAIT = 30.0  # seconds between two attempts
_VERY_LONG = 1e6
_TO_SPEAK_OF = 1_000_000  # bytes that make an attempt worth its time
_TO_A_GET = (301, 302, 303)  # these turn a POST into a GET without its body


class WebClient:
    """Asks a web service, waiting and asking again when it is busy or the line breaks.

    Every answer is bounded (`Limits`): in size where it is read whole, in time before
    it begins, in speed, and in how often and where to it is redirected.

    Parameters
    ----------
    base_url : str
        Address of the service, without a slash at the end.
    attempts : int
        How often to ask before giving up.
    first_wait : float
        Seconds before the second attempt; each further wait is twice as long,
        unless the server says how long.
    limits : Limits
    """

    def __init__(
        self,
        base_url: str,
        *,
        attempts: int = 6,
        first_wait: float = 0.5,
        limits: Limits = DEFAULT,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.limits = limits
        self._attempts = attempts
        self._first_wait = first_wait
        self._n_tried = 0
        self.n_bytes = 0
        """Of all answers so far."""
        try:
            self._http = httpx.Client(
                base_url=self.base_url,
                timeout=httpx.Timeout(limits.seconds_to_answer),
                event_hooks={"response": [_stop_at_redirect]},  # `_follow` checks them
                # A connection for each request: its watch must know which one to shut.
                limits=httpx.Limits(max_keepalive_connections=0),
                # The md5 of a file is that of its bytes as stored: no transport encoding.
                headers={"Accept-Encoding": "identity"},
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise DeepCMEError(f"{base_url!r} is not a web address.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def persist(self, ask: Callable[[], _T]) -> _T:
        """Do something that `IncompleteError` or the network may interrupt, until it is done.

        Attempts end after `attempts`, or where the next might take the time spent in vain
        over the limit; an attempt that brought a megabyte was not in vain.

        Raises
        ------
        DeepCMEError
            If none succeeds; one sentence.
        """
        start, n_bytes, n_tried = time.monotonic(), self.n_bytes, 0

        def patience(error: Exception) -> bool | float:
            nonlocal start, n_bytes
            self._n_tried = n_tried  # of these attempts, not of others within
            if self.n_bytes - n_bytes >= _TO_SPEAK_OF:
                start, n_bytes = time.monotonic(), self.n_bytes
            wait = self._wait_after(error)
            if wait is None:
                return False
            ends = time.monotonic() + wait + self.limits.seconds_of_an_attempt
            return ends < start + self.limits.seconds_in_vain and wait

        try:
            for attempt in stamina.retry_context(
                on=patience, attempts=self._attempts, timeout=None
            ):
                n_tried = attempt.num
                with attempt:
                    return ask()
        except (httpx.HTTPStatusError, httpx.TransportError, IncompleteError) as error:
            raise DeepCMEError(self._explain(error)) from error
        raise AssertionError("the last attempt returns or raises")

    def _wait_after(self, error: Exception) -> float | None:
        """Seconds to wait before asking again; None if that is of no use."""
        if isinstance(error, httpx.UnsupportedProtocol):
            return None
        if isinstance(error, httpx.HTTPStatusError):
            if not _is_temporary(error.response):
                return None
            asked_for = _seconds_asked_for(error.response)
            if asked_for is not None:
                return max(asked_for, 0.001)
        elif not isinstance(error, httpx.TransportError | IncompleteError):
            return None
        wait: float = self._first_wait * 2 ** (self._n_tried - 1)
        return min(wait, _LONGEST_WAIT)

    def _explain(self, error: httpx.HTTPError | IncompleteError) -> str:
        """What remains after all attempts, in one sentence."""
        if isinstance(error, httpx.HTTPStatusError):
            return self._explain_status(error.response)
        if isinstance(error, httpx.UnsupportedProtocol):
            return f"{self.base_url!r} is not a web address."
        if isinstance(error, IncompleteError):
            return (
                f"{self.base_url}: {error}, after {counted(self._n_tried, 'attempt')}; "
                "run the command again later."
            )
        return (
            f"{_place(error.request.url)} could not be reached, or broke off, {self._times()} "
            f"({type(error).__name__}); check the network and run the command again."
        )

    def _times(self) -> str:
        return "once" if self._n_tried == 1 else f"{self._n_tried} times"

    def _explain_status(self, response: httpx.Response) -> str:
        code, place = _code(response), _place(response.url)
        if response.status_code in (401, 403):
            return f"{place} refused access ({code}): only open-access files can be fetched."
        if response.status_code == 404:
            return (
                f"{place}{_path(response.url)} does not exist ({code}); check the ids and "
                "--base-url."
            )
        if _is_temporary(response):
            asked_for = _seconds_asked_for(response) or 0
            when = f"in {asked_for:,.0f} seconds" if asked_for >= 1 else "later"
            return f"{place} was busy {self._times()} ({code}); run the command again {when}."
        return f"{place} answered {code} to {_path(response.url)}."

    def json(self, path: str, *, params: Params | None = None, body: object = None) -> Any:
        """The answer as JSON, to a GET, or to a POST where there is a body.

        Numbers that are none (NaN, Infinity, 1e999) and text that is none (lone
        surrogates) are no JSON here.

        Raises
        ------
        DeepCMEError
            If the server cannot be asked, the answer is over the limit or stays senseless.
        """

        def ask() -> Any:
            text = self._read(path, params, body)
            try:
                return strict_json(text)
            except ValueError as error:
                raise IncompleteError(f"the answer of {_named(path)} makes no sense") from error

        return self.persist(ask)

    def text(self, path: str, *, params: Params | None = None) -> str:
        """The answer as UTF-8 text; bytes that are none are replaced.

        Raises
        ------
        DeepCMEError
            If the server cannot be asked, or the answer is over the limit.
        """
        return self.persist(lambda: self._read(path, params, None)).decode(errors="replace")

    def _read(self, path: str, params: Params | None, body: object) -> bytes:
        content = bytearray()
        with self.stream(path, params=params, body=body) as response:
            if packed := response.headers.get("Content-Encoding"):
                fault = f"the answer of {_named(path)} is packed ({packed[:20]!r})"
                raise IncompleteError(fault)
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > self.limits.bytes_to_read:
                    raise DeepCMEError(
                        f"{_place(response.url)}: the answer of {_named(path)} goes on "
                        f"after {self.limits.bytes_to_read:,} bytes: it was cut off; "
                        "check --base-url."
                    )
        return bytes(content)

    @contextmanager
    def stream(
        self,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
    ) -> Iterator[httpx.Response]:
        """Ask once and give the answer, to be read by ``iter_raw``.

        Parameters
        ----------
        path : str
            Below the base address, or an address of its own.
        params : mapping, optional
            The query.
        body : object, optional
            Sent as JSON.
        headers : mapping, optional
        method : str, optional
            GET, or POST where there is a body, unless given.

        Raises
        ------
        httpx.HTTPError, IncompleteError
            For `persist`.
        DeepCMEError
            If it is redirected without end, or to where it must not go.
        """
        method = method or ("GET" if body is None else "POST")
        with Watch(self.limits) as watch:
            try:
                request = self._http.build_request(
                    method,
                    path,
                    params=params,
                    json=body,
                    headers=headers,
                    extensions={"trace": watch.trace},
                )
                response = self._follow(request, watch, path)
            except (httpx.InvalidURL, UnicodeError) as error:
                raise DeepCMEError(f"{self.base_url!r} is not a web address.") from error
            try:
                response.raise_for_status()
                assert isinstance(response.stream, httpx.SyncByteStream)
                response.stream = WatchedStream(response.stream, watch, self._count)
                yield response
            finally:
                response.close()

    def _count(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes

    def _follow(self, request: httpx.Request, watch: Watch, path: str) -> httpx.Response:
        for _ in range(self.limits.redirects + 1):
            try:
                with watch.waiting(
                    f"the answer of {_named(path)} did not begin within "
                    f"{self.limits.seconds_to_answer:g} seconds"
                ):
                    response = self._http.send(request, stream=True)
            except _RedirectError as redirect:
                request = self._redirected(request, redirect.response)
            else:
                watch.answered()
                return response
        raise DeepCMEError(
            f"{_place(request.url)} redirects more than {self.limits.redirects} times "
            f"({_path(request.url)}): it was refused; check --base-url."
        )

    def _redirected(self, request: httpx.Request, response: httpx.Response) -> httpx.Request:
        """The request that a redirection asks for, if it may be made.

        Another site must be one that can prove its name (https), and gets no body.
        """
        location = response.headers["Location"]
        try:
            url = request.url.join(location)
        except (httpx.InvalidURL, ValueError):
            _refuse_redirect(request, location)
        is_same_site = _place(url) == _place(request.url)
        is_safe = url.scheme == "https" or (is_same_site and url.scheme == "http")
        if not is_safe or not url.host or url.userinfo:
            _refuse_redirect(request, location)
        keeps_body = request.method == "POST" and response.status_code not in _TO_A_GET
        if keeps_body and not is_same_site:
            _refuse_redirect(request, location)
        kept = ("Range", "If-Range", *(("Content-Type",) if keeps_body else ()))
        return self._http.build_request(
            "HEAD" if request.method == "HEAD" else "POST" if keeps_body else "GET",
            url,
            content=request.content if keeps_body else None,
            headers={name: request.headers[name] for name in kept if name in request.headers},
            extensions={"trace": request.extensions["trace"]},
        )


class _RedirectError(Exception):
    def __init__(self, response: httpx.Response) -> None:
        self.response = response


def _stop_at_redirect(response: httpx.Response) -> None:
    if response.has_redirect_location:
        raise _RedirectError(response)


def _refuse_redirect(request: httpx.Request, location: str) -> NoReturn:
    raise DeepCMEError(
        f"{_place(request.url)} redirects to {location[:100]!r}: it was refused; "
        "check --base-url."
    )


def _named(path: str) -> str:
    return path if path.isprintable() and len(path) <= 100 else repr(path[:100])


def _place(url: httpx.URL) -> str:
    port = "" if url.port is None else f":{url.port}"
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}{port}"


def _path(url: httpx.URL) -> str:
    return url.raw_path.decode("ascii", "replace").partition("?")[0][:200]


def _code(response: httpx.Response) -> str:
    """The status with its standard phrase: the server's own could be anything."""
    try:
        return f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        return str(response.status_code)


def _is_temporary(response: httpx.Response) -> bool:
    return response.status_code in (408, 429) or response.status_code >= 500


def _seconds_asked_for(response: httpx.Response) -> float | None:
    """Seconds from a Retry-After header, which holds a number or a date."""
    retry_after = response.headers.get("Retry-After", "")
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            until = email.utils.parsedate_to_datetime(retry_after)
            seconds = (until - dt.datetime.now(dt.UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):  # TypeError: a date without a zone
            return None
    return min(seconds, _VERY_LONG) if seconds > 0 else None
