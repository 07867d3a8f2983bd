"""What every model is made of, and the models of the slides."""
