"""Turns what runs left behind into comparisons and pages. Imports neither TFX nor TensorFlow."""
