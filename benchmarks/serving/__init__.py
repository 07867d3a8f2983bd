"""How fast the embedded server answers."""
