"""Stops a run on data that the schema does not allow."""
