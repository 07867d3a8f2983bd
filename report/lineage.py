"""The pipeline of a run as a graph, and where each node's artifacts come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from report.charts import Chart, boxes
from report.runs import RecordedRun


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """An artifact of a node, and the run and the data that it comes from."""

    node_id: str
    key: str  # of the node's output
    uri: str
    artifact_id: int
    run_id: str  # of the first run that knows it
    data: str | None  # the fingerprint of the data which that run read


def lineage(run: RecordedRun, runs: Sequence[RecordedRun]) -> list[Lineage]:
    """The artifacts of a run, in the order of its nodes; `runs` are those before it and itself."""
    first: dict[int, RecordedRun] = {}
    for each in runs:
        for _, _, artifact in _artifacts(each):
            first.setdefault(artifact["id"], each)
    return [
        Lineage(
            node_id=node_id,
            key=key,
            uri=artifact["uri"],
            artifact_id=artifact["id"],
            run_id=first.get(artifact["id"], run).run_id,
            data=data_fingerprint(first.get(artifact["id"], run)),
        )
        for node_id, key, artifact in _artifacts(run)
    ]


def data_fingerprint(run: RecordedRun) -> str | None:
    """The fingerprint of the files that a run read; None if it did not get so far."""
    examples = run.artifact("MovieLensExampleGen", "examples") or {}
    fingerprint: str | None = examples.get("fingerprint") or None
    return fingerprint


def layers(upstream: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, int]]:
    """Row and column of each node, below all nodes that it waits for.

    The nodes are in an order in which none comes before one that it waits for.

    >>> layers({"a": [], "b": [], "c": ["a", "b"], "d": ["a"]})
    {'a': (0, 0), 'b': (0, 1), 'c': (1, 0), 'd': (1, 1)}
    """
    rows: dict[str, int] = {}
    for name, above in upstream.items():
        rows[name] = max((rows[each] + 1 for each in above if each in rows), default=0)
    places, filled = {}, [0] * len(rows)
    for name, row in rows.items():
        places[name] = row, filled[row]
        filled[row] += 1
    return places


def direct(upstream: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Pairs of a node and one that waits for it, unless that waits for another one in between.

    >>> list(direct({"a": [], "b": ["a"], "c": ["a", "b"]}))
    [('a', 'b'), ('b', 'c')]
    """
    before: dict[str, set[str]] = {}
    for name, above in upstream.items():
        known = [each for each in above if each in before]
        further = {each for one in known for each in before[one]}
        before[name] = further | set(known)
        yield from ((each, name) for each in known if each not in further)


def graph(run: RecordedRun) -> Chart | None:
    """The pipeline's graph with the costs of each node; None if the run did not record it."""
    nodes = {node["id"]: node for node in run.values["nodes"]}
    recorded: Mapping[str, list[str]] = run.values.get("graph") or {}
    upstream = {name: recorded.get(name, []) for name in nodes}
    if not any(upstream.values()):
        return None
    return boxes(
        "The pipeline: each name links to the node's artifacts. A line that follows from others "
        "is left out",
        [_row(node, upstream[name]) for name, node in nodes.items()],
        layers(upstream),
        list(direct(upstream)),
        {name: (name, _costs(node)) for name, node in nodes.items()},
    )


def _costs(node: Mapping[str, Any]) -> str:
    if node["state"] != "executed":
        return str(node["state"])
    return f"{node['seconds']:.1f} s, CPU {node['cpu_seconds']:.1f} s, {node['peak_rss_mb']:,} MB"


def _row(node: Mapping[str, Any], upstream: Sequence[str]) -> dict[str, Any]:
    return {
        "node": node["id"],
        "after": ", ".join(upstream),
        "state": node["state"],
        "why": node["why"],
        "found": node["found"],
        "seconds": node["seconds"],
        "CPU seconds": node["cpu_seconds"],
        "peak memory (MB)": node["peak_rss_mb"],
    }


def _artifacts(run: RecordedRun) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for node_id, outputs in run.values["artifacts"].items():
        for key, artifacts in outputs.items():
            for artifact in artifacts:
                yield node_id, key, artifact
