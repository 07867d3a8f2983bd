"""Reads what was asked of a model server, as rows like those that it was trained on."""
