"""Copies the newest pushed version, or says that there is none."""

import shutil
from pathlib import Path
from typing import Final

from tfx.dsl.components.base import base_executor
from tfx.utils import path_utils

from components.atomic_pusher.version_folder import served_version, version_folders
from components.interface import Artifacts, Options

# A node on Kubeflow always has its output. This custom property says that the output is no model.
ABSENT_PROPERTY: Final = "absent"
# Names the versions that are newer than the baseline and whose files are gone.
LEFT_OUT_PROPERTY: Final = "left_out"


class Executor(base_executor.BaseExecutor):
    """Reads the folder that the Pusher writes."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:  # noqa: ARG002
        """Copies the newest version that has its files to `model`, or marks `model` absent."""
        (model,) = output_dict["model"]
        served = Path(exec_properties["base_directory"])
        newest, folders = served_version(served), version_folders(served)
        gone = sorted(number for number in folders if newest is None or number > newest)
        if gone:
            left_out = ", ".join(str(folders[number]) for number in gone)
            model.set_string_custom_property(LEFT_OUT_PROPERTY, left_out)
        if newest is not None:
            shutil.copytree(folders[newest], path_utils.serving_model_dir(model.uri))
            return
        model.set_int_custom_property(ABSENT_PROPERTY, 1)
        Path(model.uri).mkdir(parents=True, exist_ok=True)
        (Path(model.uri) / "ABSENT").write_text(
            f"no version has been pushed to {served}\n", encoding="utf-8"
        )
