"""The real Prometheus and node exporter, from Debian's packages, on free ports of loopback."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import yaml

from deploy.local_servers.debian_packages import find_folder
from deploy.local_servers.server import check_running, free_port, start_process, wait_for

_START_SECONDS: Final = 30.0
_INTERVAL: Final = "200ms"


def promtool(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Runs `promtool`; what it said is on standard output."""
    return subprocess.run(
        [_program("promtool", package="prometheus"), *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def node_exporter(folder: Path, log: Path) -> Iterator[str]:
    """Runs node exporter with nothing but its textfile collector; yields its address."""
    address = f"127.0.0.1:{free_port()}"
    command: list[str | Path] = [
        _program("prometheus-node-exporter", package="prometheus-node-exporter"),
        *("--collector.disable-defaults", "--collector.textfile"),
        *(f"--collector.textfile.directory={folder}", f"--web.listen-address={address}"),
    ]
    with _running("node exporter", command, log, f"http://{address}/metrics"):
        yield address


class Prometheus:
    """Asks a running Prometheus."""

    def __init__(self, address: str) -> None:
        self._address = address

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression now; HTTPError if it is none."""
        found: list[dict[str, Any]] = self._ask("query", query=expression)["result"]
        return found

    def rules(self) -> dict[str, dict[str, Any]]:
        """What became of each rule, by the alert's name."""
        groups = self._ask("rules")["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}

    def _ask(self, what: str, **parameters: str) -> Any:
        address = f"http://{self._address}/api/v1/{what}?{urlencode(parameters)}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]


@contextmanager
def prometheus(
    folder: Path, rules: Path, targets: Sequence[tuple[str, str]]
) -> Iterator[Prometheus]:
    """Runs Prometheus with its data in a folder; each target is an address and a path."""
    address = f"127.0.0.1:{free_port()}"
    config = folder / "prometheus.yml"
    jobs = [
        {"job_name": path, "metrics_path": path, "static_configs": [{"targets": [target]}]}
        for target, path in targets
    ]
    intervals = {"scrape_interval": _INTERVAL, "evaluation_interval": _INTERVAL}
    settings = {"global": intervals, "rule_files": [str(rules)], "scrape_configs": jobs}
    config.write_text(yaml.safe_dump(settings))
    command: list[str | Path] = [
        _program("prometheus", package="prometheus"),
        *(f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"),
        f"--web.listen-address={address}",
    ]
    with _running("Prometheus", command, folder / "log", f"http://{address}/-/ready"):
        yield Prometheus(address)


@contextmanager
def _running(name: str, command: Sequence[str | Path], log: Path, address: str) -> Iterator[None]:
    def is_ready() -> bool:
        check_running(name, process, log)
        try:
            with urllib.request.urlopen(address, timeout=10):  # noqa: S310 - http
                return True
        except OSError:
            return False

    process = start_process(command, log, {})
    try:
        wait_for(f"answer of {name}", is_ready, seconds=_START_SECONDS)
        yield
    finally:
        process.terminate()
        process.wait()


def _program(name: str, *, package: str) -> Path:
    return find_folder("usr/bin", name, package=package) / name
