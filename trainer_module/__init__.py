"""How the model is built, trained and exported."""
