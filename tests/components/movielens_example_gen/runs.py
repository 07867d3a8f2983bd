"""What the fixtures `write_folder` and `run_executor` are, for the tests that use them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

MOVIES_CSV = (
    "movieId,title,genres\n"
    "1,Toy Story (1995),Adventure|Animation\n"
    '2,"American President, The (1995)",Comedy\n'
    "3,Babylon 5,(no genres listed)\n"
    "4,,Drama\n"
)


@dataclass(frozen=True)
class Run:
    """What a run of the executor left."""

    examples: Any
    report_folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """The contents of report.json."""
        text = (self.report_folder / "report.json").read_text("utf-8")
        return dict(json.loads(text))

    def records(self, split: str) -> list[bytes]:
        """The serialized examples of a split, file by file."""
        files = sorted(Path(self.examples.uri, f"Split-{split}").iterdir())
        dataset = tf.data.TFRecordDataset([str(file) for file in files], compression_type="GZIP")
        return list(dataset.as_numpy_iterator())


RunExecutor = Callable[..., Run]
WriteFolder = Callable[..., Path]
