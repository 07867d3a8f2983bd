"""Judges a model on the test split with TFMA.

`metrics` and `slices` list what is measured. `eval_config` tells TFMA so, `extractors` makes it
fast, `predictions` keeps what the model predicted, `results` reads what the Evaluator wrote. The
component is TFX's Evaluator with one more output.
"""
