r"""Runs the pipeline on a Kubeflow Pipelines server, once or on a schedule.

It compiles the pipeline, or takes --package, and uploads it. Submitting again uploads a version
only if something has changed, and replaces the schedule of the same name.

Examples:
  movielens submit --config configs/kubeflow.toml --endpoint https://kubeflow.example.org/pipeline
  movielens submit --config configs/kubeflow.toml --endpoint http://localhost:8888 \
    --schedule "0 3 * * *"                        # every night at 3:00 UTC
  movielens submit --package movielens.yaml --endpoint http://localhost:8888 --json
"""

import argparse
import os
from pathlib import Path
from typing import Final

import yaml

from pipeline import terminal
from pipeline.commands.arguments import add_json_option
from pipeline.commands.compile import add_image_options, compile_for, config_of
from pipeline.errors import UsageError

TOKEN_VARIABLE: Final = "MOVIELENS_KUBEFLOW_TOKEN"  # noqa: S105 - the name of a variable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoint", required=True, metavar="URL", help="the Pipelines API")
    parser.add_argument(
        "--schedule", metavar="CRON", help="minute hour day month weekday, in UTC; else one run now"
    )
    parser.add_argument(
        "--experiment", metavar="NAME", help="the experiment of the runs [the pipeline's name]"
    )
    parser.add_argument(
        "--token", metavar="TOKEN", help=f"a bearer token [environment: {TOKEN_VARIABLE}]"
    )
    parser.add_argument("--namespace", metavar="NAME", help="of your profile, on a shared server")
    parser.add_argument(
        "--package", type=Path, metavar="FILE", help="a file that `movielens compile` wrote"
    )
    add_image_options(parser)
    add_json_option(parser)


def run(args: argparse.Namespace) -> int:
    if args.package is not None and (args.config or args.image or args.set):
        raise UsageError("--package is compiled already: leave --config, --image and --set out")
    from pipeline.runners import kubeflow_client

    server = kubeflow_client.Server(
        endpoint=args.endpoint,
        token=args.token or os.environ.get(TOKEN_VARIABLE) or None,
        namespace=args.namespace,
    )
    if args.schedule is not None:
        kubeflow_client.six_fields(args.schedule)  # before the half minute of compiling
    package = (
        _read_package(args.package) if args.package else compile_for("kubeflow", config_of(args))
    )
    name = _name(package)
    made = kubeflow_client.submit(
        package, name, server, experiment=args.experiment or name, schedule=args.schedule
    )
    if args.json:
        terminal.emit_json(made.to_json_dict())
    elif made.run_id is not None:
        terminal.say(f"run {made.run_id} of {name} started (version {made.version_id})")
    else:
        done = "is there already" if made.is_unchanged else "set"
        terminal.say(
            f"schedule {made.recurring_run_id} of {name} {done}: {made.cron} "
            f"(with seconds; version {made.version_id})"
        )
    return 0


def _read_package(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--package {file}: {error.strerror}") from error


def _name(package: str) -> str:
    try:
        spec = next(iter(yaml.safe_load_all(package)))
        return str(spec["pipelineInfo"]["name"])
    except (yaml.YAMLError, StopIteration, KeyError, TypeError) as error:
        raise UsageError(
            "--package should be a file that `movielens compile --target kubeflow` wrote"
        ) from error
