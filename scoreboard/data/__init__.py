"""The ratings and features that models learn from and are asked about."""
