"""Small MovieLens folders, the real ratings, and a run of the executor."""

from pathlib import Path

import pytest

from movielens.config import IngestConfig, ReadOptions
from tests.components.movielens_example_gen.runs import MOVIES_CSV, Run, RunExecutor, WriteFolder
from tests.support.real_ratings import default_folder, real_movies, real_ratings

__all__ = ["default_folder", "real_movies", "real_ratings"]
RATINGS_HEADER = "userId,movieId,rating,timestamp\n"


@pytest.fixture
def write_folder(tmp_path: Path) -> WriteFolder:
    """Writes a `latest` folder: rating lines without the header, and a movies file."""

    def write(ratings: str | bytes, movies: str | bytes = MOVIES_CSV, name: str = "data") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        ratings = ratings if isinstance(ratings, bytes) else (RATINGS_HEADER + ratings).encode()
        (folder / "ratings.csv").write_bytes(ratings)
        movies = movies if isinstance(movies, bytes) else movies.encode()
        (folder / "movies.csv").write_bytes(movies)
        return folder

    return write


@pytest.fixture
def run_executor(tmp_path: Path) -> RunExecutor:
    """Resolves the spans by the component's driver, as TFX does, and runs the executor."""

    def run(
        input_base: str | Path,
        config: IngestConfig | None = None,
        quarantine_dir: str | None = None,
        range_config: object = None,
        reading: ReadOptions | None = None,
    ) -> Run:
        from tfx.types import standard_artifacts

        from components.movielens_example_gen.component import IngestReport, MovieLensExampleGen
        from components.movielens_example_gen.driver import Driver
        from components.movielens_example_gen.executor import Executor

        component = MovieLensExampleGen(
            str(input_base),
            config=config or IngestConfig(),
            reading=reading,
            quarantine_dir=quarantine_dir,
            range_config=range_config,
        )
        # These two arguments are not looked at, nor is the metadata store.
        resolved = Driver(None).resolve_exec_properties(dict(component.exec_properties), None, None)
        examples, report = standard_artifacts.Examples(), IngestReport()
        examples.uri, report.uri = str(tmp_path / "out/examples"), str(tmp_path / "out/report")
        context = Executor.Context(
            beam_pipeline_args=[
                "--runner=DirectRunner",
                "--direct_running_mode=in_memory",
                # No container runs here; without a name TFX packs itself up for one, each time.
                "--sdk_container_image=unused",
            ],
            tmp_dir=str(tmp_path / "tmp"),
        )
        Executor(context).Do({}, {"examples": [examples], "ingest_report": [report]}, resolved)
        return Run(examples, Path(report.uri))

    return run
