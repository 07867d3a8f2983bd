"""Airflow, imported without what its import does to a process: root handlers, folders at home.

A test of a DAG as an object wants neither, and the tests of one process share its loggers. Imported
before anything that imports Airflow; the processes that tests start do not inherit the setting.
"""

import os
import tempfile
from unittest import mock

with (
    tempfile.TemporaryDirectory() as _home,
    mock.patch.dict(os.environ, {"_AIRFLOW__AS_LIBRARY": "1", "AIRFLOW_HOME": _home}),
):
    import airflow

__all__ = ["airflow"]
