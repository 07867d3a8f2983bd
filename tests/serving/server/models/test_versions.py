from pathlib import Path

import pytest

from serving.server.models.versions import ModelSource, VersionPolicy, aspired_versions
from serving.versions import version_number


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("1", 1),
        ("00000123", 123),
        (" 7 ", 7),
        ("+7", 7),
        ("-7", -7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("7.pushing", None),
        ("1_0", None),
        ("\u0661", None),
        ("", None),
        ("tmp", None),
    ],
)
def test_version_is_a_name_that_is_a_64_bit_number(name: str, number: int | None) -> None:
    assert version_number(name) == number


@pytest.mark.parametrize(
    ("policy", "aspired"),
    [
        ({}, {9}),
        ({"latest": {}}, {9}),
        ({"latest": {"num_versions": 2}}, {8, 9}),
        ({"latest": {"num_versions": 9}}, {7, 8, 9}),
        ({"all": {}}, {7, 8, 9}),
    ],
)
def test_policy_chooses_among_the_versions_found(
    policy: dict[str, dict[str, int]], aspired: set[int]
) -> None:
    assert aspired_versions(VersionPolicy(**policy), [8, 9, 7]) == aspired


def test_specific_version_that_is_missing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    policy = VersionPolicy(specific={"versions": [7, 6]})
    assert aspired_versions(policy, [8, 9, 7]) == {7}
    assert caplog.messages == ["Version 6 is to be served but was not found."]


def test_no_version_found_means_none_wanted() -> None:
    assert aspired_versions(VersionPolicy(), []) == set()


def test_scan_finds_the_newest_folder_by_number_not_by_name(tmp_path: Path) -> None:
    for name in ("9", "10", "11.pushing"):
        (tmp_path / name).mkdir()
    assert ModelSource(name="m", base_path=tmp_path).scan() == {10: tmp_path / "10"}


def test_scan_takes_a_stray_file_for_a_version(tmp_path: Path) -> None:
    (tmp_path / "9").write_text("")
    assert ModelSource(name="m", base_path=tmp_path).scan() == {9: tmp_path / "9"}


def test_scan_of_a_missing_folder_fails(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"Could not find base path .*missing for servable m"):
        ModelSource(name="m", base_path=tmp_path / "missing").scan()
