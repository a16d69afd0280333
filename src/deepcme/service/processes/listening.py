"""Where the service listens: a socket that outlives every process that answers on it."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address

from deepcme.base.errors import DeepCMEError

__all__ = ["address_of", "is_loopback", "listen"]

_WAITING = 1024
"""Connections that the system keeps until a worker takes them."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; of several addresses of a name the first.

    Raises
    ------
    DeepCMEError
        If there is no such address, it is in use, or the port is for administrators.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeepCMEError(
            f"--host {host}: there is no such address; 127.0.0.1 is this computer alone, "
            "0.0.0.0 all that it is reached by."
        ) from error
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_WAITING)
    except OSError as error:
        listening.close()
        raise _refusal(error, host, port) from error
    return listening


def _refusal(error: OSError, host: str, port: int) -> DeepCMEError:
    where = _joined(host, port)
    if error.errno == errno.EADDRINUSE:
        return DeepCMEError(f"{where} is in use by another program: choose another --port.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return DeepCMEError(
            f"{where}: ports under 1024 are for administrators: choose another --port, and let "
            "a reverse proxy listen there."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return DeepCMEError(
            f"--host {host}: this computer has no such address; 127.0.0.1 is this computer "
            "alone, 0.0.0.0 all that it is reached by."
        )
    return DeepCMEError(f"{where}: it cannot be listened there ({error.strerror}).")


def is_loopback(listening: socket.socket) -> bool:
    """Whether only this computer reaches it."""
    return ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def address_of(listening: socket.socket) -> str:
    """Where a browser finds it, such as ``http://127.0.0.1:8000``."""
    host, port, *_ = listening.getsockname()
    return f"http://{_joined(host, port)}"


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
