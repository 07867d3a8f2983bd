"""Every model and its peers under every protocol, measured alike. Run by `movielens scoreboard`."""
