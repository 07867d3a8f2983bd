"""MovieLensExampleGen: a TFX component that reads MovieLens folders.

It does not read `tags.csv`, which some archives have. A movie's tags were given over the years,
many after the ratings that a model is tested on: as a feature of the movie they would tell its
future. Cut by time they would differ for each split, and for each instant of it.
"""

import json
from typing import Final

from google.protobuf import struct_pb2
from tfx.components.example_gen import component as example_gen
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.types import channel, standard_artifacts, standard_component_specs
from tfx.types.component_spec import ChannelParameter
from tfx.types.experimental import simple_artifacts

from components.movielens_example_gen.driver import Driver
from components.movielens_example_gen.executor import (
    CONFIG_FIELD,
    INGEST_REPORT_KEY,
    QUARANTINE_FIELD,
    READ_FIELD,
    SPLITS,
    Executor,
)
from movielens.config import IngestConfig, ReadOptions

# A folder with `report.json` (counts) and `quarantine.csv` (the refused rows). This is a type of
# TFX's own, because Kubeflow's compiler takes no class as deep in a package as ours would be.
IngestReport: Final = simple_artifacts.Statistics


class MovieLensExampleGenSpec(standard_component_specs.FileBasedExampleGenSpec):
    """The inputs of a file-based ExampleGen, and a report besides the examples."""

    OUTPUTS: Final = {
        **standard_component_specs.FileBasedExampleGenSpec.OUTPUTS,
        INGEST_REPORT_KEY: ChannelParameter(type=IngestReport),
    }


class MovieLensExampleGen(example_gen.FileBasedExampleGen):
    """Reads a MovieLens folder in any published layout, splits its ratings and adds histories.

    Args:
        input_base: The folder, or a pattern such as `data/span-{SPAN}/version-{VERSION}`, of
            which the latest span and version are read.
        config: How to split the ratings and to build their histories.
        reading: How the files differ from the published ones.
        quarantine_dir: Where the refused rows are kept if there are too many and the run fails.
            It is part of the cache's key, so it should be the same in every run.
        range_config: The spans to read: the newest if None, a rolling range, or a static one.
        code_fingerprint: A hash of this package's code, so that an edit misses TFX's cache.

    Outputs:
        examples: The splits `train`, `eval` and `test`, one example a rating, and `catalogue`, one
            a movie.
        ingest_report: `IngestReport`.
    """

    SPEC_CLASS = MovieLensExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(
        self,
        input_base: str,
        *,
        config: IngestConfig,
        reading: ReadOptions | None = None,
        quarantine_dir: str | None = None,
        range_config: range_config_pb2.RangeConfig | None = None,
        code_fingerprint: str = "",
    ) -> None:
        base, pattern = _split_pattern(input_base)
        options = struct_pb2.Struct()
        options[CONFIG_FIELD] = json.dumps(config.model_dump(), sort_keys=True)
        options[READ_FIELD] = json.dumps((reading or ReadOptions()).model_dump(), sort_keys=True)
        options[QUARANTINE_FIELD] = quarantine_dir or ""
        options["code_fingerprint"] = code_fingerprint
        custom_config = example_gen_pb2.CustomConfig()
        custom_config.custom_config.Pack(options)
        spec = MovieLensExampleGenSpec(
            input_base=base,
            # One input split that matches every file of the folder; the driver looks into them.
            input_config=example_gen_pb2.Input(splits=[{"name": "movielens", "pattern": pattern}]),
            # TFX demands a number of buckets. It is not used: the config says how to split.
            output_config=example_gen_pb2.Output(
                split_config={"splits": [{"name": name, "hash_buckets": 1} for name in SPLITS]}
            ),
            output_data_format=example_gen_pb2.FORMAT_TF_EXAMPLE,
            output_file_format=example_gen_pb2.FORMAT_TFRECORDS_GZIP,
            custom_config=custom_config,
            range_config=range_config,
            examples=channel.OutputChannel(
                standard_artifacts.Examples, self, standard_component_specs.EXAMPLES_KEY
            ),
            ingest_report=channel.OutputChannel(IngestReport, self, INGEST_REPORT_KEY),
        )
        # FileBasedExampleGen's own constructor builds a spec without the report.
        base_beam_component.BaseBeamComponent.__init__(self, spec=spec)


def _split_pattern(input_base: str) -> tuple[str, str]:
    """Splits a folder pattern into the part without placeholders and the pattern below it.

    >>> _split_pattern("data/span-{SPAN}/v-{VERSION}/")
    ('data', 'span-{SPAN}/v-{VERSION}/*')
    """
    folders = input_base.rstrip("/").split("/")
    fixed = next((i for i, name in enumerate(folders) if "{" in name), len(folders))
    return "/".join(folders[:fixed]) or ".", "/".join([*folders[fixed:], "*"])
