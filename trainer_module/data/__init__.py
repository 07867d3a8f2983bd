"""What a model learns from: ratings, movies and their features, as arrays and tensors."""
