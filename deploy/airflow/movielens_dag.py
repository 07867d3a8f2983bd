"""The DAG of Airflow 2: put the folder of this file into `[core] dags_folder`.

The configuration is the file that the environment variable MOVIELENS_CONFIG names.
"""

import os

from pipeline.runners.airflow import create_dag
from pipeline.runners.scheduled import scheduled_config

dag = create_dag(scheduled_config(os.environ))
