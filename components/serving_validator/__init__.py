"""The canary: a model server loads and answers a candidate before it may be pushed."""
