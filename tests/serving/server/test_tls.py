"""TLS and mutual TLS by --ssl_config_file."""

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from google.protobuf import text_format
from grpc import ChannelCredentials

from serving.errors import ServerStartError
from serving.protos import get_model_status_pb2, model_pb2, model_service_pb2_grpc
from tests.serving.certificates import Authority, Identity
from tests.serving.conftest import RunServer

WriteConfig = Callable[..., str]


@pytest.fixture
def identity(authority: Authority) -> Identity:
    return authority.issue("server")


@pytest.fixture
def write_config(tmp_path: Path) -> WriteConfig:
    def write(**fields: bool | str) -> str:
        lines = [
            f"{name}: {str(value).lower()}"
            if isinstance(value, bool)
            else f'{name}: "{text_format.text_encoding.CEscape(value, as_utf8=True)}"'
            for name, value in fields.items()
        ]
        path = tmp_path / "ssl.config"
        path.write_text("\n".join(lines))
        return f"--ssl_config_file={path}"

    return write


def status(target: str, credentials: ChannelCredentials) -> int:
    with grpc.secure_channel(target, credentials) as channel:
        stub = model_service_pb2_grpc.ModelServiceStub(channel)
        spec = model_pb2.ModelSpec(name="movielens")
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=spec)
        return stub.GetModelStatus(request, timeout=5).model_version_status[0].version


def test_server_proves_who_it_is(
    run_server: RunServer, authority: Authority, identity: Identity, write_config: WriteConfig
) -> None:
    config = write_config(server_key=identity.key, server_cert=identity.certificate)
    server = run_server(config)
    trusted = grpc.ssl_channel_credentials(authority.certificate.encode())
    assert status(server.target, trusted) == 1
    with pytest.raises(grpc.RpcError) as caught:
        status(server.target, grpc.ssl_channel_credentials())
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_client_must_prove_who_it_is_where_asked(
    run_server: RunServer, authority: Authority, identity: Identity, write_config: WriteConfig
) -> None:
    server = run_server(
        write_config(
            server_key=identity.key,
            server_cert=identity.certificate,
            custom_ca=authority.certificate,
            client_verify=True,
        )
    )
    client = authority.issue("client")
    known = grpc.ssl_channel_credentials(
        authority.certificate.encode(), client.key.encode(), client.certificate.encode()
    )
    assert status(server.target, known) == 1
    unknown = grpc.ssl_channel_credentials(authority.certificate.encode())
    with pytest.raises(grpc.RpcError) as caught:
        status(server.target, unknown)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"server_key": "k"}, "must hold server_key and server_cert"),
        (
            {"server_key": "k", "server_cert": "c", "client_verify": True},
            r"client certificates \(client_verify\) without custom_ca",
        ),
    ],
)
def test_config_that_lacks_something_ends_the_start(
    run_server: RunServer, write_config: WriteConfig, fields: dict[str, bool | str], message: str
) -> None:
    with pytest.raises(ServerStartError, match=message):
        run_server(write_config(**fields))


def test_file_that_is_no_config_ends_the_start(
    run_server: RunServer, write_config: WriteConfig
) -> None:
    with pytest.raises(ServerStartError, match=r"the file of --ssl_config_file: .*nonsense"):
        run_server(write_config(nonsense="k"))
