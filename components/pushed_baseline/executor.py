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


class Executor(base_executor.BaseExecutor):
    """Reads the folder that the Pusher writes."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Copies the newest version.

        Args:
            input_dict: `candidate`, not read.
            output_dict: `model`, which gets the SavedModel; or, where nothing has been pushed, the
                custom property `absent` = 1 and a note.
            exec_properties: `base_directory`, the folder of versions.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        model = artifact_utils.get_single_instance(output_dict["model"])
        served = Path(exec_properties["base_directory"])
        newest = served_version(served)
        if newest is not None:
            folder = version_folders(served)[newest]
            shutil.copytree(folder, path_utils.serving_model_dir(model.uri))
            return
        model.set_int_custom_property(ABSENT_PROPERTY, 1)
        Path(model.uri).mkdir(parents=True, exist_ok=True)
        (Path(model.uri) / "ABSENT").write_text(f"no version has been pushed to {served}\n")
