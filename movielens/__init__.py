"""The MovieLens data as a library: files, splits, histories, formulas. Without Beam and TFX."""
