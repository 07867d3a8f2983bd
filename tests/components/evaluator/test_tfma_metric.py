import dataclasses
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


@pytest.fixture
def combiner() -> ComputeFromRows:
    return ComputeFromRows(["candidate", "baseline"])


def of_both(rows: RatedRows) -> dict[str, RatedRows]:
    worse = dataclasses.replace(rows, predicted_ratings=rows.bias_ratings)
    return {"candidate": rows, "baseline": worse}


def test_merging_is_associative_and_commutative(combiner: ComputeFromRows) -> None:
    rows = random_rows(90)
    pieces = [rows.take(np.arange(i, 90, 3), whole_users=True) for i in range(3)]

    def accumulated(piece: RatedRows) -> list[dict[str, RatedRows]]:
        return combiner.add_input(combiner.create_accumulator(), of_both(piece))

    whole = combiner.extract_output(accumulated(rows))
    for order in itertools.permutations(pieces):
        first, second, third = map(accumulated, order)
        empty = combiner.create_accumulator()
        left = combiner.merge_accumulators([combiner.merge_accumulators([first, second]), third])
        right = combiner.merge_accumulators(
            [empty, first, combiner.compact(combiner.merge_accumulators([second, third]))]
        )
        for output in (left, right):
            assert combiner.extract_output(output) == pytest.approx(whole, abs=1e-12, nan_ok=True)


def test_compacting_leaves_one_batch(combiner: ComputeFromRows) -> None:
    accumulator = combiner.merge_accumulators(
        [[of_both(random_rows(3))], [of_both(random_rows(4))]]
    )
    (joined,) = combiner.compact(accumulator)
    assert {name: len(rows) for name, rows in joined.items()} == {"candidate": 7, "baseline": 7}
    assert combiner.compact([]) == []


@pytest.mark.parametrize("names", [[""], ["baseline", "candidate"], ["candidate", "baseline"]])
def test_what_is_computed_is_what_was_announced(names: list[str]) -> None:
    (computation,) = RecommendationQuality().computations(model_names=names)
    rows = {name: random_rows(20) for name in names}
    assert set(computation.combiner.extract_output([rows])) == set(computation.keys)
    assert {key.model_name for key in computation.keys} == set(names)


def test_the_change_is_compared_with_the_baseline_whatever_the_order_of_names() -> None:
    (computation,) = RecommendationQuality().computations(model_names=["baseline", "candidate"])
    changes = {
        key.model_name for key in computation.keys if key.name == "rmse_change_standard_error"
    }
    assert changes == {"candidate"}


def test_the_fingerprint_is_part_of_the_config_only() -> None:
    metric = RecommendationQuality.from_config({"code_fingerprint": "abc"})
    assert metric.get_config()["code_fingerprint"] == "abc"
    assert metric.computations() == RecommendationQuality().computations()
