"""The compiled package, executed command by command to a pushed model."""

import sys
from pathlib import Path

import pytest

from components.movielens_example_gen.report import read_report
from movielens.datasets.synthetic import write_synthetic
from pipeline.config import load_config
from pipeline.runners.kubeflow import compile_package
from tests.support.kubeflow_driver import KubeflowDriver, container_environment

pytestmark = [pytest.mark.systems, pytest.mark.timeout(3600)]

ROOT = Path(__file__).parents[3]
SMALL = (
    "kubeflow.image=movielens:test",
    "data.window=2",
    "ingest.split=random",
    "trainer.model=bias",
    "trainer.epochs=1",
    "evaluator.slice_by=[]",
    "evaluator.slice_bounds={}",
    "evaluator.bounds={rmse = 2.0}",
)


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("volume")
    write_synthetic(folder / "span-1", users=60, movies=80, ratings=2000, seed=1)
    write_synthetic(folder / "span-2", users=60, movies=80, ratings=2200, seed=2)
    return folder


@pytest.fixture(scope="module")
def driver(volume: Path, tmp_path_factory: pytest.TempPathFactory) -> KubeflowDriver:
    config = load_config(
        overrides=[*SMALL, f"kubeflow.mount_path={volume}"],
        output=str(volume / "output"),
        data=str(volume / "span-{SPAN}"),
    )
    environment = container_environment(ROOT, Path(sys.executable))
    driver = KubeflowDriver(
        compile_package(config), tmp_path_factory.mktemp("kubeflow"), environment
    )
    driver.run()
    return driver


def versions(volume: Path) -> list[Path]:
    return sorted((volume / "output" / "serving_model" / "movielens").iterdir())


def test_every_container_runs_and_the_model_is_pushed(driver: KubeflowDriver, volume: Path) -> None:
    assert driver.artifacts["Evaluator"]["blessing"].metadata["blessed"] == 1
    (version,) = versions(volume)
    pushed = driver.artifacts["Pusher"]["pushed_model"].metadata
    assert pushed["pushed"] == 1
    assert pushed["pushed_destination"] == str(version)
    assert (version / "saved_model.pb").is_file()


def test_the_window_of_spans_is_read(driver: KubeflowDriver) -> None:
    assert driver.artifacts["MovieLensExampleGen"]["examples"].metadata["span"] == 2
    report = read_report(str(driver.stored("MovieLensExampleGen", "ingest_report")))
    # What both spans have counts once, and what only one has counts too.
    assert 2200 < report["ratings"] <= 2000 + 2200


def test_the_next_model_is_compared_with_the_pushed_one(
    driver: KubeflowDriver, volume: Path
) -> None:
    assert driver.artifacts["BaselineResolver"]["model"].metadata["absent"] == 1
    driver.run(["BaselineResolver", "Evaluator", "Pusher"])
    baseline = driver.artifacts["BaselineResolver"]["model"]
    assert "absent" not in baseline.metadata
    assert driver.stored("BaselineResolver", "model").joinpath("Format-Serving").is_dir()
    metadata = driver.artifacts["Evaluator"]["blessing"].metadata
    assert metadata["baseline_model_id"] == baseline.name
    assert len(versions(volume)) == 2
