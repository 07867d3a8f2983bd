"""The default model: a Gaussian process over the user's history, and a network that judges it."""
