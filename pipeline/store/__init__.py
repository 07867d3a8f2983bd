"""What runs leave in ML Metadata: where it is kept, what it tells, what may be thrown away.

Nothing here imports TFX: commands that only look into the store answer at once.
"""
