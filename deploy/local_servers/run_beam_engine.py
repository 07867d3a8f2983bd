"""Runs the pipeline on Flink or Spark on this machine, and compares it with a run in one process.

    python -m deploy.local_servers.run_beam_engine flink --output output    # what `make flink` does
    python -m deploy.local_servers.run_beam_engine spark --config my.toml --stay

The engine is stopped and its files are removed at the end. The outputs of both runs stay.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from deploy.local_servers.beam_engine import BeamEngine, FlinkEngine, SparkEngine
from deploy.local_servers.server import ServerError
from pipeline.cli import main as movielens
from pipeline.errors import EXIT_INTERRUPTED
from pipeline.run.record import SUMMARY_FILE

ENGINES: Final[Mapping[str, type[BeamEngine]]] = {"flink": FlinkEngine, "spark": SparkEngine}
BEAM_NODES: Final = ("MovieLensExampleGen", "StatisticsGen", "Transform", "Evaluator")


def main() -> int:
    """Returns 0 if both runs succeeded and made the same."""
    args = _parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _compare_runs(args)
    except ServerError as error:
        print(f"error: {error}", flush=True)
        return 1
    except KeyboardInterrupt:
        print("stopped", flush=True)
        return EXIT_INTERRUPTED


def differences(local: Path, remote: Path) -> list[str]:
    """Says what differs in the outputs of two runs: metrics, and examples of each split.

    Files may differ, because neither serialized maps nor records have an order; examples may not.
    """
    found = []
    if summary(local)["metrics"] != summary(remote)["metrics"]:
        found.append(f"metrics: {summary(local)['metrics']} and {summary(remote)['metrics']}")
    ours, theirs = examples(local), examples(remote)
    found += [
        f"the examples of {name}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]
    return found


def summary(output: Path) -> dict[str, Any]:
    """Reads the summary of the last run."""
    read: dict[str, Any] = json.loads((output / SUMMARY_FILE).read_text(encoding="utf-8"))
    return read


def examples(output: Path) -> dict[str, list[bytes]]:
    """Reads the examples of the newest execution of each node, by node, output and split."""
    folders = {}
    root = output / "pipeline_root"
    for folder in sorted(root.glob("*/*/*/Split-*"), key=lambda path: int(path.parent.name)):
        if any(folder.glob("*.gz")):
            node, key, _, split = folder.relative_to(root).parts
            folders[f"{node}/{key}/{split}"] = folder
    return {name: _sorted_records(folder) for name, folder in folders.items()}


def _sorted_records(folder: Path) -> list[bytes]:
    files = [str(path) for path in folder.glob("*.gz")]
    records = tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator()
    return sorted(
        tf.train.Example.FromString(record).SerializeToString(deterministic=True)
        for record in records
    )


def _compare_runs(args: argparse.Namespace) -> int:
    engine_type = ENGINES[args.engine]
    if args.config:
        options: Sequence[str] = ["--config", str(args.config)]
    else:  # the quickest model: training does not use Beam
        options = ["--set", "trainer.model=bias"]
    local, remote = args.output / "local", args.output / args.engine
    with tempfile.TemporaryDirectory(prefix=f"movielens-{args.engine}-") as folder:
        _say("a run in this process, to compare with")
        if code := movielens(["run", "--output", str(local), *options]):
            return code
        _say(f"starting {engine_type.title}, Beam's job server and Python workers")
        with engine_type(Path(folder)) as engine:
            _say(f"{engine_type.title} is up, its web page is {engine.web_page}")
            beam = ["--set", f"beam.args={json.dumps(engine.beam_args)}"]
            if code := movielens(["run", "--output", str(remote), *options, *beam]):
                return code
            if args.stay:
                _say(f"{engine.web_page} is up until Ctrl-C; beam.args = {list(engine.beam_args)}")
                signal.pause()
    _say(f"\nseconds               in this process  on {engine_type.title}")
    seconds = [_seconds(output) for output in (local, remote)]
    for node in BEAM_NODES:
        _say(f"{node:<20}  {seconds[0][node]:15.1f}  {seconds[1][node]:9.1f}")
    different = differences(local, remote)
    _say(f"different: {'; '.join(different)}" if different else "the same examples and metrics")
    return 1 if different else 0


def _seconds(output: Path) -> dict[str, float]:
    return {node["id"]: node["seconds"] for node in summary(output)["nodes"]}


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run_beam_engine", description=(__doc__ or "").partition("\n")[0], allow_abbrev=False
    )
    add = parser.add_argument
    add("engine", choices=ENGINES)
    add("--config", type=Path, metavar="FILE", help="a TOML file [the model `bias`]")
    add("--output", type=Path, default=Path("output"), metavar="DIR", help="[output]")
    add("--stay", action="store_true", help="stay up after the run, until Ctrl-C")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
