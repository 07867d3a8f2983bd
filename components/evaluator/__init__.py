"""Judges a model on the test split, inside TFX's own `tfx.components.Evaluator`.

`metrics` and `slices` list what is measured. `eval_config` tells TFMA so, `extractors` (the
Evaluator's `module_path`) makes it fast, `results` reads what the Evaluator wrote.
"""
