"""Throw-away servers from Debian's packages, on free ports of the loopback interface.

For trying things out and for tests: everything that such a server holds goes away with it.
"""
