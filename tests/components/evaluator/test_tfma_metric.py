import itertools

import numpy as np
import pytest

from components.evaluator.rated_rows import RatedRows
from components.evaluator.tfma_metric import ComputeFromRows, RecommendationQuality


def random_rows(count: int) -> RatedRows:
    random = np.random.default_rng(11)
    ratings = (random.integers(1, 11, count) / 2).astype(np.float32)
    return RatedRows(
        user_ids=random.integers(1, 6, count),
        movie_ids=random.permutation(count),
        ratings=ratings,
        liked=ratings >= 4,
        predicted_ratings=random.uniform(1, 5, count).astype(np.float32),
        liked_scores=random.uniform(0, 1, count).astype(np.float32),
        bias_ratings=random.uniform(3, 4, count).astype(np.float32),
    )


def test_merging_is_associative_and_commutative() -> None:
    rows, combiner = random_rows(90), ComputeFromRows("")
    pieces = [rows.take(np.arange(i, 90, 3), keep_ids=True) for i in range(3)]

    def accumulated(piece: RatedRows) -> list[RatedRows]:
        return combiner.add_input(combiner.create_accumulator(), piece)

    whole = combiner.extract_output(accumulated(rows))
    for order in itertools.permutations(pieces):
        first, second, third = map(accumulated, order)
        empty = combiner.create_accumulator()
        left = combiner.merge_accumulators([combiner.merge_accumulators([first, second]), third])
        right = combiner.merge_accumulators(
            [empty, first, combiner.compact(combiner.merge_accumulators([second, third]))]
        )
        assert combiner.extract_output(left) == pytest.approx(whole, abs=1e-12)
        assert combiner.extract_output(right) == pytest.approx(whole, abs=1e-12)


def test_compacting_leaves_one_batch() -> None:
    combiner = ComputeFromRows("")
    accumulator = combiner.merge_accumulators([[random_rows(3)], [random_rows(4)]])
    assert [len(batch) for batch in combiner.compact(accumulator)] == [7]
    assert combiner.compact([]) == []


def test_metrics_are_computed_for_every_model() -> None:
    computations = RecommendationQuality().computations(model_names=["candidate", "baseline"])
    models = {key.model_name for computation in computations for key in computation.keys}
    assert models == {"candidate", "baseline"}


def test_the_fingerprint_is_part_of_the_config_only() -> None:
    metric = RecommendationQuality.from_config({"code_fingerprint": "abc"})
    assert metric.get_config()["code_fingerprint"] == "abc"
    assert metric.computations() == RecommendationQuality().computations()
