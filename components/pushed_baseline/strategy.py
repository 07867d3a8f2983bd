"""Leaves out the model that stands for nothing."""

from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy

from components.pushed_baseline.executor import ABSENT_PROPERTY


class PresentModelStrategy(ResolverStrategy):
    """Resolves `model` to what a `PushedBaseline` made, or to nothing where that is marked absent.

    A node always has its output, and the Evaluator would take it for a model.
    """

    def resolve_artifacts(
        self,
        store: object,  # noqa: ARG002 - the interface is the framework's
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Leaves out what is marked.

        Args:
            store: The metadata store.
            input_dict: `model`.

        Returns:
            `model`, at most one.
        """
        models = input_dict["model"]
        return {"model": [each for each in models if not each.has_custom_property(ABSENT_PROPERTY)]}
