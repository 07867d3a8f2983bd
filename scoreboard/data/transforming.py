"""Transform without TFX: the pipeline's `preprocessing_fn`, analysed and applied in this process.

It does what TFX's Transform component does, with the same schema, analyzers and graph, but starts
sooner. Applying the graph needs no Beam.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder
from tfx_bsl.tfxio.tensor_to_arrow import TensorsToRecordBatchConverter
from tfx_bsl.tfxio.tf_example_record import TFExampleBeamRecord

SCHEMA_FILE: Final = Path(__file__).parents[2] / "pipeline" / "schema" / "schema.pbtxt"
_BEAM_ARGS: Final = ("--runner=DirectRunner", "--direct_running_mode=in_memory")


def fit_graph(
    batches: Iterable[Sequence[bytes]],
    folder: Path,
    preprocessing: Callable[[dict[str, Any]], dict[str, Any]],
) -> tft.TFTransformOutput:
    """Analyses serialized raw examples, and saves the transform graph in `folder/graph`."""
    schema = text_format.Parse(SCHEMA_FILE.read_text("utf-8"), schema_pb2.Schema())
    adapter = TFExampleBeamRecord("memory", ["movielens"], schema).TensorAdapterConfig()
    graph_folder = str(folder / "graph")
    options = beam.options.pipeline_options.PipelineOptions(list(_BEAM_ARGS))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        decoded = _write_record_batches(batches, schema, Path(scratch) / "analysed.arrow")
        with tft_beam.Context(temp_dir=scratch), beam.Pipeline(options=options) as pipeline:
            examples = pipeline | beam.Create([decoded]) | beam.FlatMap(_read_record_batches)
            fitted = (examples, adapter) | tft_beam.AnalyzeDataset(preprocessing)
            _ = fitted | tft_beam.WriteTransformFn(graph_folder)
            raw_folder = f"{graph_folder}/{tft.TFTransformOutput.RAW_METADATA_DIR}"
            _ = tft.DatasetMetadata(schema) | tft_beam.WriteMetadata(raw_folder, pipeline)
    return tft.TFTransformOutput(graph_folder)


def _write_record_batches(
    batches: Iterable[Sequence[bytes]], schema: schema_pb2.Schema, path: Path
) -> str:
    """Decodes examples into a file. Beam would pickle and compress them in the pipeline itself."""
    decoder = ExamplesToRecordBatchDecoder(schema.SerializeToString())
    with pa.ipc.new_stream(str(path), decoder.ArrowSchema()) as writer:
        for batch in batches:
            writer.write_batch(decoder.DecodeBatch(list(batch)))
    return str(path)


def _read_record_batches(path: str) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(path) as file:
        yield from pa.ipc.open_stream(file)


def graph_function(output: tft.TFTransformOutput) -> Callable[[Sequence[bytes]], pa.RecordBatch]:
    """Returns a function from serialized raw examples to features, a list column each."""
    spec, layer = output.raw_feature_spec(), output.transform_features_layer()

    def transform(serialized: tf.Tensor) -> dict[str, Any]:
        transformed: dict[str, Any] = layer(tf.io.parse_example(serialized, spec))
        return transformed

    signature = tf.TensorSpec([None], tf.string)
    concrete = tf.function(transform, autograph=False).get_concrete_function(signature)
    outputs = concrete.structured_outputs
    specs = {name: tf.type_spec_from_value(tensor) for name, tensor in outputs.items()}
    converter = TensorsToRecordBatchConverter(specs)
    return lambda examples: converter.convert(concrete(tf.constant(list(examples))))
