"""One run of the pipeline: its nodes, its record, and who is told of it."""
