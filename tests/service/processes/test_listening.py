"""Where the service listens."""

import errno
import socket
from unittest import mock

import pytest

from deepcme import DeepCMEError
from deepcme.service.processes.listening import address_of, is_loopback, listen

HAS_IPV6 = socket.has_ipv6


def test_it_listens_at_this_computer_alone():
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert address_of(listening) == f"http://127.0.0.1:{port}"
        assert is_loopback(listening)
        socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.skipif(not HAS_IPV6, reason="this computer has no IPv6")
def test_an_address_of_ipv6_stands_in_brackets():
    try:
        listening = listen("::1", 0)
    except DeepCMEError:
        pytest.skip("this computer has no address of IPv6")
    with listening:
        assert address_of(listening).startswith("http://[::1]:")
        assert is_loopback(listening)


def test_what_others_reach_is_told_apart():
    with listen("0.0.0.0", 0) as listening:
        assert not is_loopback(listening)


def test_a_port_in_use_is_refused():
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(
            DeepCMEError, match=f"127.0.0.1:{port} is in use by another program: choose another"
        ):
            listen("127.0.0.1", port)


def test_a_port_for_administrators_is_refused():
    denied = PermissionError(errno.EACCES, "Permission denied")
    with (
        mock.patch.object(socket.socket, "bind", side_effect=denied),
        pytest.raises(DeepCMEError, match="ports under 1024 are for administrators"),
    ):
        listen("127.0.0.1", 80)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 300, "192.0.2.1"])
def test_an_address_that_this_computer_has_not_is_refused(host):
    with pytest.raises(DeepCMEError, match=f"--host {host}: th"):
        listen(host, 0)
