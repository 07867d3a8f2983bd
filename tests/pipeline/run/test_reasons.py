import json

from ml_metadata.proto import metadata_store_pb2

from pipeline.run.reasons import option_changes


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
