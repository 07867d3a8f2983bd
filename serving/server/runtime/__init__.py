"""TensorFlow's C++ runtime, through its C API."""
