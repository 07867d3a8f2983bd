"""Copies the newest pushed version, or says that there is none."""

import shutil
from pathlib import Path
from typing import Any, Final

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.atomic_pusher.version_folder import served_version, version_folders

# A node of Kubeflow always has its output. This custom property says that it stands for nothing.
ABSENT_PROPERTY: Final = "absent"
# Names the versions whose files are gone, where there are newer ones than the baseline.
LEFT_OUT_PROPERTY: Final = "left_out"


class Executor(base_executor.BaseExecutor):
    """Reads the folder that the Pusher writes."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Copies the newest version that has its files.

        Args:
            input_dict: `candidate`, not read.
            output_dict: `model`, which gets the SavedModel; or, where nothing has been pushed, the
                custom property `absent` = 1 and a note. Its custom property `left_out` names newer
                versions whose files are gone.
            exec_properties: `base_directory`, the folder of versions.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        model = artifact_utils.get_single_instance(output_dict["model"])
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
