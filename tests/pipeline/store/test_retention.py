from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2

from pipeline.config import load_config
from pipeline.config.metadata import RetentionConfig
from pipeline.errors import UsageError
from pipeline.store import retention
from pipeline.store.retention import apply_retention
from report.runs import run_folder
from tests.support.pushed_versions import PushedVersions

LIVE = metadata_store_pb2.Artifact.LIVE
MARKED = metadata_store_pb2.Artifact.MARKED_FOR_DELETION
DELETED = metadata_store_pb2.Artifact.DELETED


def retain(
    versions: PushedVersions, keep_runs: int | None = None, keep_versions: int | None = None
) -> None:
    settings = RetentionConfig(keep_runs=keep_runs, keep_versions=keep_versions)
    apply_retention(versions.store, versions.config.replace(retention=settings))


def states(versions: PushedVersions, made: dict[str, int]) -> dict[str, int]:
    return {name: versions.state(artifact_id) for name, artifact_id in made.items()}


def test_by_default_all_is_kept(versions: PushedVersions) -> None:
    runs = [versions.pushed(f"r{number}", number) for number in (1, 2, 3)]
    retain(versions)
    assert versions.served() == ["1", "2", "3"]
    assert {state for made in runs for state in states(versions, made).values()} == {LIVE}


def test_what_old_runs_made_goes_but_blessed_models_and_the_record_stay(
    versions: PushedVersions,
) -> None:
    refused = versions.trained("r1", blessed=False)
    blessed = versions.pushed("r2", 2)
    versions.pushed("r3", 3)
    versions.pushed("r4", 4)
    retain(versions, keep_runs=2)
    assert states(versions, refused) == {
        "examples": DELETED,
        "model": DELETED,
        "blessing": LIVE,
        "evaluation": LIVE,
    }
    assert states(versions, blessed) == {
        "examples": DELETED,
        "model": LIVE,
        "blessing": LIVE,
        "evaluation": LIVE,
        "pushed": LIVE,
    }
    assert not versions.files_of(refused["model"])
    assert versions.files_of(blessed["model"])
    assert versions.served() == ["2", "3", "4"]


def test_what_a_kept_run_took_from_the_cache_stays(versions: PushedVersions) -> None:
    made = versions.pushed("r1", 1)
    versions.pushed("r2", 2)
    versions.pushed("r3", 3)
    versions.answered_from_cache("r4", made)
    retain(versions, keep_runs=2)
    assert set(states(versions, made).values()) == {LIVE}


def test_old_versions_go_with_their_models_but_not_the_two_last_blessed_ones(
    versions: PushedVersions,
) -> None:
    runs = [versions.pushed(f"r{number}", number) for number in (1, 2, 3, 4)]
    for number in (5, 6):
        versions.trained(f"r{number}", blessed=False)
    retain(versions, keep_runs=2, keep_versions=1)
    assert versions.served() == ["4"]
    assert [versions.state(made["pushed"]) for made in runs] == [DELETED] * 3 + [LIVE]
    assert [versions.state(made["model"]) for made in runs] == [DELETED] * 2 + [LIVE] * 2


def test_without_a_limit_of_runs_an_old_version_s_model_stays(versions: PushedVersions) -> None:
    runs = [versions.pushed(f"r{number}", number) for number in (1, 2, 3)]
    retain(versions, keep_versions=2)
    assert versions.served() == ["2", "3"]
    assert versions.state(runs[0]["pushed"]) == DELETED
    assert versions.state(runs[0]["model"]) == LIVE


def test_a_version_that_others_pushed_into_the_folder_is_left_alone(
    versions: PushedVersions,
) -> None:
    (versions.config.serving_model / "7").mkdir(parents=True)
    for number in (10, 11, 12):
        versions.pushed(f"r{number}", number)
    retain(versions, keep_versions=1)
    assert versions.served() == ["12", "7"]


def test_logs_and_working_folders_of_old_runs_go(versions: PushedVersions) -> None:
    logs = versions.config.output / "logs"
    logs.mkdir()
    for name in ("nightly-1", "nightly-10", "nightly-11"):
        versions.trained(name)
        for ending in (".log", ".jsonl", "-Trainer.log"):
            (logs / f"run-{name}{ending}").touch()
    (logs / "outcomes.jsonl").touch()
    working = versions.root / "Trainer" / ".system" / "executor_execution"
    for execution in versions.store.get_executions():
        (working / str(execution.id)).mkdir(parents=True)
    retain(versions, keep_runs=2)
    assert sorted(each.name for each in logs.iterdir()) == [
        "outcomes.jsonl",
        *(
            f"run-nightly-{number}{ending}"
            for number in (10, 11)
            for ending in ("-Trainer.log", ".jsonl", ".log")
        ),
    ]
    assert sorted(int(each.name) for each in working.iterdir()) == [4, 5, 6, 7, 8, 9]


def test_what_a_killed_deletion_left_is_removed_by_the_next(
    versions: PushedVersions, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = versions.trained("r1", blessed=False)
    versions.pushed("r2", 2)
    versions.pushed("r3", 3)

    def killed(path: Path, *, within: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(retention, "_remove", killed)
        with pytest.raises(KeyboardInterrupt):
            retain(versions, keep_runs=2)
    # The files are there still, but nothing takes them for present.
    assert versions.state(old["model"]) == MARKED
    assert versions.files_of(old["model"])
    retain(versions, keep_runs=2)
    assert versions.state(old["model"]) == DELETED
    assert not versions.files_of(old["model"])


def test_nothing_outside_the_pipeline_s_folder_is_removed(
    versions: PushedVersions, tmp_path: Path
) -> None:
    imported = tmp_path / "somebody's"
    artifact = versions.artifact("Examples", imported)
    versions.execution(versions.run("r1"), "Importer", outputs=[artifact])
    versions.pushed("r2", 2)
    versions.pushed("r3", 3)
    retain(versions, keep_runs=2)
    assert (imported / "file").is_file()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("retention.keep_runs=1", r"keep_runs` should be a whole number from 2 .* Received: 1"),
        ("retention.keep_versions=0", r"keep_versions` should be .* from 1 .* Received: 0"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config(overrides=[override])


def test_the_pages_of_old_runs_go_and_their_records_stay(versions: PushedVersions) -> None:
    folders = [run_folder(versions.config.output, f"r{number}") for number in (1, 2, 3)]
    for number, folder in enumerate(folders, start=1):
        versions.pushed(f"r{number}", number)
        folder.mkdir(parents=True)
        for name in ("run.json", "index.html", "model_card.html"):
            (folder / name).touch()
    retain(versions, keep_runs=2)
    assert [sorted(file.name for file in folder.iterdir()) for folder in folders] == [
        ["run.json"],
        ["index.html", "model_card.html", "run.json"],
        ["index.html", "model_card.html", "run.json"],
    ]
