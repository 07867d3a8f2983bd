from pathlib import Path

from tfx.types import standard_artifacts
from tfx.utils import io_utils

from components.curated_schema.executor import Executor


def test_the_artifact_holds_the_schema_where_tfx_looks_for_it(tmp_path: Path) -> None:
    schema = standard_artifacts.Schema()
    schema.uri = str(tmp_path / "schema" / "1")
    text = 'feature { name: "a" type: INT }'
    Executor().Do({}, {"schema": [schema]}, {"schema_text": text})
    read = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(schema.uri))
    assert [feature.name for feature in read.feature] == ["a"]
