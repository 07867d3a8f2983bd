from tfx.types import standard_artifacts

from components.baseline_resolver.strategies import EarlierStatisticsStrategy


def statistics(
    artifact_id: int, span: int, splits: str = '["train", "eval", "test"]'
) -> standard_artifacts.ExampleStatistics:
    artifact = standard_artifacts.ExampleStatistics()
    artifact.id, artifact.span, artifact.split_names = artifact_id, span, splits
    return artifact


def resolve(candidate: tuple[int, int], *others: tuple[int, int]) -> list[int]:
    everything = [statistics(*each) for each in (*others, candidate)]
    resolved = EarlierStatisticsStrategy().resolve_artifacts(
        store=None, input_dict={"statistics": everything, "candidate": [statistics(*candidate)]}
    )
    assert [each.id for each in resolved["candidate"]] == [candidate[0]]
    return [each.id for each in resolved["statistics"]]


def test_a_first_run_has_nothing_to_be_compared_with() -> None:
    assert resolve((1, 4)) == []


def test_the_span_before_is_the_baseline_whenever_it_was_run() -> None:
    assert resolve((9, 4), (7, 3), (8, 2), (5, 3)) == [7]


def test_a_span_run_again_is_not_compared_with_a_later_one_or_with_itself() -> None:
    assert resolve((9, 2), (7, 3), (6, 1), (5, 2)) == [6]


def test_without_spans_the_run_before_is_the_baseline() -> None:
    assert resolve((9, 0), (5, 0), (7, 0)) == [7]


def test_statistics_of_a_serving_log_are_no_baseline() -> None:
    served, before, now = statistics(8, 0, '["serving"]'), statistics(5, 0), statistics(9, 0)
    resolved = EarlierStatisticsStrategy().resolve_artifacts(
        store=None, input_dict={"statistics": [served, before, now], "candidate": [now]}
    )
    assert [each.id for each in resolved["statistics"]] == [5]
