"""A protocol's data on disk: raw test examples, transformed examples of every split, the graph."""

import contextlib
import dataclasses
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import tensorflow as tf
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.movielens_example_gen.encoding import encode_catalogue
from components.movielens_example_gen.record_files import write_records
from components.movielens_example_gen.shards import CHUNK_ROWS
from scoreboard.data.rated_movies import RatedMovies
from scoreboard.data.transforming import GraphApplication, Preprocessing, fit_graph
from scoreboard.fingerprints import source_fingerprint
from scoreboard.protocols import Protocol
from transform_module import features
from transform_module.preprocessing import preprocessing_fn

SPLITS: Final = (*features.RATING_SPLITS, features.SPLIT_CATALOGUE)
_RECORDS: Final = "data.gz"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProtocolData:
    """Where a protocol's data lie.

    Attributes:
        folder: holds `graph/`, `Split-<name>/` and `raw_test/`.
        is_leaky: whether the features have seen the test ratings.
    """

    folder: Path
    is_leaky: bool

    @property
    def graph_path(self) -> str:
        """The fitted transform graph."""
        return str(self.folder / "graph")

    def transformed_files(self, split: str) -> str:
        """Pattern of the transformed examples of a split."""
        return str(self.folder / f"Split-{split}" / "*")

    def raw_test_examples(self) -> Iterator[Any]:
        """Batches of serialized raw test examples, string tensors [at most 4096]."""
        records = tf.data.TFRecordDataset(str(self.folder / "raw_test" / _RECORDS), "GZIP")
        return iter(records.batch(CHUNK_ROWS))


def plain_preprocessing(inputs: dict[str, Any]) -> dict[str, Any]:
    """The pipeline's `preprocessing_fn` with its default options."""
    outputs: dict[str, Any] = preprocessing_fn(inputs)
    return outputs


def leaky_preprocessing(inputs: dict[str, Any]) -> dict[str, Any]:
    """The slides' way: a row's own label is in its aggregates, in training as in test."""
    outputs: dict[str, Any] = preprocessing_fn(inputs)
    return outputs | {features.out_of_fold(name): outputs[name] for name in features.AGGREGATES}


def transformed_splits(
    rated: RatedMovies,
    folder: Path,
    *,
    analysed: tuple[str, ...] = (features.SPLIT_TRAIN,),
    preprocessing: Preprocessing = plain_preprocessing,
) -> Mapping[str, Iterator[pa.RecordBatch]]:
    """Fits the graph and applies it.

    Args:
        rated: The ratings with their splits.
        folder: Gets the graph.
        analysed: Splits that aggregates and vocabularies are computed over.
        preprocessing: The `preprocessing_fn`.

    Returns:
        By split, the transformed batches, computed as they are asked for.
    """
    raw = raw_batches(rated)
    output = fit_graph((batch for split in analysed for batch in raw[split]), folder, preprocessing)
    application = GraphApplication(output)
    return {split: application.to_record_batches(raw[split]) for split in SPLITS}


def raw_batches(rated: RatedMovies) -> dict[str, list[list[bytes]]]:
    """The serialized raw examples by split, in batches, as MovieLensExampleGen encodes them."""
    shard = rated.shard()
    batches = {split: list(shard.examples(split, rated.movies)) for split in features.RATING_SPLITS}
    catalogue = encode_catalogue(rated.movies)
    starts = range(0, len(catalogue), CHUNK_ROWS)
    batches[features.SPLIT_CATALOGUE] = [catalogue[start : start + CHUNK_ROWS] for start in starts]
    return batches


def prepare(protocol: Protocol, rated: RatedMovies, cache: Path) -> ProtocolData:
    """Builds a protocol's data, unless the same data by the same code are in the cache.

    Args:
        protocol: Says what is analysed.
        rated: The ratings with the protocol's splits.
        cache: A folder; old versions of the protocol's data are removed from it.
    """
    folder = cache / protocol.name / _version(protocol, rated)
    data = ProtocolData(folder=folder, is_leaky=protocol.is_leaky)
    if folder.is_dir():
        return data
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder.parent)  # of other data or older code, or left by a killed run
    building = folder.parent / "partial"
    building.mkdir(parents=True)
    analysed = features.RATING_SPLITS if protocol.is_leaky else (features.SPLIT_TRAIN,)
    preprocessing = leaky_preprocessing if protocol.is_leaky else plain_preprocessing
    splits = transformed_splits(rated, building, analysed=analysed, preprocessing=preprocessing)
    encoder = RecordBatchToExamplesEncoder()
    for split, batches in splits.items():
        path = building / f"Split-{split}" / _RECORDS
        _write(path, (encoder.encode(batch) for batch in batches))
    _write(building / "raw_test" / _RECORDS, iter(raw_batches(rated)[features.SPLIT_TEST]))
    shutil.rmtree(building / "scratch")
    (building / "analysed.arrow").unlink()
    building.rename(folder)
    return data


def _version(protocol: Protocol, rated: RatedMovies) -> str:
    source = source_fingerprint(
        "transform_module",
        "components/movielens_example_gen",
        "scoreboard/data/protocol_data.py",
        "scoreboard/data/transforming.py",
    )
    text = f"{protocol}{rated.fingerprint()}{source}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write(path: Path, batches: Iterator[list[bytes]]) -> None:
    write_records(str(path), str(path.parents[1] / "scratch"), batches)
