"""Trains one model, asks it and measures its answers."""
