"""MovieLensExampleGen: a MovieLens folder in, split tf.Examples with histories out."""
