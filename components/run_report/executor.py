"""Asks the model for lists, and keeps what they say."""

import json
import logging
from pathlib import PurePosixPath

from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.interface import Artifacts, Options
from components.run_report import PROBLEM_PROPERTY
from components.run_report.lists import collect
from transform_module import features


class Executor(base_executor.BaseExecutor):
    """The collector."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: Options) -> None:
        """Writes what `model` recommends to users of the split `test` to `recommended`.

        The node never fails: the model is pushed or refused by now, and a run that pushed it must
        not be called a failure because of a report.
        """
        del exec_properties
        (model,), (recommended,) = input_dict["model"], output_dict["recommended"]
        folder = artifact_utils.get_split_uri(input_dict["examples"], features.SPLIT_TEST)
        try:
            files = sorted(fileio.glob(str(PurePosixPath(folder) / "*")))
            saved = path_utils.serving_model_path(
                model.uri, path_utils.is_old_model_artifact(model)
            )
            found = collect(saved, files)
        except Exception as error:  # any fault of model or data is what the report then says
            logging.exception("The lists of the report could not be made.")
            found = {"problem": f"{type(error).__name__}: {error}"}
            recommended.set_string_custom_property(PROBLEM_PROPERTY, type(error).__name__)
        recommended.write(json.dumps(found, ensure_ascii=False))
