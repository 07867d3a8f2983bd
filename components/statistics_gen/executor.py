"""Decides how much of each split is read into the statistics; TFX's executor does the rest."""

import json
from collections.abc import Mapping
from typing import Final

from tfx import types
from tfx.components.statistics_gen import executor
from tfx.types import standard_component_specs

from components.interface import Artifacts, Options

_ROWS_PROPERTY: Final = "rows"


class Executor(executor.Executor):
    """TFX's executor, with a sample rate for each split."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:
        """Computes the statistics of `examples` into `statistics`."""
        (examples,) = input_dict["examples"]
        max_rows = exec_properties["max_rows"]
        rates = {
            split: max_rows / rows
            for split, rows in _read_rows(examples).items()
            if 0 < max_rows < rows
        }
        options = {
            **exec_properties,
            standard_component_specs.SAMPLE_RATE_BY_SPLIT_KEY: json.dumps(rates),
        }
        super().Do(input_dict, output_dict, options)


def write_rows(examples: types.Artifact, rows: Mapping[str, int]) -> None:
    """Notes how many rows the splits of an artifact have."""
    examples.set_string_custom_property(_ROWS_PROPERTY, json.dumps(dict(rows)))


def _read_rows(examples: types.Artifact) -> Mapping[str, int]:
    rows: dict[str, int] = json.loads(examples.get_string_custom_property(_ROWS_PROPERTY) or "{}")
    return rows


def read_sample_rates(statistics: types.Artifact) -> Mapping[str, float]:
    """Returns which share of its rows each split's statistics are of: 1 for all."""
    # TFX encodes it twice.
    rates: dict[str, float] = json.loads(
        statistics.get_json_value_custom_property(executor.SAMPLE_RATE_BY_SPLIT_PROPERTY_NAME)
    )
    return rates
