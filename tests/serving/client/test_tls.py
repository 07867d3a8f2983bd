"""The clients over TLS, and their certificates."""

import asyncio
from pathlib import Path

import pytest

from serving.client import (
    AsyncRecommenderClient,
    RecommenderClient,
    RetryPolicy,
    TlsOptions,
    VersionStatus,
)
from serving.errors import ServerUnavailableError
from tests.serving.certificates import Authority
from tests.serving.conftest import RunServer


def escaped(text: str) -> str:
    return text.replace("\n", "\\n")


@pytest.fixture
def secure(run_server: RunServer, authority: Authority, tmp_path: Path) -> tuple[str, TlsOptions]:
    """A server that asks for certificates, and the options of a client that has one."""
    identity, client = authority.issue("server"), authority.issue("client")
    config = tmp_path / "ssl.config"
    config.write_text(
        f'server_key: "{escaped(identity.key)}" server_cert: "{escaped(identity.certificate)}" '
        f'custom_ca: "{escaped(authority.certificate)}" client_verify: true'
    )
    for name, text in (("ca", authority.certificate), ("key", client.key)):
        (tmp_path / name).write_text(text)
    (tmp_path / "cert").write_text(client.certificate)
    options = TlsOptions(
        root_certificates=tmp_path / "ca",
        private_key=tmp_path / "key",
        certificate_chain=tmp_path / "cert",
    )
    return run_server(f"--ssl_config_file={config}").target, options


def test_both_clients_talk_over_mutual_tls(secure: tuple[str, TlsOptions]) -> None:
    target, options = secure

    async def statuses() -> list[VersionStatus]:
        async with AsyncRecommenderClient(target, tls=options) as client:
            return await client.model_status()

    with RecommenderClient(target, tls=options) as client:
        (status,) = client.model_status()
    assert status.version == 1
    assert asyncio.run(statuses()) == [status]
    once = RetryPolicy(attempts=1)
    with (
        RecommenderClient(target, retry=once) as in_clear_text,
        pytest.raises(ServerUnavailableError),
    ):
        in_clear_text.model_status()


def test_key_without_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"private_key={tmp_path}, certificate_chain=None"):
        TlsOptions(private_key=tmp_path)


def test_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"Cannot read the certificate file {tmp_path}/none"):
        RecommenderClient(tls=TlsOptions(root_certificates=tmp_path / "none"))
