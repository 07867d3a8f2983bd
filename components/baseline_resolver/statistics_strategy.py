"""The statistics that the present ones are compared with."""

from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy


class EarlierStatisticsStrategy(ResolverStrategy):
    """Resolves `statistics` to the newest of an earlier span than that of `candidate`.

    Data without spans all have span 0: there it is the newest of another run. A span that is run
    again is compared with what came before it, not with what came after.
    """

    def resolve_artifacts(
        self,
        store: object,  # noqa: ARG002 - the interface is the framework's
        input_dict: dict[str, list[types.Artifact]],
    ) -> dict[str, list[types.Artifact]]:
        """Picks the baseline.

        Args:
            store: the metadata store.
            input_dict: `statistics`, all there are in the pipeline's history, and `candidate`,
                those of this run.

        Returns:
            The same keys: at most one of the statistics, and the candidate as it came.
        """
        (candidate,) = input_dict["candidate"]
        earlier = [
            other
            for other in input_dict["statistics"]
            if other.id != candidate.id
            and other.split_names == candidate.split_names  # those of a serving log have others
            and (other.span < candidate.span or other.span == candidate.span == 0)
        ]
        newest = sorted(earlier, key=lambda other: (other.span, other.id))[-1:]
        return {"statistics": newest, "candidate": [candidate]}
