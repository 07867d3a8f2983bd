"""The first packet of a MySQL or MariaDB server, which says whether it can encrypt.

Where the server cannot, ML Metadata's client goes on in plain text, password and all, although it
asked for TLS. So we look first.
"""

import socket
import struct
from typing import Final

_PROTOCOL: Final = 10
_CLIENT_SSL: Final = 0x0800
_LONGEST: Final = 1 << 10  # a greeting has about a hundred bytes


def offers_tls(connection: socket.socket) -> bool:
    """Reads the greeting of a server that has just been connected to.

    The packet, `HandshakeV10` in MySQL's description of its protocol: three bytes of length and one
    of sequence, the protocol's version, the server's as text up to a zero byte, four bytes of the
    connection's id, nine of salt, and the lower two bytes of the capabilities, little-endian. A
    ValueError if the server sent something else, an OSError if nothing came in time.
    """
    header = _read(connection, 4)
    payload = _read(connection, int.from_bytes(header[:3], "little"))
    if payload[:1] != bytes([_PROTOCOL]):
        raise ValueError(
            f"expected the greeting of MySQL's protocol {_PROTOCOL}. Received: {payload[:40]!r}"
        )
    _version, _, rest = payload[1:].partition(b"\0")
    (capabilities,) = struct.unpack_from("<H", rest.ljust(15, b"\0"), offset=13)
    return bool(capabilities & _CLIENT_SSL)


def _read(connection: socket.socket, count: int) -> bytes:
    """Reads `count` bytes; fewer if the server closes or sends more than a greeting."""
    received = b""
    while len(received) < min(count, _LONGEST) and (part := connection.recv(count - len(received))):
        received += part
    return received
