"""Tries a candidate: reads its graph, has a server load it, asks, compares, measures."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import grpc
import psutil

from components.serving_validator.model_scan import breaches, read_meta_graph, unservable_parts
from components.serving_validator.report import CanaryReport, CandidateError, Finding
from components.serving_validator.requests import (
    MODEL_NAME,
    CanaryRequest,
    sample_requests,
    warm_up_requests,
)
from components.serving_validator.settings import CanarySettings
from components.serving_validator.trial import OfflineModel, Outputs, Trial
from serving.client.connection import CHANNEL_OPTIONS
from serving.errors import ModelNotLoadedError
from serving.server_process import ServerProcess

_BYTES_PER_MEGABYTE: Final = 1_000_000
_LOAD_ONCE: Final = ("--max_num_load_retries=0", "--file_system_poll_wait_seconds=0")


class Timing(NamedTuple):
    """How long a request took."""

    name: str
    milliseconds: float


def examine(
    versions: Path, examples: Sequence[bytes], settings: CanarySettings, log: Path
) -> CanaryReport:
    """Tries the only version in a folder and reports its faults, if it has any.

    Requests are made of `examples`, serialized tf.Examples of ratings. The server writes `log`. A
    ServerStartError if it does not start, whatever the candidate.
    """
    (model,) = versions.iterdir()
    try:
        meta_graph = read_meta_graph(model)
        findings = (*breaches(meta_graph), *unservable_parts(meta_graph))
        if findings:
            return CanaryReport(findings=findings)
        return _serve_and_ask(versions, model, examples, settings, log)
    except CandidateError as error:
        finding = error.finding
    except ModelNotLoadedError as error:
        finding = Finding(
            subject="the model",
            expected=f"that a server loads it within {settings.max_load_seconds:g} s",
            received=str(error).replace(str(log), log.name),  # the executor moves the log
        )
    return CanaryReport(findings=(finding,))


def _serve_and_ask(
    versions: Path, model: Path, examples: Sequence[bytes], settings: CanarySettings, log: Path
) -> CanaryReport:
    warm_up, sample = list(warm_up_requests(model)), list(sample_requests(examples))
    with ThreadPoolExecutor(max_workers=1) as meanwhile:
        # Server and offline model both take seconds to load, and longer for the first requests.
        loading = meanwhile.submit(_load_and_ask, model, [*warm_up, *sample])
        with ServerProcess(
            versions,
            model_name=MODEL_NAME,
            log_path=log,
            flags=_LOAD_ONCE,
            start_seconds=settings.max_load_seconds,
        ) as server:
            loaded, offline = loading.result()  # before anything is timed
            with grpc.insecure_channel(server.target, options=CHANNEL_OPTIONS) as channel:
                trial = Trial(channel, settings.tolerance, loaded.ranking)
                for request, answer in zip(warm_up, offline, strict=False):
                    trial.ask(request, answer)
                timings = [
                    Timing(request.name, milliseconds)
                    for request, answer in zip(sample, offline[len(warm_up) :], strict=True)
                    if (milliseconds := trial.ask(request, answer)) is not None
                ]
            memory_mb = psutil.Process(server.process_id).memory_info().rss // _BYTES_PER_MEGABYTE
    slow = percentile_99(timings)
    return CanaryReport(
        findings=(*trial.findings, *_over_bounds(slow, memory_mb, settings)),
        requests=trial.asked,
        p99_ms=slow and slow.milliseconds,
        memory_mb=memory_mb,
    )


def _load_and_ask(
    model: Path, requests: Sequence[CanaryRequest]
) -> tuple[OfflineModel, list[Outputs | Finding]]:
    loaded = OfflineModel(model)
    return loaded, [loaded.answer(request) for request in requests]


def percentile_99(timings: Sequence[Timing]) -> Timing | None:
    """Returns the timing that 99 of 100 do not exceed (nearest rank); None if there is none.

    >>> percentile_99([Timing(str(number), number) for number in range(1, 201)])
    Timing(name='198', milliseconds=198)
    """
    if not timings:
        return None
    ordered = sorted(timings, key=lambda timing: timing.milliseconds)
    return ordered[math.ceil(0.99 * len(ordered)) - 1]


def _over_bounds(
    slow: Timing | None, memory_mb: int, settings: CanarySettings
) -> Iterator[Finding]:
    if slow is not None and slow.milliseconds > settings.max_p99_ms:
        yield Finding(
            subject=f"99th percentile of the sample requests, {slow.name}",
            expected=f"at most max_p99_ms = {settings.max_p99_ms:g} ms",
            received=f"{slow.milliseconds:.0f} ms",
        )
    if memory_mb > settings.max_memory_mb:
        yield Finding(
            subject="resident memory of the server after all requests",
            expected=f"at most max_memory_mb = {settings.max_memory_mb} MB",
            received=f"{memory_mb} MB",
        )
