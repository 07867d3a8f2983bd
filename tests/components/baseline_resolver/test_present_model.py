from tfx.types import standard_artifacts

from components.baseline_resolver.strategies import PresentModelStrategy
from components.pushed_baseline.executor import ABSENT_PROPERTY


def test_a_model_that_stands_for_nothing_is_left_out() -> None:
    present, absent = standard_artifacts.Model(), standard_artifacts.Model()
    absent.set_int_custom_property(ABSENT_PROPERTY, 1)
    strategy = PresentModelStrategy()
    assert strategy.resolve_artifacts(None, {"model": [present]}) == {"model": [present]}
    assert strategy.resolve_artifacts(None, {"model": [absent]}) == {"model": []}
