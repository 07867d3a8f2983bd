"""The MovieLens data as a library: its files, its splits and histories. Without Beam and TFX."""
