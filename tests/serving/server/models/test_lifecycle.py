from pathlib import Path

from serving.server.models.lifecycle import Servable, State, next_step


def servable(
    version: int,
    state: State,
    *,
    aspired: bool = True,
    failed_attempts: int = 0,
    retry_at: float = 0.0,
) -> Servable:
    return Servable(
        name="m",
        version=version,
        path=Path(str(version)),
        state=state,
        is_aspired=aspired,
        failed_attempts=failed_attempts,
        retry_at=retry_at,
    )


def step(*servables: Servable, now: float = 100.0) -> tuple[State, int] | None:
    found = next_step(servables, now)
    return None if found is None else (found.state, found.servable.version)


def test_nothing_to_do() -> None:
    assert step() is None
    assert step(servable(1, State.AVAILABLE), servable(0, State.END, aspired=False)) is None


def test_highest_new_version_is_loaded_first() -> None:
    assert step(servable(1, State.START), servable(2, State.START)) == (State.LOADING, 2)


def test_old_version_stays_until_a_new_one_serves() -> None:
    old = servable(1, State.AVAILABLE, aspired=False)
    assert step(old, servable(2, State.START)) == (State.LOADING, 2)
    assert step(old, servable(2, State.LOADING)) is None
    assert step(old, servable(2, State.AVAILABLE)) == (State.UNLOADING, 1)


def test_old_version_stays_where_the_new_one_failed() -> None:
    assert step(servable(1, State.AVAILABLE, aspired=False), servable(2, State.END)) is None


def test_of_several_old_versions_the_lowest_go_until_one_is_left() -> None:
    olds = [servable(version, State.AVAILABLE, aspired=False) for version in (2, 1)]
    assert step(*olds, servable(3, State.START)) == (State.UNLOADING, 1)
    assert step(olds[0], servable(3, State.START)) == (State.LOADING, 3)


def test_everything_goes_where_nothing_is_wanted() -> None:
    assert step(servable(1, State.AVAILABLE, aspired=False)) == (State.UNLOADING, 1)


def test_version_that_is_no_longer_wanted_is_not_loaded() -> None:
    assert step(servable(1, State.START, aspired=False)) is None


def test_failed_load_is_repeated_when_its_time_has_come() -> None:
    failed = servable(1, State.LOADING, failed_attempts=1, retry_at=100.0)
    assert step(failed, now=99.9) is None
    assert step(failed, now=100.0) == (State.LOADING, 1)


def test_version_being_unloaded_is_left_alone() -> None:
    assert step(servable(1, State.UNLOADING, aspired=False)) is None
