import socket
from collections.abc import Iterator

import pytest

from pipeline.store.mysql_greeting import offers_tls

# Sequence 0, protocol 10, the version, connection 7, salt of eight bytes and a zero, capabilities.
BEFORE = b"\x0a10.11.6-MariaDB\0\x07\0\0\0saltsalt\0"
WITH_TLS, WITHOUT = b"\xfe\xff", b"\xfe\xf7"  # bit 0x0800 of the little-endian word


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client's and a server's end of a connection."""
    client, server = socket.socketpair()
    with client, server:
        client.settimeout(1.0)
        yield client, server


def packet(payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + b"\0" + payload


@pytest.mark.parametrize(("capabilities", "offered"), [(WITH_TLS, True), (WITHOUT, False)])
def test_a_bit_of_the_greeting_says_whether_the_server_can_encrypt(
    ends: tuple[socket.socket, socket.socket], capabilities: bytes, offered: bool
) -> None:
    client, server = ends
    whole = packet(BEFORE + capabilities + b"\x08\x02\0 and more")
    server.sendall(whole[:3])
    server.sendall(whole[3:])
    assert offers_tls(client) is offered


@pytest.mark.parametrize("sent", [packet(b"\xff\x69\x04Too many connections"), b"SSH-2.0-x", b""])
def test_what_does_not_greet_as_mysql_is_refused(
    ends: tuple[socket.socket, socket.socket], sent: bytes
) -> None:
    client, server = ends
    server.sendall(sent)
    server.shutdown(socket.SHUT_WR)
    with pytest.raises(match="expected the greeting of MySQL's protocol 10"):
        offers_tls(client)
