"""Fitting a model to the ratings."""
