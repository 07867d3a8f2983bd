"""Pushes a blessed model into the folder that model servers watch, whole or not at all."""
