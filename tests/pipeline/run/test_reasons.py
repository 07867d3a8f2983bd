import errno
import json
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2

from movielens.errors import SourceError
from pipeline.run.reasons import describe_failure, option_changes

OUTPUT = Path("/some/output")


def test_changes_of_nested_json_are_named_by_path_and_code_by_its_fingerprint() -> None:
    def execution(**options: object) -> metadata_store_pb2.Execution:
        made = metadata_store_pb2.Execution()
        made.custom_properties["custom_config"].string_value = json.dumps(options)
        made.custom_properties["__internal"].string_value = str(options)
        return made

    before = execution(config={"epochs": 3}, fingerprint="a")
    after = execution(config={"epochs": 5}, fingerprint="b")
    assert list(option_changes(before, after)) == [
        "its code changed",
        "custom_config.config.epochs: 3 -> 5",
    ]


def test_of_many_changed_options_three_are_named() -> None:
    before, after = metadata_store_pb2.Execution(), metadata_store_pb2.Execution()
    for name in "abcde":
        after.custom_properties[name].int_value = 1
    assert list(option_changes(before, after)) == [
        "a: absent -> 1",
        "b: absent -> 1",
        "c: absent -> 1",
        "2 more options changed",
    ]


def test_files_that_a_driver_resolved_are_no_option() -> None:
    before, after = metadata_store_pb2.Execution(), metadata_store_pb2.Execution()
    after.custom_properties["folders"].string_value = '["/data/ml"]'  # not kept if it was cached
    assert list(option_changes(before, after)) == []


def raised(error: Exception, *, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_an_error_of_ours_speaks_for_itself() -> None:
    error = raised(RuntimeError("wrapped"), cause=SourceError("ratings.csv holds no rows"))
    assert describe_failure(error, OUTPUT) == "ratings.csv holds no rows"


def test_an_error_of_ours_that_beam_turned_into_text_speaks_for_itself() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "x.py", line 3, in process\n'
        "movielens.errors.SourceError: ratings.csv holds no rows\n"
        "\n"
        "During handling of the above exception, another exception occurred:\n"
        "\n"
        "Traceback (most recent call last):\n"
        "RuntimeError: wrapped [while running 'Ingest/Parse']\n"
    )
    assert describe_failure(RuntimeError(text), OUTPUT) == "ratings.csv holds no rows"


def test_beam_s_step_is_left_out() -> None:
    error = ValueError("odd value 3 [while running 'Some/Step']")
    assert describe_failure(error, OUTPUT) == "ValueError: odd value 3"


def test_an_error_of_a_library_is_named_with_all_of_its_message() -> None:
    text = "TypeError: Exception encountered\n\n\x1b[1mInput 'values' has type float32.\x1b[0m\n"
    assert describe_failure(RuntimeError(text), OUTPUT) == (
        "TypeError: Exception encountered Input 'values' has type float32."
    )


def test_the_innermost_error_speaks() -> None:
    error = raised(RuntimeError("node failed"), cause=KeyError("history"))
    assert describe_failure(error, OUTPUT) == "KeyError: 'history'"


@pytest.mark.parametrize(
    "cause",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("RESOURCE_EXHAUSTED: x.tmp; No space left on device"),
        RuntimeError("INTERNAL: database or disk is full"),
    ],
)
def test_a_full_disk_is_called_so_however_deep(cause: Exception) -> None:
    error = raised(RuntimeError("wrapped"), cause=raised(ValueError("inner"), cause=cause))
    assert describe_failure(error, OUTPUT) == (
        "disk full: no space left for /some/output; free some and run the same command again"
    )


def test_a_page_of_text_is_cut() -> None:
    described = describe_failure(ValueError("x" * 10_000), OUTPUT)
    assert len(described) < 700
    assert described.endswith("...")
