"""Judges a model on the test split: metrics, slices, thresholds, and the verdict in words.

It runs inside TFX's own `tfx.components.Evaluator`. `metrics` lists the metrics and
`slices` the slices. `eval_config` says what to measure and to demand, `extractors` (the Evaluator's
`module_path`) makes it fast, and `results` and `verdict` read what the Evaluator wrote.
"""
