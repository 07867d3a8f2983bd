"""Flink or Spark on this machine: the cluster, Beam's job server and a pool of Python workers."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from deploy.local_servers.server import (
    ServerError,
    check_running,
    free_port,
    start_process,
    wait_for,
)

ROOT: Final = Path(__file__).resolve().parents[2]
JOB_SERVER: Final = "job server"
WORKERS: Final = "Python workers"
_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 20.0
# Both engines reach into parts of the JDK that Java 17 closes.
_OPENED: Final = (
    *("lang", "lang.invoke", "lang.reflect", "net", "io", "nio", "text", "time", "util"),
    *("util.concurrent", "util.concurrent.atomic", "util.concurrent.locks"),
)
_OPENS: Final = (
    *(f"--add-opens=java.base/java.{each}=ALL-UNNAMED" for each in _OPENED),
    *(
        f"--add-opens=java.base/sun.{each}=ALL-UNNAMED"
        for each in ("nio.ch", "nio.cs", "security.action", "util.calendar")
    ),
    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
)


class BeamEngine(contextlib.ExitStack, ABC):
    """Runs a cluster on free ports of loopback while the `with` block runs.

    Attributes:
        web_page: The address of the engine's own web page, known inside the block.
        beam_args: The Beam arguments with which a run uses the engine, likewise.
        processes: The running processes by name, for tests to kill.
    """

    title: ClassVar[str]
    worker_process: ClassVar[str]  # the name of the process that runs tasks

    def __init__(self, folder: Path) -> None:
        """Prepares a cluster whose logs and scratch files go to `folder`."""
        super().__init__()
        installed = ROOT / ".beam" / self.title.lower()
        if not installed.is_dir():
            raise ServerError(
                f"{self.title} is not installed: there is no {installed}. Run "
                f"deploy/beam/install.sh {self.title.lower()}"
            )
        self.web_page = ""
        self.beam_args: tuple[str, ...] = ()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        }
        self.folder = folder.absolute()
        self.engine_jars = installed / "engine"
        self.runner_jars = f"{installed / 'runner'}/*"

    @abstractmethod
    def commands(self, ports: Sequence[int]) -> Mapping[str, Sequence[str | Path]]:
        """Returns the command of each process, in the order of their start.

        Args:
            ports: Free ports: the job server's three, the workers', and further ones.
        """

    @abstractmethod
    def is_ready(self) -> bool:
        """Returns whether the cluster can run tasks."""

    @abstractmethod
    def running_jobs(self) -> list[str]:
        """Returns the ids of the jobs that have not ended."""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "artifacts").mkdir(exist_ok=True)
        ports = [free_port() for _ in range(8)]
        job_port, artifact_port, _, workers_port, *_ = ports
        # The cluster has Beam's jars. Without this, each job would upload them.
        nothing = self.folder / "empty.jar"
        zipfile.ZipFile(nothing, "w").close()
        self.beam_args = (
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{job_port}",
            f"--artifact_endpoint=localhost:{artifact_port}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{workers_port}",
            # A worker serves more than one stage. Flink's restarts wait for longer than this, so
            # that they get another worker than one that died.
            "--environment_cache_millis=2000",
            "--sdk_container_image=none",
            f"--files_to_stage={nothing}",
        )
        self._commands = {
            **self.commands(ports),
            WORKERS: [
                *(sys.executable, "-m", "pipeline.cli"),
                *("worker", "--address", f"localhost:{workers_port}"),
            ],
        }
        self.callback(self._stop)
        try:
            for name in self._commands:
                self.start(name)
            what = f"{self.title} with job server and workers"
            wait_for(
                what,
                lambda: self._look(job_port) and self._look(workers_port) and self.is_ready(),
                seconds=_START_SECONDS,
            )
        except BaseException:
            self.close()
            raise
        return self

    def start(self, name: str) -> None:
        """Starts one of the processes, also one that was killed."""
        self.processes[name] = start_process(
            self._commands[name], self.log_of(name), self.environment, cwd=self.folder
        )

    def log_of(self, name: str) -> Path:
        """Returns the log of a process."""
        return self.folder / f"{name.replace(' ', '_').lower()}.log"

    def read(self, url: str) -> Any:
        """Returns the JSON that a web page answers; None if it does not."""
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - http
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def _look(self, port: int) -> bool:
        for name, process in self.processes.items():
            check_running(f"{self.title}'s {name}", process, self.log_of(name))
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
            return True
        return False

    def _stop(self) -> None:
        """Ends the processes with all that they started, workers first."""
        for process in reversed(self.processes.values()):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class FlinkEngine(BeamEngine):
    """A JobManager and a TaskManager with two slots."""

    title = "Flink"
    worker_process = "TaskManager"

    def commands(self, ports: Sequence[int]) -> Mapping[str, Sequence[str | Path]]:
        job_port, artifact_port, expansion_port, _, rest_port, rpc_port, *_ = ports
        definition = ROOT / "deploy" / "beam" / "flink"
        shutil.copy(definition / "flink-conf.yaml", self.folder)
        self.web_page = f"http://localhost:{rest_port}"
        self.beam_args += (
            f"--flink_master=localhost:{rest_port}",
            "--parallelism=2",
        )
        java: tuple[str | Path, ...] = ("java", "-Dorg.apache.logging.log4j.level=INFO", *_OPENS)
        jars = f"{self.engine_jars}/lib/*:{self.runner_jars}"
        where = [
            *("--configDir", str(self.folder)),
            *("-D", "jobmanager.rpc.address=localhost", "-D", f"jobmanager.rpc.port={rpc_port}"),
            *("-D", f"rest.port={rest_port}", "-D", "rest.bind-address=localhost"),
            *("-D", "jobmanager.bind-host=localhost", "-D", "taskmanager.bind-host=localhost"),
            *("-D", "taskmanager.host=localhost", "-D", f"io.tmp.dirs={self.folder}"),
        ]
        memory, settings = self._task_manager_resources(where)
        entrypoint = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
        runner = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
        return {
            "JobManager": [*java, "-Xmx768m", "-cp", jars, entrypoint, *where],
            "TaskManager": [*java, *memory, "-cp", jars, runner, *where, *settings],
            JOB_SERVER: [
                *(*java, "-Xmx768m", "-cp", jars, definition / "JobServer.java"),
                *(f"--flink-master=localhost:{rest_port}", "--job-host=localhost"),
                *(f"--job-port={job_port}", f"--artifact-port={artifact_port}"),
                *(f"--expansion-port={expansion_port}", f"--artifacts-dir={self.folder}/artifacts"),
                f"--flink-conf-dir={self.folder}",
            ],
        }

    def is_ready(self) -> bool:
        overview = self.read(f"{self.web_page}/overview")
        return bool(overview and overview["slots-available"])

    def running_jobs(self) -> list[str]:
        jobs = (self.read(f"{self.web_page}/jobs") or {"jobs": []})["jobs"]
        ended = ("FINISHED", "FAILED", "CANCELED")
        return [each["id"] for each in jobs if each["status"] not in ended]

    def _task_manager_resources(self, where: Sequence[str]) -> tuple[list[str], list[str]]:
        """Asks Flink, as its start script does, for the JVM's options of its memory settings."""
        lib, program = self.engine_jars / "lib", self.engine_jars / "bin" / "bash-java-utils.jar"
        done = subprocess.run(
            [
                *("java", "-cp", f"{program}:{lib}/*"),
                "org.apache.flink.runtime.util.bash.BashJavaUtils",
                *("GET_TM_RESOURCE_PARAMS", *where),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        prefix = "BASH_JAVA_UTILS_EXEC_RESULT:"
        found = [line for line in done.stdout.splitlines() if line.startswith(prefix)]
        if done.returncode != 0 or len(found) != 2:
            raise ServerError(f"Flink refuses its memory settings: {done.stdout}{done.stderr}")
        memory, settings = (line.removeprefix(prefix).split() for line in found)
        return memory, settings


class SparkEngine(BeamEngine):
    """A master, and a worker with two cores."""

    title = "Spark"
    worker_process = "worker"

    def commands(self, ports: Sequence[int]) -> Mapping[str, Sequence[str | Path]]:
        job_port, artifact_port, expansion_port, _, web_port, master_port, page_port, _ = ports
        self.web_page = f"http://localhost:{web_port}"
        master = f"spark://localhost:{master_port}"
        self.environment |= {
            "SPARK_HOME": str(self.engine_jars),
            "SPARK_SCALA_VERSION": "2.12",  # its scripts set it, which are not installed
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        java, spark = ("java", *_OPENS), f"{self.engine_jars}/jars/*"
        logging = f"{self.engine_jars}/jars/slf4j-api-2.0.7.jar"
        return {
            "master": [
                *(*java, "-Xmx512m", "-cp", spark, "org.apache.spark.deploy.master.Master"),
                *("--host", "localhost", "--port", str(master_port)),
                *("--webui-port", str(web_port)),
            ],
            "worker": [
                *(*java, "-Xmx512m", "-cp", spark, "org.apache.spark.deploy.worker.Worker", master),
                *("--host", "localhost", "--webui-port", str(page_port), "-c", "2", "-m", "3g"),
                *("-d", self.folder / "work"),
            ],
            JOB_SERVER: [
                *(*java, "-Xmx1500m", "-Dspark.executor.memory=1500m"),
                *("-Dspark.driver.host=localhost", "-Dspark.driver.bindAddress=localhost"),
                f"-Dspark.executor.extraClassPath={self.runner_jars}",
                *("-cp", f"{logging}:{self.runner_jars}:{spark}"),
                "org.apache.beam.runners.spark.SparkJobServerDriver",
                *(f"--spark-master-url={master}", "--job-host=localhost"),
                *(f"--job-port={job_port}", f"--artifact-port={artifact_port}"),
                *(f"--expansion-port={expansion_port}", f"--artifacts-dir={self.folder}/artifacts"),
            ],
        }

    def is_ready(self) -> bool:
        status = self.read(f"{self.web_page}/json/")
        return bool(status and status["aliveworkers"])

    def running_jobs(self) -> list[str]:
        status = self.read(f"{self.web_page}/json/")
        return [each["id"] for each in status["activeapps"]] if status else []
