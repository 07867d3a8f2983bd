"""Hands a compiled package to a Kubeflow Pipelines server, to run once or on a schedule.

Doing it again changes nothing that is right already: a package is a version named by its content,
and a schedule of the same name is replaced, never doubled.
"""

import contextlib
import hashlib
import io
import json
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import kfp
import kfp_server_api
import requests
import urllib3
from croniter import croniter

from pipeline.errors import RunFailure, UsageError

_PAGE: Final = 100
_PROBE_SECONDS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Server:
    """A Kubeflow Pipelines API, at an address like `https://host[:port][/path]`.

    `token` is a bearer token, and `namespace` the user's profile on a server with several.
    """

    endpoint: str
    token: str | None = None
    namespace: str | None = None

    def __post_init__(self) -> None:
        if not self.endpoint.startswith(("http://", "https://")):
            raise UsageError(
                f"--endpoint should be like https://host:port. Received: {self.endpoint!r}"
            )


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What the server made of a package.

    `run_id` is None if a schedule was asked for; `recurring_run_id` and `cron`, the schedule in six
    fields and UTC, if a run was. `is_unchanged` says that the schedule was there already.
    """

    pipeline_id: str
    version_id: str
    experiment_id: str
    run_id: str | None = None
    recurring_run_id: str | None = None
    cron: str | None = None
    is_unchanged: bool = False


def submit(
    package: str, name: str, server: Server, *, experiment: str, schedule: str | None = None
) -> Submission:
    """Uploads a package from `compile_package` and runs it, now or on a schedule.

    `name` is that of the pipeline and of its schedule, which has five fields of cron. The
    experiment is made if it is missing.

    Raises:
        UsageError: The schedule is not one, or the server wants a namespace.
        RunFailure: The server cannot be reached, or refuses us or the package.
    """
    cron = None if schedule is None else six_fields(schedule)
    with _one_line_errors(server):
        client = _connect(server)
        pipeline_id = _pipeline(client, name, server.namespace)
        version_id = _version(client, pipeline_id, package)
        experiment_id = client.create_experiment(experiment).experiment_id
        made = Submission(
            pipeline_id=pipeline_id, version_id=version_id, experiment_id=experiment_id, cron=cron
        )
        if cron is not None:
            return _schedule(client, name, made)
        run = client.run_pipeline(
            experiment_id, name, pipeline_id=pipeline_id, version_id=version_id
        )
        return replace(made, run_id=run.run_id)


def six_fields(schedule: str) -> str:
    """Turns a schedule of cron into one of Kubeflow, which counts seconds too.

    >>> six_fields("0 3 * * *")
    '0 0 3 * * *'

    Raises:
        UsageError: It is not five valid fields.
    """
    if len(schedule.split()) != 5 or not croniter.is_valid(schedule):
        raise UsageError(
            "--schedule should be five fields of cron, minute hour day month weekday, such as "
            f"'0 3 * * *' for every night at 3. Received: {schedule!r}"
        )
    return f"0 {schedule}"


def _connect(server: Server) -> Any:
    """Makes a client after checking the server: the client itself would try for half a minute."""
    headers = {} if server.token is None else {"Authorization": f"Bearer {server.token}"}
    address = f"{server.endpoint.rstrip('/')}/apis/v2beta1/healthz"
    response = requests.get(address, headers=headers, timeout=_PROBE_SECONDS)
    if not response.ok:
        raise kfp_server_api.ApiException(status=response.status_code, reason=response.reason)
    if response.json().get("multi_user") and server.namespace is None:
        raise UsageError(f"{server.endpoint} has several namespaces; say which: --namespace NAME")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it only names the servers that it supports
        return kfp.Client(
            host=server.endpoint, existing_token=server.token, namespace=server.namespace
        )


def _pipeline(client: Any, name: str, namespace: str | None) -> str:
    known = client.get_pipeline_id(name)
    if known is not None:
        return str(known)
    # Without a first version, so that all versions are named in the same way.
    made = client.pipelines.pipeline_service_create_pipeline(
        pipeline=kfp_server_api.V2beta1Pipeline(
            name=name, display_name=name, namespace=namespace or ""
        )
    )
    return str(made.pipeline_id)


def _version(client: Any, pipeline_id: str, package: str) -> str:
    name = hashlib.sha256(package.encode()).hexdigest()[:16]
    list_versions = client.list_pipeline_versions
    for version in _pages(list_versions, "pipeline_versions", pipeline_id=pipeline_id):
        if version.display_name == name:
            return str(version.pipeline_version_id)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "package.yaml"
        file.write_text(package, encoding="utf-8")
        made = client.upload_pipeline_version(
            str(file), pipeline_version_name=name, pipeline_id=pipeline_id
        )
    return str(made.pipeline_version_id)


def _schedule(client: Any, name: str, made: Submission) -> Submission:
    """Makes the new schedule before the old one is deleted: a failure leaves one, not none."""
    list_runs = client.list_recurring_runs
    runs = _pages(list_runs, "recurring_runs", experiment_id=made.experiment_id)
    present = [each for each in runs if each.display_name == name]
    kept = next((each for each in present if _is_as_asked(each, made)), None)
    wanted = kept or client.create_recurring_run(
        made.experiment_id,
        name,
        cron_expression=made.cron,
        pipeline_id=made.pipeline_id,
        version_id=made.version_id,
        max_concurrency=1,
        no_catchup=True,
    )
    for each in present:
        if each is not kept:
            client.delete_recurring_run(each.recurring_run_id)
    return replace(made, recurring_run_id=wanted.recurring_run_id, is_unchanged=kept is not None)


def _is_as_asked(recurring: Any, made: Submission) -> bool:
    return (
        recurring.status == "ENABLED"
        and recurring.trigger.cron_schedule is not None
        and recurring.trigger.cron_schedule.cron == made.cron
        and recurring.pipeline_version_reference.pipeline_version_id == made.version_id
    )


def _pages(list_page: Callable[..., Any], field: str, **parent: str) -> Iterator[Any]:
    token = ""
    while True:
        page = list_page(page_token=token, page_size=_PAGE, **parent)
        yield from getattr(page, field) or []
        token = page.next_page_token or ""
        if not token:
            return


@contextlib.contextmanager
def _one_line_errors(server: Server) -> Iterator[None]:
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # the client prints links
            yield
    except kfp_server_api.ApiException as error:
        raise RunFailure(_describe(error, server)) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise RunFailure(
            f"{server.endpoint} cannot be reached ({type(error).__name__}); is it the address of "
            "Kubeflow Pipelines' API?"
        ) from error


def _describe(error: Any, server: Server) -> str:
    if error.status in (401, 403):
        given = "the token is not accepted" if server.token else "it wants a token: give --token"
        return f"{server.endpoint} answered {error.status} {error.reason}: {given}"
    try:
        said = json.loads(error.body or "{}")
    except ValueError:
        said = {}
    message = said.get("message") or said.get("error") or error.reason
    return f"{server.endpoint} answered {error.status}: {message}"
