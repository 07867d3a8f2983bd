"""A protocol's data on disk: the raw examples of every split, and the transform graph."""

import contextlib
import dataclasses
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft

from components.movielens_example_gen.encoding import encode_catalogue
from components.movielens_example_gen.record_files import write_records
from components.movielens_example_gen.shards import CHUNK_ROWS
from scoreboard.data.rated_movies import RatedMovies
from scoreboard.data.transforming import fit_graph
from scoreboard.fingerprints import source_fingerprint
from scoreboard.protocols import Protocol
from transform_module import features
from transform_module.preprocessing import preprocessing_fn

_RECORDS: Final = "data.gz"


def leaky_preprocessing(inputs: dict[str, Any]) -> dict[str, Any]:
    """The slides' way: a row's own label is in its aggregates, in training as in test."""
    outputs: dict[str, Any] = preprocessing_fn(inputs)
    return outputs | {features.out_of_fold(name): outputs[name] for name in features.AGGREGATES}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProtocolData:
    """A folder with a protocol's data."""

    folder: Path  # holds `graph/` and `Split-<name>/`
    is_leaky: bool  # whether the features have seen the test ratings

    @property
    def graph_path(self) -> str:
        """The fitted transform graph."""
        return str(self.folder / "graph")

    def files(self, split: str) -> str:
        """Returns a pattern of the examples of a split."""
        return str(self.folder / f"Split-{split}" / "*")

    def examples(self, split: str) -> Iterator[Any]:
        """Returns batches of serialized examples of a split, string tensors [at most 4096]."""
        records = tf.data.TFRecordDataset(tf.io.gfile.glob(self.files(split)), "GZIP")
        return iter(records.batch(CHUNK_ROWS))


def fit_to_splits(
    raw: Mapping[str, list[list[bytes]]], folder: Path, *, is_leaky: bool
) -> tft.TFTransformOutput:
    """Fits the transform graph and leaves it in `folder/graph`.

    Features are computed over the train ratings, as in the pipeline, or over all if they are leaky,
    as in the slides. `raw` are the splits as `raw_batches` returns them.
    """
    splits = features.RATING_SPLITS if is_leaky else (features.SPLIT_TRAIN,)
    analysed = (batch for split in splits for batch in raw[split])
    return fit_graph(analysed, folder, leaky_preprocessing if is_leaky else preprocessing_fn)


def prepare(protocol: Protocol, rated: RatedMovies, cache: Path) -> ProtocolData:
    """Makes a protocol's data, unless the cache has the same data made by the same code.

    Other versions of the protocol's data are removed from the cache.
    """
    folder = cache / protocol.name / _version(protocol, rated)
    data = ProtocolData(folder=folder, is_leaky=protocol.is_leaky)
    if folder.is_dir():
        return data
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder.parent)  # of other data or older code, or left by a killed run
    building = folder.parent / "partial"
    building.mkdir(parents=True)
    raw = raw_batches(rated)
    fit_to_splits(raw, building, is_leaky=protocol.is_leaky)
    for split, batches in raw.items():
        _write(building / f"Split-{split}", batches)
    building.rename(folder)
    return data


def raw_batches(rated: RatedMovies) -> dict[str, list[list[bytes]]]:
    """Returns the serialized raw examples by split, as MovieLensExampleGen encodes them."""
    shard = rated.shard()
    batches = {split: list(shard.examples(split, rated.movies)) for split in features.RATING_SPLITS}
    catalogue = encode_catalogue(rated.movies)
    starts = range(0, len(catalogue), CHUNK_ROWS)
    batches[features.SPLIT_CATALOGUE] = [catalogue[start : start + CHUNK_ROWS] for start in starts]
    return batches


def _version(protocol: Protocol, rated: RatedMovies) -> str:
    source = source_fingerprint(
        "transform_module", "components/movielens_example_gen", "scoreboard/data"
    )
    text = f"{protocol}{rated.fingerprint()}{source}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write(folder: Path, batches: Iterable[list[bytes]]) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        write_records(str(folder / _RECORDS), scratch, batches)
