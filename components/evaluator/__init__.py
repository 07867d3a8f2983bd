"""Judges a model on the test split: metrics, slices, thresholds, and the verdict in words.

Runs inside the stock `tfx.components.Evaluator`: `eval_config` says what to measure and to demand,
`extractors` (its `module_path`) makes it fast, `results` and `verdict` read what came out.
"""
