"""Tests, one folder a package. A package itself, for site-packages holds another `tests`."""
