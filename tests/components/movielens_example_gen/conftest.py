"""Small MovieLens folders, the real ratings, and a run of the executor."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from components.movielens_example_gen.config import IngestConfig, ReadOptions
from components.movielens_example_gen.default_data import write_default_data
from components.movielens_example_gen.layouts import CSV_LAYOUT
from components.movielens_example_gen.movies import MovieTable, parse_movies
from components.movielens_example_gen.parsing import parse_ratings
from tests.components.movielens_example_gen.runs import MOVIES_CSV, Run, RunExecutor, WriteFolder

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


@pytest.fixture(scope="session")
def default_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default data on disk."""
    return write_default_data(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="session")
def real_movies(default_folder: Path) -> MovieTable:
    """The 9,066 movies of the default data."""
    return parse_movies((default_folder / "movies.csv").read_bytes(), CSV_LAYOUT).table


@pytest.fixture(scope="session")
def real_ratings(default_folder: Path, real_movies: MovieTable) -> npt.NDArray[np.void]:
    """The 100,004 ratings of the default data, in file order."""
    block = (default_folder / "ratings.csv").read_bytes()
    return parse_ratings(block, CSV_LAYOUT, real_movies).rows


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
