"""The embedded model server and the client, after TensorFlow Serving."""
