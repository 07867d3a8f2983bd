"""The embedded model server: what tensorflow_model_server answers, without its binary.

It is for the quickstart, the tests and the canary. In production tensorflow/serving serves the same
folder.
"""
