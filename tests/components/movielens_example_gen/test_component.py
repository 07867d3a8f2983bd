from typing import Any

import pytest
from google.protobuf import struct_pb2
from google.protobuf.message import Message
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.utils import proto_utils

from components.movielens_example_gen.component import MovieLensExampleGen
from movielens.config import IngestConfig, ReadOptions


def read_property(component: MovieLensExampleGen, name: str, proto: Message) -> Any:
    """Parses a property, which TFX keeps as JSON."""
    return proto_utils.json_to_proto(component.exec_properties[name], proto)


def custom_options(component: MovieLensExampleGen) -> dict[str, object]:
    custom_config = read_property(component, "custom_config", example_gen_pb2.CustomConfig())
    options = struct_pb2.Struct()
    custom_config.custom_config.Unpack(options)
    return dict(options.items())


def test_component_declares_examples_and_a_report() -> None:
    component = MovieLensExampleGen("data", config=IngestConfig())
    assert component.outputs["examples"].type_name == "Examples"
    assert component.outputs["ingest_report"].type_name == "Statistics"


def test_component_declares_its_splits() -> None:
    component = MovieLensExampleGen("data", config=IngestConfig())
    output = read_property(component, "output_config", example_gen_pb2.Output())
    names = [split.name for split in output.split_config.splits]
    assert names == ["train", "eval", "test", "catalogue"]


def test_options_travel_in_the_custom_config() -> None:
    config = IngestConfig(split="random", seed=7)
    reading = ReadOptions(columns={"user": "userId"}, timestamp_unit="ms", encoding="cp949")
    component = MovieLensExampleGen(
        "data", config=config, reading=reading, quarantine_dir="kept", code_fingerprint="abc"
    )
    options = custom_options(component)
    assert IngestConfig.model_validate_json(str(options.pop("ingest_config"))) == config
    assert ReadOptions.model_validate_json(str(options.pop("read_options"))) == reading
    assert options == {"quarantine_dir": "kept", "code_fingerprint": "abc"}


@pytest.mark.parametrize(
    ("input_base", "base", "pattern"),
    [
        ("data/ml-25m", "data/ml-25m", "*"),
        ("data/span-{SPAN}", "data", "span-{SPAN}/*"),
        ("/data/span-{SPAN:2}/version-{VERSION}/", "/data", "span-{SPAN:2}/version-{VERSION}/*"),
        ("span-{SPAN}", ".", "span-{SPAN}/*"),
    ],
)
def test_one_input_split_matches_every_file(input_base: str, base: str, pattern: str) -> None:
    component = MovieLensExampleGen(input_base, config=IngestConfig())
    assert component.exec_properties["input_base"] == base
    input_config = read_property(component, "input_config", example_gen_pb2.Input())
    assert [split.pattern for split in input_config.splits] == [pattern]


def test_range_config_is_handed_on() -> None:
    span = range_config_pb2.RangeConfig(
        static_range=range_config_pb2.StaticRange(start_span_number=2, end_span_number=2)
    )
    component = MovieLensExampleGen("s-{SPAN}", config=IngestConfig(), range_config=span)
    assert read_property(component, "range_config", range_config_pb2.RangeConfig()) == span
