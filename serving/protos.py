"""The protobuf messages of TensorFlow Serving, without the ten seconds of `import tensorflow`.

`tensorflow_serving.apis.*_pb2` imports `tensorflow.core.*_pb2`, generated modules that need nothing
but protobuf. Importing them would run `tensorflow/__init__.py` first. Here a bare package that
knows only TensorFlow's folder stands in while they load: a later `import tensorflow` runs as ever
and finds the same classes. Import messages from here, never from `tensorflow_serving` directly.
"""

import importlib.util
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

from serving.errors import MissingDependencyError


@contextmanager
def _tensorflow_as_bare_package() -> Iterator[None]:
    """Lets `tensorflow.core.*_pb2` be imported without running `tensorflow/__init__.py`."""
    if "tensorflow" in sys.modules:
        yield
        return
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or spec.submodule_search_locations is None:
        raise MissingDependencyError(
            "The messages of TensorFlow Serving need the package tensorflow (its files, it is not "
            "imported), which is not installed. Install it: pip install tensorflow"
        )
    package = types.ModuleType("tensorflow")
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["tensorflow"] = package
    try:
        yield
    finally:
        del sys.modules["tensorflow"]


with _tensorflow_as_bare_package():
    from tensorflow.core.example import example_pb2
    from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2, types_pb2
    from tensorflow.core.protobuf import config_pb2, meta_graph_pb2
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        logging_pb2,
        model_pb2,
        model_service_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_log_pb2,
        prediction_service_pb2,
        prediction_service_pb2_grpc,
    )
    from tensorflow_serving.config import (
        file_system_storage_path_source_pb2,
        model_server_config_pb2,
    )
