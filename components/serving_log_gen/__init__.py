"""Reads what a model server logged, as rows like those that it was trained on."""
