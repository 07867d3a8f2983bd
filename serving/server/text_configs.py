"""The server's small configuration files, in protobuf's text format.

`tensorflow-serving-api` does not ship the messages of these files, so they are declared here, field
by field as in tensorflow_serving/config/{ssl_config,monitoring_config}.proto. They live in a pool
of their own: another package may bring the real ones.
"""

from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from serving.errors import ServerStartError

_PACKAGE: Final = "tensorflow.serving"
_FIELD: Final = descriptor_pb2.FieldDescriptorProto
# message: (field, type or message name); numbers count from one.
_MESSAGES: Final[dict[str, tuple[tuple[str, Any], ...]]] = {
    "SSLConfig": (
        ("server_key", _FIELD.TYPE_STRING),
        ("server_cert", _FIELD.TYPE_STRING),
        ("custom_ca", _FIELD.TYPE_STRING),
        ("client_verify", _FIELD.TYPE_BOOL),
    ),
    "PrometheusConfig": (
        ("enable", _FIELD.TYPE_BOOL),
        ("path", _FIELD.TYPE_STRING),
    ),
    "MonitoringConfig": (("prometheus_config", f".{_PACKAGE}.PrometheusConfig"),),
}


def read_text_config(path: Path, message_name: str, flag: str) -> Any:
    """Reads a configuration file.

    Args:
        path: The file.
        message_name: `SSLConfig` or `MonitoringConfig`.
        flag: The flag that named the file, for the error.

    Raises:
        ServerStartError: the file cannot be read or parsed.
    """
    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), _message_type(message_name)())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ServerStartError(
            f"Cannot read {path}, the file of --{flag}: {error}. Expected a {message_name} in "
            "protobuf's text format."
        ) from error


def _message_type(name: str) -> Any:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(_file().SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


def _file() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="serving/server/text_configs.proto",
        package=_PACKAGE,
        syntax="proto3",
    )
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for number, (field_name, kind) in enumerate(fields, start=1):
            field = message.field.add(name=field_name, number=number, label=_FIELD.LABEL_OPTIONAL)
            if isinstance(kind, str):
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, kind
            else:
                field.type = kind
    return file
