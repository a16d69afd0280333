"""What a server says of a file before it is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from deepcme.sources.fetching.client import WebClient
from deepcme.sources.fetching.files import WebFile

CEILING = 1_000_000_000
"""The most bytes of a portal's file whose size the server does not tell."""

_NOT_THERE = (403, 404, 410)  # S3 forbids to ask for what is not there, and so does NCBI
_NOT_TO_BE_ASKED = (405, 501)
_ENCRYPTION = "x-amz-server-side-encryption"
_MD5 = re.compile(r'"([0-9a-f]{32})"')


def is_there(client: WebClient, path: str) -> bool:
    """Whether the server has the file.

    Raises
    ------
    DeepCMEError
        If it cannot be asked.
    """
    return _headers(client, path) is not None


def stored_object(client: WebClient, path: str, name: str) -> WebFile | None:
    """A file of Amazon S3 with its size and MD5; None if it is not there.

    The ETag is the MD5, but for files that were sent in parts, whose ETag has a dash, and
    for those encrypted with a key of their own (Amazon S3 API Reference, "Object").

    Raises
    ------
    DeepCMEError
        If the server cannot be asked.
    """
    headers = _headers(client, path)
    if headers is None:
        return None
    size = headers.get("Content-Length", "")
    has_own_key = headers.get(_ENCRYPTION, "AES256") != "AES256"
    md5 = None if has_own_key else _MD5.fullmatch(headers.get("ETag", ""))
    return WebFile(
        path,
        name,
        size=int(size) if size.isascii() and size.isdigit() else None,
        md5=md5[1] if md5 else None,
    )


def _headers(client: WebClient, path: str) -> Mapping[str, str] | None:
    """What stands before a file; None if the server has a web page to show in its place."""

    def ask() -> Mapping[str, str] | None:
        try:
            with client.stream(path, method="HEAD") as response:
                is_page = "text/html" in response.headers.get("Content-Type", "")
                return None if is_page else response.headers
        except httpx.HTTPStatusError as error:
            if error.response.status_code in _NOT_THERE:
                return None
            if error.response.status_code in _NOT_TO_BE_ASKED:
                return {}
            raise

    return client.persist(ask)
