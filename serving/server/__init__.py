"""The embedded model server: what tensorflow_model_server answers, without its binary.

For the quickstart, the tests and the canary; production serves the same folder with
tensorflow/serving.
"""
