"""Submissions to a stand-in of the API, by the requests that it sees."""

import dataclasses
import re
import socket
from collections.abc import Iterator

import pytest

from pipeline.errors import RunFailure, UsageError
from pipeline.runners.kubeflow_client import Server, Submission, six_fields, submit
from tests.support.kubeflow_api import KubeflowApi, serve

TOKEN = "sesame"  # noqa: S105 - of the stand-in
PACKAGE = "pipelineInfo:\n  name: movielens\nschemaVersion: 2.1.0\n"


@pytest.fixture
def api() -> Iterator[KubeflowApi]:
    with serve(KubeflowApi()) as served:
        yield served


def send(api: KubeflowApi, package: str = PACKAGE, schedule: str | None = None) -> Submission:
    server = Server(endpoint=api.endpoint)
    return submit(package, "movielens", server, experiment="nightly", schedule=schedule)


def test_a_schedule_is_uploaded_and_set(api: KubeflowApi) -> None:
    made = send(api, schedule="0 3 * * *")
    (upload,) = api.made("POST", "pipelines/upload_version")
    assert upload.query["pipelineid"] == made.pipeline_id
    assert upload.body.replace("\r\n", "\n").strip() == PACKAGE.strip()
    (experiment,) = api.made("POST", "experiments")
    assert experiment.body["display_name"] == "nightly"
    (recurring,) = api.made("POST", "recurringruns")
    assert recurring.body["display_name"] == "movielens"
    assert recurring.body["experiment_id"] == made.experiment_id
    assert recurring.body["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * *"}}
    assert recurring.body["mode"] == "ENABLE"
    assert recurring.body["no_catchup"] is True
    assert recurring.body["max_concurrency"] == 1
    assert recurring.body["pipeline_version_reference"] == {
        "pipeline_id": made.pipeline_id,
        "pipeline_version_id": made.version_id,
    }
    assert api.runs == []


def test_without_a_schedule_one_run_is_started(api: KubeflowApi) -> None:
    made = send(api)
    (run,) = api.made("POST", "runs")
    assert made.run_id == api.runs[0]["run_id"]
    assert run.body["experiment_id"] == made.experiment_id
    assert run.body["pipeline_version_reference"]["pipeline_version_id"] == made.version_id
    assert api.recurringruns == []


def test_submitting_the_same_again_changes_nothing(api: KubeflowApi) -> None:
    first = send(api, schedule="0 3 * * *")
    again = send(api, schedule="0 3 * * *")
    assert again == dataclasses.replace(first, is_unchanged=True)
    assert len(api.made("POST", "recurringruns")) == 1
    assert len(api.pipelines) == len(api.versions) == len(api.experiments) == 1


def test_another_time_replaces_the_schedule(api: KubeflowApi) -> None:
    send(api, schedule="0 3 * * *")
    send(api, schedule="30 4 * * 1")
    (recurring,) = api.recurringruns
    assert recurring["trigger"]["cron_schedule"]["cron"] == "0 30 4 * * 1"
    assert len(api.versions) == 1


def test_a_changed_package_is_a_new_version_that_the_schedule_runs(api: KubeflowApi) -> None:
    send(api, schedule="0 3 * * *")
    made = send(api, PACKAGE + "root: {}\n", schedule="0 3 * * *")
    assert len(api.pipelines) == 1
    assert len(api.versions) == 2
    (recurring,) = api.recurringruns
    assert recurring["pipeline_version_reference"]["pipeline_version_id"] == made.version_id
    third = send(api, schedule="0 3 * * *")  # back to the first, found on the second page or first
    assert third.version_id != made.version_id
    assert len(api.versions) == 2


def test_a_schedule_that_was_switched_off_is_replaced_by_one_that_is_on(api: KubeflowApi) -> None:
    send(api, schedule="0 3 * * *")
    api.recurringruns[0]["status"] = "DISABLED"
    send(api, schedule="0 3 * * *")
    assert [each["status"] for each in api.recurringruns] == ["ENABLED"]


def test_schedules_of_other_names_are_left_alone(api: KubeflowApi) -> None:
    send(api, schedule="0 3 * * *")
    api.recurringruns[0]["display_name"] = "somebody's own"
    send(api, schedule="0 4 * * *")
    assert len(api.recurringruns) == 2


def test_a_failure_leaves_the_schedule_that_was_there(api: KubeflowApi) -> None:
    send(api, schedule="0 3 * * *")
    api.refuse["pipelines/upload_version"] = 400
    with pytest.raises(RunFailure, match=r"answered 400: the pipeline spec is invalid"):
        send(api, PACKAGE + "root: {}\n", schedule="0 4 * * *")
    (recurring,) = api.recurringruns
    assert recurring["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"


def test_every_call_shows_the_token() -> None:
    with serve(KubeflowApi(token=TOKEN)) as api:
        submit(PACKAGE, "movielens", Server(endpoint=api.endpoint, token=TOKEN), experiment="e")
        assert {call.authorization for call in api.calls} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("token", "message"), [(None, "give --token"), ("wrong", "token is not accepted")]
)
def test_without_the_right_token_nothing_is_done(token: str | None, message: str) -> None:
    with serve(KubeflowApi(token=TOKEN)) as api:
        server = Server(endpoint=api.endpoint, token=token)
        with pytest.raises(RunFailure, match=rf"answered 401 .*{message}"):
            submit(PACKAGE, "movielens", server, experiment="e")
        assert len(api.calls) == 1


def test_a_shared_server_is_told_the_namespace() -> None:
    with serve(KubeflowApi(multi_user=True)) as api:
        with pytest.raises(UsageError, match="say which: --namespace"):
            submit(PACKAGE, "movielens", Server(endpoint=api.endpoint), experiment="e")
        server = Server(endpoint=api.endpoint, namespace="ann")
        submit(PACKAGE, "movielens", server, experiment="e")
        (experiment,) = api.made("POST", "experiments")
        assert experiment.body["namespace"] == "ann"
        assert api.pipelines[0]["namespace"] == "ann"


def test_a_server_that_is_down_is_one_line() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(RunFailure, match=rf"{endpoint} cannot be reached"):
            submit(PACKAGE, "movielens", Server(endpoint=endpoint), experiment="e")


@pytest.mark.parametrize("schedule", ["61 3 * * *", "0 3 * *", "0 0 3 * * *", "@daily", "nightly"])
def test_what_is_no_schedule_is_refused_before_anything_is_sent(
    api: KubeflowApi, schedule: str
) -> None:
    with pytest.raises(UsageError, match=f"five fields of cron.*{re.escape(schedule)}"):
        send(api, schedule=schedule)
    assert api.calls == []


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(UsageError, match=r"like https://host:port.*'localhost:8888'"):
        Server(endpoint="localhost:8888")


def test_kubeflow_counts_seconds() -> None:
    assert six_fields("*/5 0-6 * * 1") == "0 */5 0-6 * * 1"
