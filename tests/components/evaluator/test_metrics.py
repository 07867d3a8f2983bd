import itertools
import math

import numpy as np
import pytest

from components.evaluator import metric_names as names
from components.evaluator.metrics import (
    ComputeFromRows,
    RecommendationQuality,
    RowsOfModel,
    compute_metrics,
)
from components.evaluator.rated_rows import RatedRows


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


def four_rows() -> RatedRows:
    """User 1 likes movie 11 of two, user 2 both of his."""
    return RatedRows(
        user_ids=np.array([1, 1, 2, 2]),
        movie_ids=np.array([10, 11, 10, 12]),
        ratings=np.array([3.0, 4.0, 5.0, 4.0], dtype=np.float32),
        liked=np.array([False, True, True, True]),
        predicted_ratings=np.array([3.0, 3.0, 4.0, 4.0], dtype=np.float32),
        liked_scores=np.array([0.5, 0.25, 0.75, 0.125], dtype=np.float32),
        bias_ratings=np.array([1.0, 4.0, 3.0, 4.0], dtype=np.float32),
    )


def test_every_metric_of_four_rows():
    values = compute_metrics(four_rows())
    assert list(values) == list(names.ALL_METRICS)
    assert values["example_count"] == 4
    assert values["rmse"] == pytest.approx(math.sqrt(2 / 4))  # errors 0, 1, 1, 0
    assert values["mae"] == 0.5
    assert values["auc"] == pytest.approx(1 / 3)  # one of three likes outscores the dislike
    assert values["bias_rmse"] == pytest.approx(math.sqrt(8 / 4))  # errors 2, 0, 2, 0
    assert values["rmse_gain_over_bias"] == pytest.approx(math.sqrt(2) - math.sqrt(0.5))
    assert values["auc_gain_over_bias"] == pytest.approx(1 / 3 - 1)
    assert values["users_normal"] == 1  # user 1; user 2 has no dislike
    assert values["ndcg_normal"] == pytest.approx(1 / math.log2(3))
    assert values["p10_normal"] == 0.1
    assert values["users_strict"] == 0
    assert math.isnan(values["ndcg_strict"])
    assert math.isnan(values["p10_strict"])


def test_a_model_equal_to_the_bias_baseline_gains_nothing():
    rows = random_rows(50)
    equal = RatedRows(**{**vars(rows), "predicted_ratings": rows.bias_ratings})
    assert compute_metrics(equal)["rmse_gain_over_bias"] == 0.0


def test_parts_of_users_have_no_ranking():
    part = four_rows().take(np.array([0, 1, 2]), keep_ids=False)
    values = compute_metrics(part)
    assert all(math.isnan(values[name]) for name in names.RANKING_METRICS)
    assert values["example_count"] == 3


def test_merging_is_associative_and_commutative():
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


def test_compacting_leaves_one_batch():
    combiner = ComputeFromRows("")
    accumulator = combiner.merge_accumulators([[random_rows(3)], [random_rows(4)]])
    assert [len(batch) for batch in combiner.compact(accumulator)] == [7]
    assert combiner.compact([]) == []


def test_metrics_are_computed_for_every_model():
    computations = RecommendationQuality().computations(model_names=["candidate", "baseline"])
    models = {key.model_name for computation in computations for key in computation.keys}
    assert models == {"candidate", "baseline"}


def test_the_fingerprint_is_part_of_the_config_only():
    metric = RecommendationQuality.from_config({"code_fingerprint": "abc"})
    assert metric.get_config()["code_fingerprint"] == "abc"
    assert metric.computations() == RecommendationQuality().computations()


def test_extracts_of_the_stock_extractors_are_refused():
    with pytest.raises(ValueError, match=r"received only \['labels'\].*components.evaluator.extr"):
        list(RowsOfModel("").process({"labels": {}}))
