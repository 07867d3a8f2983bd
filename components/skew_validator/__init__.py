"""Compares what a model is trained on with what it is asked."""
