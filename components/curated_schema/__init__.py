"""Brings the curated schema into the pipeline, so that an edited schema is seen as a new one."""
