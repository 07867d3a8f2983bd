"""Other people's methods, rerun by us on the same splits."""
