"""The stages of the pipeline: functions that take channels and return the nodes they add.

They import `tfx.components` rather than `tfx.v1`, which loads Google Cloud's clients too, a third
of the time that a node takes to start.
"""
