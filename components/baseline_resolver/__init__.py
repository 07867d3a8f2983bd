"""Finds the model that a candidate has to measure up to."""
