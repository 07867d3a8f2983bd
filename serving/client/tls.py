"""Certificates that a client trusts and, for mutual TLS, shows."""

from dataclasses import dataclass
from pathlib import Path

import grpc


@dataclass(frozen=True, kw_only=True)
class TlsOptions:
    """How to talk to a server over TLS; every file is PEM.

    Attributes:
        root_certificates: the authorities to trust; None for those that gRPC ships.
        private_key: the client's key, where the server asks for a certificate.
        certificate_chain: the client's certificate, with the key.
    """

    root_certificates: Path | None = None
    private_key: Path | None = None
    certificate_chain: Path | None = None

    def __post_init__(self) -> None:
        if (self.private_key is None) != (self.certificate_chain is None):
            raise ValueError(
                "A client's certificate needs its key and the other way round. Received: "
                f"private_key={self.private_key}, certificate_chain={self.certificate_chain}"
            )

    def credentials(self) -> grpc.ChannelCredentials:
        """Reads the files.

        Raises:
            ValueError: a file cannot be read.
        """
        return grpc.ssl_channel_credentials(
            _content(self.root_certificates),
            _content(self.private_key),
            _content(self.certificate_chain),
        )


def _content(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise ValueError(f"Cannot read the certificate file {path}: {error}") from error
