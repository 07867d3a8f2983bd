from pipeline.store.history import read_history
from tests.support.pushed_versions import PushedVersions


def test_a_model_that_the_canary_refused_is_not_blessed(versions: PushedVersions) -> None:
    versions.trained("r1")
    refusal = versions.artifact("InfraBlessing", blessed=0)
    versions.execution(versions.run("r1"), "ServingValidator", outputs=[refusal])
    (entry,) = read_history(versions.store, versions.config)
    assert (entry.blessed, entry.status) == (False, "not_blessed")
