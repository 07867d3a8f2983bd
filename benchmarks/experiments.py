"""What each part of `gp_dnn` is worth: `python -m benchmarks.experiments`.

Trains variants of the model on the train ratings of `temporal` and judges them on its eval ratings,
never on test: this is where choices are made. Prints a table and writes JSON.
"""

import argparse
import contextlib
import dataclasses
import io
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from scoreboard.data.protocol_data import ProtocolData, prepare
from scoreboard.data.rated_movies import read_ratings, split_ratings
from scoreboard.measuring.metrics import Predictions, measure
from scoreboard.measuring.registry_models import trainer_arguments
from scoreboard.protocols import PROTOCOLS
from scoreboard.rating_files import data_folder
from scoreboard.slides import SLIDES_METRICS
from trainer_module.config import TrainerConfig
from trainer_module.gp_dnn.pair_features import GROUP_WIDTHS
from trainer_module.models.objectives import OBJECTIVES
from trainer_module.models.rating_model import Lessons
from trainer_module.registry import build_model
from trainer_module.training.fitting import scored, train_lessons
from trainer_module.training.preparation import Preparation


@dataclasses.dataclass(frozen=True)
class Variant:
    """One attempt.

    Attributes:
        name: For people.
        options: Of `TrainerConfig`, that differ from the model's own.
        without: Groups of pair features that are left out.
    """

    name: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    without: tuple[str, ...] = ()


VARIANTS: Final = (
    Variant("gp_dnn"),
    *(Variant(f"without the features of {group}", {}, (group,)) for group in GROUP_WIDTHS),
    Variant("one network", {"members": 1}),
    Variant("four networks", {"members": 4}),
    Variant("hidden layers of 64", {"hidden_units": (64, 64)}),
    Variant("a linear head", {"hidden_units": ()}),
    Variant("no dropout", {"dropout": 0.0, "input_dropout": 0.0}),
    Variant("no weight decay", {"weight_decay": 0.0}),
    Variant("constant learning rate", {"cosine_decay": False}),
    Variant("squared error alone", {"objective": "mse"}),
    Variant("cross entropy of a like alone", {"objective": "cross_entropy"}),
    Variant("histories of 100", {"max_history": 100}),
    Variant("folds by hash, not by time", {"folds_by": "hash"}),
    Variant("mf", {"model": "mf"}),
    Variant("mf_history", {"model": "mf_history"}),
    Variant("mf_dnn", {"model": "mf_dnn"}),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the variants and prints a line for each as it is done."""
    args = _parse(argv)
    ratings = read_ratings(data_folder(args.data, args.cache))
    protocol = PROTOCOLS["temporal"]
    data = prepare(protocol, split_ratings(*ratings, protocol.ingest), args.cache / "data")
    columns = ["variant", *(metric.name for metric in SLIDES_METRICS), "s"]
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    found = []
    chosen = [each for each in VARIANTS if any(part in each.name for part in args.only)]
    for variant, figures in _judged(chosen, data, args.seeds):
        found.append({"variant": variant.name, **figures})
        shown = " | ".join(metric.text(figures[metric.name]) for metric in SLIDES_METRICS)
        print(f"| {variant.name} | {shown} | {figures['seconds']:.0f} |", flush=True)
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.experiments", description=__doc__)
    parser.add_argument("--data", type=Path, help="a MovieLens folder [the default data]")
    parser.add_argument("--cache", type=Path, default=Path("output/scoreboard"))
    parser.add_argument("--seeds", type=int, default=2, help="of each variant [2]")
    parser.add_argument(
        "--only", nargs="+", default=[""], help="variants whose name has one of these"
    )
    parser.add_argument("--json", type=Path, help="write every figure to a file")
    return parser.parse_args(argv)


def _judged(
    variants: Sequence[Variant], data: ProtocolData, seeds: int
) -> Iterator[tuple[Variant, dict[str, float]]]:
    """Every variant with its figures on eval, means over the seeds."""
    for variant in variants:
        started = time.perf_counter()
        runs = [_judge(variant, data, seed) for seed in range(seeds)]
        names = [metric.name for metric in SLIDES_METRICS]
        figures = {name: float(np.mean([run[name] for run in runs])) for name in names}
        yield variant, figures | {"seconds": (time.perf_counter() - started) / seeds}


def _judge(variant: Variant, data: ProtocolData, seed: int) -> dict[str, float]:
    config = TrainerConfig(seed=seed, **variant.options)
    keras.utils.set_random_seed(seed)
    prepared = Preparation.of(trainer_arguments(data, config, Path()), config)
    objective = OBJECTIVES[config.objective]()
    lessons = build_model(prepared.blueprint).lessons(prepared.data)
    if variant.without:
        lessons = _without(variant.without, lessons)
    with tempfile.TemporaryDirectory() as logs, contextlib.redirect_stdout(io.StringIO()):
        train_lessons(lessons, objective, config, config.epochs, logs)
    scores, stars = scored(lessons.learner, lessons.evaluation)
    calibration = objective.calibrate(scores, stars)
    asked = prepared.data.evaluation
    return measure(
        Predictions(
            user_ids=asked.user_ids,
            movie_ids=asked.movie_ids,
            ratings=stars,
            predicted_ratings=calibration.rating(tf.constant(scores)).numpy(),
            liked_scores=calibration.liked(tf.constant(scores)).numpy(),
        )
    )


def _without(groups: Sequence[str], lessons: Lessons) -> Lessons:
    """The same lessons with the columns of some groups held at nothing."""
    kept = np.concatenate(
        [np.full(width, float(name not in groups)) for name, width in GROUP_WIDTHS.items()]
    )

    def cut(inputs: tf.Tensor, stars: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return inputs * tf.constant(kept, tf.float32), stars

    return lessons._replace(train=lessons.train.map(cut), evaluation=lessons.evaluation.map(cut))


if __name__ == "__main__":
    sys.exit(main())
