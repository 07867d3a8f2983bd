"""What goes into the model: feature names and the tf.Transform preprocessing."""
