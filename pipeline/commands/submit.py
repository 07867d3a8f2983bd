"""`movielens submit`: the pipeline on a Kubeflow Pipelines server, once or on a schedule."""

import argparse
import os
from pathlib import Path
from typing import Any, Final

import yaml

from pipeline import terminal
from pipeline.commands.compile import add_config_flags, compile_for, config_of
from pipeline.errors import UsageError

TOKEN_VARIABLE: Final = "MOVIELENS_KUBEFLOW_TOKEN"  # noqa: S105 - the name of a variable
_DESCRIPTION: Final = """Compiles the pipeline for Kubeflow (or takes --package), uploads it, and
runs it once or, with --schedule, again and again. Submitting again uploads a version only if
something has changed, and replaces the schedule of the same name."""
_EXAMPLE: Final = """examples:
  movielens submit --config configs/kubeflow.toml --endpoint https://kubeflow.example.org/pipeline
  movielens submit --config configs/kubeflow.toml --endpoint http://localhost:8888 \\
    --schedule "0 3 * * *"                        # every night at 3:00 UTC
  movielens submit --package movielens.yaml --endpoint http://localhost:8888 --json
"""


def add_parser(subparsers: Any) -> None:
    """Adds the parser of `movielens submit`."""
    parser = subparsers.add_parser(
        "submit",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--endpoint", required=True, metavar="URL", help="the Pipelines API")
    parser.add_argument(
        "--schedule", metavar="CRON", help="minute hour day month weekday, in UTC; else one run now"
    )
    parser.add_argument(
        "--experiment", metavar="NAME", help="what runs belong to [the pipeline's name]"
    )
    parser.add_argument(
        "--token", metavar="TOKEN", help=f"a bearer token [environment: {TOKEN_VARIABLE}]"
    )
    parser.add_argument("--namespace", metavar="NAME", help="of your profile, on a shared server")
    parser.add_argument(
        "--package", type=Path, metavar="FILE", help="what `movielens compile` wrote; else compiled"
    )
    add_config_flags(parser)
    parser.add_argument("--json", action="store_true", help="print the identifiers as JSON")


def run(args: argparse.Namespace) -> int:
    """Submits.

    Raises:
        UsageError: an argument is no good; nothing has been submitted.
        RunFailure: the server cannot be reached or refuses.
    """
    _check_package(args)
    from pipeline.runners import kubeflow_client

    server = kubeflow_client.Server(
        endpoint=args.endpoint,
        token=args.token or os.environ.get(TOKEN_VARIABLE) or None,
        namespace=args.namespace,
    )
    if args.schedule is not None:
        kubeflow_client.six_fields(args.schedule)  # before the half minute of compiling
    package = _package(args)
    name = _name(package)
    made = kubeflow_client.submit(
        package,
        name,
        server,
        experiment=args.experiment or name,
        schedule=args.schedule,
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


def _check_package(args: argparse.Namespace) -> None:
    if args.package is not None and (args.config or args.image or args.set):
        raise UsageError("--package is compiled already: leave --config, --image and --set out")


def _package(args: argparse.Namespace) -> str:
    if args.package is None:
        return compile_for("kubeflow", config_of(args))
    try:
        text: str = args.package.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--package {args.package}: {error.strerror}") from error
    return text


def _name(package: str) -> str:
    try:
        spec = next(iter(yaml.safe_load_all(package)))
        return str(spec["pipelineInfo"]["name"])
    except (yaml.YAMLError, StopIteration, KeyError, TypeError) as error:
        raise UsageError(
            "--package should be a file that `movielens compile --target kubeflow` wrote"
        ) from error
