"""How fast MovieLensExampleGen reads ratings, on made-up data of several sizes.

    python -m benchmarks.ingest --ratings 100_000 1_000_000

Each size is measured in a process of its own: the executor's `Do`, from the files of a MovieLens
folder to the written examples, without the time of importing TFX. The driver hashes the files, so
that TFX's cache knows them; `hash_seconds` are of the CPU. `peak_rss_mb` is of the whole process,
with the `imports_rss_mb`.
"""

import json
import time
from pathlib import Path

from benchmarks.sizes import Figures, measure_sizes, peak_memory_mb


def measure(folder: Path) -> Figures:
    """Runs the executor on a MovieLens folder: wall time, CPU time, and memory in 2**20 bytes."""
    from tfx.types import standard_artifacts

    from components.movielens_example_gen.component import IngestReport, MovieLensExampleGen
    from components.movielens_example_gen.driver import Driver
    from components.movielens_example_gen.executor import Executor
    from movielens.config import IngestConfig

    component = MovieLensExampleGen(str(folder), config=IngestConfig())
    hash_started = time.process_time()
    resolved = Driver(None).resolve_exec_properties(dict(component.exec_properties), None, None)
    hash_seconds = time.process_time() - hash_started
    examples, report = standard_artifacts.Examples(), IngestReport()
    examples.uri, report.uri = str(folder / "output/examples"), str(folder / "output/report")
    context = Executor.Context(
        beam_pipeline_args=[
            "--runner=DirectRunner",
            "--direct_running_mode=in_memory",
            # No container runs here, but without a name TFX would pack itself up for one.
            "--sdk_container_image=unused",
        ],
        tmp_dir=str(folder / "output/tmp"),
    )
    executor = Executor(context)
    imports_rss_mb = peak_memory_mb()
    started, cpu_started = time.perf_counter(), time.process_time()
    executor.Do({}, {"examples": [examples], "ingest_report": [report]}, resolved)
    seconds = time.perf_counter() - started
    cpu_seconds = time.process_time() - cpu_started
    ratings = json.loads((folder / "output/report/report.json").read_text("utf-8"))["ratings"]
    return {
        "ratings": ratings,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "rows_per_second": ratings / seconds,
        "hash_seconds": hash_seconds,
        "peak_rss_mb": peak_memory_mb(),
        "imports_rss_mb": imports_rss_mb,
    }


if __name__ == "__main__":
    measure_sizes(__doc__, measure)
