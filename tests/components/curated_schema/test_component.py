from pathlib import Path

import pytest

from components.curated_schema.component import CuratedSchema


def test_an_edited_schema_is_another_node_to_the_cache(tmp_path: Path) -> None:
    schema = tmp_path / "schema.pbtxt"
    schema.write_text('feature { name: "a" type: INT }')
    before = CuratedSchema(schema).exec_properties
    assert CuratedSchema(schema).exec_properties == before
    schema.write_text('feature { name: "a" type: FLOAT }')
    after = CuratedSchema(schema).exec_properties
    assert after["schema_file"] == before["schema_file"]
    assert after["schema_sha256"] != before["schema_sha256"]


def test_a_missing_schema_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.pbtxt"):
        CuratedSchema(tmp_path / "absent.pbtxt")
