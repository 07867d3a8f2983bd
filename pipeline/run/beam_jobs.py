"""The jobs of the nodes on Beam: they end with the run, and say in a line why they failed.

This is about jobs on an engine such as Flink or Spark, which a job server of Beam submits. A node
that runs in this process, as is the default, is not changed.
"""

import json
import logging
import re
import secrets
import time
import urllib.request
from collections.abc import Sequence
from concurrent import futures
from contextlib import suppress
from typing import Any, Final

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import (
    FlinkRunnerOptions,
    GoogleCloudOptions,
    PortableOptions,
)
from apache_beam.runners.runner import PipelineResult, PipelineState
from tfx.orchestration.portable.beam_executor_operator import BeamExecutorOperator

from pipeline.run.beam_workers import REFUSED, versions

_CONNECT_SECONDS: Final = 20.0
_SUBMIT_SECONDS: Final = 45.0
# What an engine's error holds, and what it means. The first that fits is taken.
_CAUSES: Final = (
    (f"{REFUSED}[^\n]+", "{found}"),
    (
        "Connection refused",
        "no Python workers answer at {workers}. Start `movielens worker` there, or correct "
        "--environment_config in beam.args",
    ),
    (
        "NoResourceAvailableException|Timeout has occurred",
        "no task slot became free in time. Start a TaskManager, or wait for other jobs to end",
    ),
    (
        "call already cancelled|GOAWAY|Stream removed",
        "a Python worker died at its work, and the next attempts failed too. Its log, that of "
        "`movielens worker`, or the kernel's, if memory was short, says why. Run the same command "
        "again to go on from here",
    ),
)


class BeamJobError(RuntimeError):
    """A job on an engine such as Flink failed; the message says why and what to do."""


class JobOperator(BeamExecutorOperator):
    """Runs a node on Beam, as its base class does, but as a `Job`."""

    def run_executor(self, execution_info: Any, _: Any = None) -> Any:
        node = execution_info.pipeline_node.node_info.id
        name = f"{execution_info.pipeline_info.id}-{node}-{secrets.token_hex(4)}"
        return super().run_executor(execution_info, lambda: Job(self.beam_pipeline_args, name))


class Job(beam.Pipeline):
    """A pipeline whose job on an engine is cancelled if this process stops waiting for it."""

    def __init__(self, arguments: Sequence[str], name: str) -> None:
        """Takes the Beam arguments, and a name that no other job on the engine has.

        Raises:
            BeamJobError: The job server does not answer, or the cluster has no workers.
        """
        super().__init__(argv=list(arguments))
        portable = self.options.view_as(PortableOptions)
        self._job_server, self._name = portable.job_endpoint, name
        if self._job_server is None:
            return
        self.options.view_as(GoogleCloudOptions).job_name = name
        self._workers = portable.environment_config or ""
        if portable.environment_type == "EXTERNAL" and not self._workers.startswith("{"):
            # What the pool of `movielens worker` compares with its own.
            with_versions = {"url": self._workers, "params": versions()}
            portable.environment_config = json.dumps(with_versions)

    def run(self, test_runner_api: bool | str = "AUTO") -> PipelineResult:
        if self._job_server is None:
            return super().run(test_runner_api)
        self._check_cluster()
        # In a thread, because a stop in the middle would leave a job whose id nobody knows.
        with futures.ThreadPoolExecutor(1) as thread:
            submitted = thread.submit(super().run, test_runner_api)
            try:
                return submitted.result()
            except BaseException:
                with suppress(Exception):
                    self._cancel(submitted.result())
                raise

    def __exit__(self, *error: Any) -> None:
        try:
            super().__exit__(*error)
        except Exception as failure:
            self._cancel(getattr(self, "result", None))
            meaning = self._meaning(failure)
            if meaning is None:
                raise
            raise BeamJobError(meaning) from failure
        except BaseException:
            self._cancel(getattr(self, "result", None))
            raise

    def _check_cluster(self) -> None:
        with grpc.insecure_channel(self._job_server) as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=_CONNECT_SECONDS)
            except grpc.FutureTimeoutError as error:
                raise BeamJobError(
                    f"no job server of Beam answers at {self._job_server} within "
                    f"{_CONNECT_SECONDS:g} s. Start it, or correct --job_endpoint in beam.args"
                ) from error
        if self._flink():
            try:
                slots = self._ask_flink("/overview")["slots-total"]
            except OSError as error:
                raise BeamJobError(
                    f"no Flink answers at {self._flink()}: {error}. Start it, or correct "
                    "--flink_master in beam.args"
                ) from error
            if slots == 0:
                raise BeamJobError(
                    f"Flink at {self._flink()} has no task slots. Start a TaskManager"
                )

    def _flink(self) -> str:
        """Returns the address of Flink's web page; empty if it is not known."""
        master = str(self.options.view_as(FlinkRunnerOptions).flink_master)
        return master if "://" in master else f"http://{master}" if ":" in master else ""

    def _cancel(self, result: PipelineResult | None) -> None:
        """Cancels the job if it runs; a failure of that is logged only: another error is raised."""
        try:
            if result is None or PipelineState.is_terminal(result.state):
                return
            result.cancel()
            if self._job_server is not None and self._flink():
                self._cancel_on_flink()
        except (OSError, grpc.RpcError):
            logging.exception("The job %s may still run: it could not be cancelled.", self._name)

    def _cancel_on_flink(self) -> None:
        """Cancels the job at Flink, because for Flink the job server only stops waiting for it.

        A job that is still being submitted appears after a while.
        """
        deadline = time.monotonic() + _SUBMIT_SECONDS
        while time.monotonic() < deadline:
            jobs = self._ask_flink("/jobs/overview")["jobs"]
            for job_id in [each["jid"] for each in jobs if each["name"] == self._name]:
                self._ask_flink(f"/jobs/{job_id}", method="PATCH")
                return
            time.sleep(0.5)

    def _ask_flink(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(f"{self._flink()}{path}", method=method)  # noqa: S310 - http
        with urllib.request.urlopen(request, timeout=_CONNECT_SECONDS) as answer:  # noqa: S310
            return json.load(answer)

    def _meaning(self, failure: Exception) -> str | None:
        """Says what an engine's error means; None if it is no known one, or one of Python code."""
        text = str(failure)
        if self._job_server is None or isinstance(failure, BeamJobError) or "Traceback" in text:
            return None
        if isinstance(failure, grpc.RpcError):
            return (
                f"the job server at {self._job_server} stopped answering, and the job "
                f"{self._name} may still run. See its log, and the engine's own web page"
            )
        for pattern, meaning in _CAUSES:
            found = re.search(pattern, text)
            if found:
                return meaning.format(found=found[0], workers=self._workers)
        return None
