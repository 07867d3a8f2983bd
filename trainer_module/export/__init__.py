"""The SavedModel: its signatures, and how lists are made from scores."""
