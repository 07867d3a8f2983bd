"""TFX's StatisticsGen, which takes a sample of a split above a number of rows."""
