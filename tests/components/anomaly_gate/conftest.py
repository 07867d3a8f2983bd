from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

# First, because it stands in for a module that TFDV misses in this tfx-bsl.
import tfx  # noqa: F401  # isort: skip

import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

SCHEMA = Path(__file__).parents[3] / "pipeline" / "schema" / "schema.pbtxt"
TYPES = {
    "user_id": pa.int64(),
    "movie_id": pa.int64(),
    "title": pa.binary(),
    "genres": pa.binary(),
    "timestamp": pa.int64(),
    "rating": pa.float32(),
    "history_movie_ids": pa.int64(),
    "history_ratings": pa.float32(),
}
SOUND: dict[str, list[Any]] = {
    "user_id": [[1], [2]],
    "movie_id": [[3], [4]],
    "title": [[b"A (1999)"], [b""]],
    "genres": [[b"Drama", b"War"], []],
    "timestamp": [[789652009], [1]],
    "rating": [[0.5], [5.0]],
    "history_movie_ids": [[4, 3], []],
    "history_ratings": [[5.0, 0.5], []],
}
Validate = Callable[..., anomalies_pb2.Anomalies]


@pytest.fixture(scope="session")
def validate() -> Validate:
    """Validates two sound examples, some features of which are replaced, by our schema."""
    schema = text_format.Parse(SCHEMA.read_text(), schema_pb2.Schema())

    def run(types: dict[str, pa.DataType] | None = None, **replaced: Any) -> Any:
        columns = {**SOUND, **replaced}
        columns = {name: values for name, values in columns.items() if values is not None}
        kinds = {**TYPES, **(types or {})}
        batch = pa.RecordBatch.from_arrays(
            [pa.array(values, pa.list_(kinds[name])) for name, values in columns.items()],
            names=list(columns),
        )
        return tfdv.validate_statistics(stats_impl.generate_statistics_in_memory(batch), schema)

    return run
