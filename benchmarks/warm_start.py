"""Whether starting from the model of the span before helps: `python -m benchmarks.warm_start`.

Two spans, as nights of a growing data set have them, split at instants of time (`global_time`):
the second is all ratings, the first those before the second's first eval rating. The second starts
from a model of the first, or not. Prints a table of the second span's test ratings, with the time
and the epochs of training.
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from benchmarks.scoreboard.metrics import measure
from benchmarks.scoreboard.protocol_data import ProtocolData, prepare
from benchmarks.scoreboard.protocols import Protocol
from benchmarks.scoreboard.rated_movies import RatedMovies, read_ratings, split_ratings
from benchmarks.scoreboard.rating_files import data_folder
from benchmarks.scoreboard.registry_models import predict, trainer_arguments
from components.movielens_example_gen.config import IngestConfig
from components.movielens_example_gen.splits import TRAIN
from trainer_module.config import TrainerConfig
from trainer_module.entrypoint import run_fn

_INGEST: Final = IngestConfig(split="global_time", history="past")
_SHOWN: Final = ("rmse", "auc", "ndcg_strict", "ndcg_normal")
_FIGURES: Final = (*_SHOWN, "eval_rmse", "best_epoch", "seconds")


def main(argv: Sequence[str] | None = None) -> int:
    """Trains every model on both spans and prints a line for each way to start."""
    args = _parse(argv)
    before, after = _spans(*read_ratings(data_folder(args.data, args.cache)))
    data = {
        name: prepare(Protocol(name=f"span_{name}", ingest=_INGEST), rated, args.cache / "data")
        for name, rated in (("before", before), ("after", after))
    }
    print("| model | start | epochs | " + " | ".join(_FIGURES) + " |")
    print("|---" * (len(_FIGURES) + 3) + "|")
    found = []
    for model in args.models:
        for line in _measured(model, args, data, after):
            found.append(line)
            shown = " | ".join(_spread(line[name]) for name in _FIGURES)
            print(f"| {model} | {line['start']} | {line['epochs']} | {shown} |", flush=True)
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.warm_start", description=__doc__)
    parser.add_argument("--data", type=Path, help="a MovieLens folder [the default data]")
    parser.add_argument("--cache", type=Path, default=Path("output/scoreboard"))
    parser.add_argument("--models", nargs="+", default=["gp_dnn", "mf_dnn"])
    parser.add_argument("--seeds", type=int, default=2, help="of each training [2]")
    parser.add_argument("--fewer", type=int, default=3, help="epochs of a short training [3]")
    parser.add_argument("--json", type=Path, help="write every figure to a file")
    return parser.parse_args(argv)


def _spans(rows: Any, movies: Any) -> tuple[RatedMovies, RatedMovies]:
    after = split_ratings(rows, movies, _INGEST)
    first_judged = after.rows["timestamp"][after.codes != TRAIN].min()
    return split_ratings(rows[rows["timestamp"] < first_judged], movies, _INGEST), after


def _measured(
    model: str, args: argparse.Namespace, data: dict[str, ProtocolData], after: RatedMovies
) -> Iterator[dict[str, Any]]:
    """A line for cold and warm, for the model's own epochs and for few of them."""
    with tempfile.TemporaryDirectory(prefix="warm-start-") as folder:
        base = Path(folder) / "base"
        _train(data["before"], TrainerConfig(model=model), base, None)
        for epochs in (TrainerConfig(model=model).epochs, args.fewer):
            for warm in (False, True):
                runs = []
                for seed in range(args.seeds):
                    config = TrainerConfig(model=model, seed=seed, epochs=epochs, warm_start=warm)
                    own = Path(folder) / f"{warm}-{epochs}-{seed}"
                    report = _train(data["after"], config, own, base / "model" if warm else None)
                    served = tf.saved_model.load(str(own / "model"))
                    answers = predict(served.signatures["serving_default"], data["after"], after)
                    runs.append(report | measure(answers))
                columns = {name: [run[name] for run in runs] for name in _FIGURES}
                yield {"model": model, "start": "warm" if warm else "cold", "epochs": epochs} | (
                    columns
                )


def _train(
    data: ProtocolData, config: TrainerConfig, folder: Path, base: Path | None
) -> dict[str, Any]:
    """Trains and exports; the report, with the seconds that it took."""
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        run_fn(trainer_arguments(data, config, folder, base))
    report: dict[str, Any] = json.loads((folder / "run" / "training.json").read_text("utf-8"))
    if base is not None and not report["start"]["warm"]:
        raise RuntimeError(f"The training should have started warm. {report['start']['told']}")
    return report | {"seconds": time.perf_counter() - started}


def _spread(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}"


if __name__ == "__main__":
    sys.exit(main())
