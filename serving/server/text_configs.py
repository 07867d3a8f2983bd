"""The server's configuration files, in protobuf's text format.

`tensorflow-serving-api` does not ship the messages of two of them, so they are declared here as in
tensorflow_serving/config/{ssl_config,monitoring_config}.proto. They live in a pool of their own,
because another package may bring the real ones.
"""

from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from serving.errors import ServerStartError

_SCHEMA: Final = """
name: "serving/server/text_configs.proto" package: "tensorflow.serving" syntax: "proto3"
message_type {
  name: "SSLConfig"
  field { name: "server_key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "server_cert" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "custom_ca" number: 3 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "client_verify" number: 4 label: LABEL_OPTIONAL type: TYPE_BOOL }
}
message_type {
  name: "PrometheusConfig"
  field { name: "enable" number: 1 label: LABEL_OPTIONAL type: TYPE_BOOL }
  field { name: "path" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }
}
message_type {
  name: "MonitoringConfig"
  field {
    name: "prometheus_config" number: 1 label: LABEL_OPTIONAL
    type: TYPE_MESSAGE type_name: ".tensorflow.serving.PrometheusConfig"
  }
}
"""


def new_message(name: str) -> Any:
    """An empty `SSLConfig` or `MonitoringConfig`."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(_SCHEMA, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"tensorflow.serving.{name}")
    )()


def read_text_config(path: Path, message: Any, flag: str) -> Any:
    """Reads the file that a flag names into an empty message, or raises a ServerStartError."""
    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), message)
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ServerStartError(
            f"Cannot read {path}, the file of --{flag}: {error}. Expected a "
            f"{message.DESCRIPTOR.name} in protobuf's text format."
        ) from error
