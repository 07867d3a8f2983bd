from pathlib import Path

import pytest
from google.protobuf import text_format

from components.curated_schema.component import CuratedSchema


def test_an_edited_schema_is_another_node_to_the_cache(tmp_path: Path) -> None:
    schema = tmp_path / "schema.pbtxt"
    schema.write_text('feature { name: "a" type: INT }')
    before = CuratedSchema(schema).exec_properties
    assert CuratedSchema(schema).exec_properties == before
    schema.write_text('feature { name: "a" type: FLOAT }')
    assert CuratedSchema(schema).exec_properties != before


def test_the_node_does_not_depend_on_where_the_file_is(tmp_path: Path) -> None:
    text = 'feature { name: "a" type: INT }'
    nodes = []
    for name in ("one", "two"):
        (tmp_path / name).write_text(text)
        nodes.append(CuratedSchema(tmp_path / name).exec_properties)
    assert nodes == [{"schema_text": text}] * 2


def test_a_missing_schema_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.pbtxt"):
        CuratedSchema(tmp_path / "absent.pbtxt")


def test_a_file_that_is_no_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.pbtxt").write_text("columns { }")
    with pytest.raises(text_format.ParseError, match="columns"):
        CuratedSchema(tmp_path / "bad.pbtxt")
