"""Which models and versions are loaded, and what is loaded or unloaded next."""
