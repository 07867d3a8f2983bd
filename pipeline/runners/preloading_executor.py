"""Airflow 2's LocalExecutor, with TFX loaded before its workers fork.

AIRFLOW__CORE__EXECUTOR=pipeline.runners.preloading_executor.PreloadingLocalExecutor
"""

import importlib

from airflow.executors.local_executor import LocalExecutor


class PreloadingLocalExecutor(LocalExecutor):
    """Saves each task, and each parsing of the DAG, the some twenty seconds that TFX takes to load.

    Only modules are loaded here; tasks open sessions, threads and connections after the fork.
    """

    def start(self) -> None:
        importlib.import_module("pipeline.runners.airflow")
        super().start()
