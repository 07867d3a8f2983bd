"""Tries the candidate and blesses it or not."""

import itertools
import logging
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, Final

import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.serving_validator.canary import examine
from components.serving_validator.report import REPORT_FILE, CanaryReport
from components.serving_validator.settings import CanarySettings
from transform_module import features

# By tfx/components/infra_validator/executor.py and tfx/components/util/model_utils.py.
_BLESSED_KEY: Final = "blessed"
_MARKERS: Final = {True: "INFRA_BLESSED", False: "INFRA_NOT_BLESSED"}
_LOG_FILE: Final = "server.log"
_ROWS_A_REQUEST: Final = 25  # neighbouring rows are often one user's


class Executor(base_executor.BaseExecutor):
    """The canary."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Tries the model and says in the blessing whether it may be pushed.

        Args:
            input_dict: `model`, and `examples` with the split `eval`.
            output_dict: `blessing`, which receives a marker file and the custom property `blessed`.
            exec_properties: `settings`, JSON of `CanarySettings`.

        Raises:
            ValueError: the split `eval` holds no example.
            serving.errors.ServerStartError: the server does not start, whatever the model.
            OSError: nothing can be written.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        settings = CanarySettings.model_validate_json(exec_properties["settings"])
        examples = _read_examples(input_dict["examples"], settings.requests)
        with tempfile.TemporaryDirectory(prefix="canary-") as folder:
            versions, log = Path(folder) / "versions", Path(folder) / _LOG_FILE
            _place(input_dict["model"], versions / "1")
            report = examine(versions, examples, settings, log)
            server_log = log.read_text(errors="replace") if log.exists() else ""
        _bless(blessing, report, server_log)


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


def _place(models: list[types.Artifact], version: Path) -> None:
    """Shows the candidate to the server as a version; nobody writes to it."""
    model = artifact_utils.get_single_instance(models)
    source = path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))
    version.parent.mkdir()
    if Path(source).is_dir():
        version.symlink_to(Path(source).absolute(), target_is_directory=True)
    else:
        io_utils.copy_dir(source, str(version))


def _bless(blessing: types.Artifact, report: CanaryReport, server_log: str) -> None:
    files = {_MARKERS[report.blessed]: "", REPORT_FILE: report.to_json(), _LOG_FILE: server_log}
    for name, text in files.items():
        io_utils.write_string_file(str(PurePosixPath(blessing.uri) / name), text)
    blessing.set_int_custom_property(_BLESSED_KEY, int(report.blessed))
    for finding in report.findings:
        logging.error("The canary refuses the candidate: %s", finding)
