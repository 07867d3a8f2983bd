"""Finds in earlier runs what this one is compared with or starts from."""
