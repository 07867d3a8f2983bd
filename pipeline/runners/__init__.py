"""Where a pipeline runs: one module for each orchestrator."""
