"""Tries the candidate and blesses it or not."""

import itertools
import logging
import tempfile
from pathlib import Path, PurePosixPath
from typing import Final

import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.interface import Artifacts, Options
from components.serving_validator.canary import examine
from components.serving_validator.report import REPORT_FILE
from components.serving_validator.settings import CanarySettings
from transform_module import features

# By tfx/components/infra_validator/executor.py and tfx/components/util/model_utils.py.
_BLESSED_KEY: Final = "blessed"
_MARKERS: Final = {True: "INFRA_BLESSED", False: "INFRA_NOT_BLESSED"}
_LOG_FILE: Final = "server.log"
_ROWS_A_REQUEST: Final = 25  # neighbouring rows are often one user's


class Executor(base_executor.BaseExecutor):
    """The canary."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:
        """Tries `model` on the split `eval`; marker, report and log go to `blessing`."""
        (model,), (blessing,) = input_dict["model"], output_dict["blessing"]
        settings = CanarySettings.model_validate_json(exec_properties["settings"])
        examples = _read_examples(input_dict["examples"], settings.requests)
        with tempfile.TemporaryDirectory(prefix="canary-") as folder:
            versions, log = Path(folder) / "versions", Path(folder) / _LOG_FILE
            _place(model, versions / "1")
            report = examine(versions, examples, settings, log)
            server_log = log.read_text(errors="replace") if log.exists() else ""
        text = report.model_dump_json(indent=2) + "\n"
        files = {_MARKERS[report.blessed]: "", REPORT_FILE: text, _LOG_FILE: server_log}
        for name, text in files.items():
            io_utils.write_string_file(str(PurePosixPath(blessing.uri) / name), text)
        blessing.set_int_custom_property(_BLESSED_KEY, int(report.blessed))
        for finding in report.findings:
            logging.error("The canary refuses the candidate: %s", finding)


def _read_examples(examples: list[types.Artifact], count: int) -> list[bytes]:
    folder = artifact_utils.get_split_uri(examples, features.SPLIT_EVAL)
    files = sorted(fileio.glob(str(PurePosixPath(folder) / "*")))
    rows = tf.data.TFRecordDataset(files, "GZIP").take(count * _ROWS_A_REQUEST)
    serialized = list(rows.as_numpy_iterator())
    if not serialized:
        raise ValueError(
            f"The canary makes its requests of split {features.SPLIT_EVAL!r}, which holds no "
            f"example. Received: {folder}"
        )
    step = max(1, len(serialized) // count)
    return list(itertools.islice(serialized, 0, step * count, step))


def _place(model: types.Artifact, version: Path) -> None:
    """Links, or copies if it is remote, the candidate to where the server looks for a version."""
    source = path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))
    version.parent.mkdir()
    if Path(source).is_dir():
        version.symlink_to(Path(source).absolute(), target_is_directory=True)
    else:
        io_utils.copy_dir(source, str(version))
