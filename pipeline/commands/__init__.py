"""One module for each subcommand of `movielens`."""
