"""Programs that a person runs to measure the pipeline; each prints a table."""
