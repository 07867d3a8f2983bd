import numpy as np

from report.charts import draw
from report.lineage import direct, graph, layers, lineage
from report.runs import read_runs
from tests.report.conftest import MakeRun, node, predictions


def test_a_node_is_below_all_that_it_waits_for() -> None:
    upstream = {"read": [], "schema": [], "check": ["read", "schema"], "train": ["check", "read"]}
    assert layers(upstream) == {"read": (0, 0), "schema": (0, 1), "check": (1, 0), "train": (2, 0)}


def test_a_line_that_follows_from_others_is_left_out() -> None:
    upstream = {"read": [], "fit": ["read"], "train": ["fit"], "push": ["read", "train"]}
    assert list(direct(upstream)) == [("read", "fit"), ("fit", "train"), ("train", "push")]


def test_an_artifact_comes_from_the_first_run_that_knows_it(make_run: MakeRun) -> None:
    make_run("r1", predictions(np.zeros(400)), time="2026-11-28T01:00:00+00:00")
    output = make_run("r2", predictions(np.zeros(400)), time="2026-11-28T02:00:00+00:00")
    first, second = read_runs(output)
    (made,) = lineage(second, [first, second])
    assert (made.node_id, made.key, made.run_id, made.data) == (
        "Evaluator",
        "predictions",
        "r1",
        None,
    )


def test_each_box_of_the_graph_links_to_its_node(make_run: MakeRun) -> None:
    nodes = [node("Trainer", 2.5), node("Pusher", state="cached", why="nothing changed")]
    upstream = {"Trainer": [], "Pusher": ["Trainer"]}
    (run,) = read_runs(make_run("r1", None, nodes=nodes, graph=upstream))
    drawn = graph(run)
    assert drawn is not None
    svg = draw([drawn])[drawn]
    assert 'href="#node-Pusher"' in svg
    assert "2.5 s, CPU 0.5 s, 900 MB" in svg
    assert drawn.rows[1]["after"] == "Trainer"


def test_a_record_without_a_graph_has_none(make_run: MakeRun) -> None:
    (run,) = read_runs(make_run("r1", None))
    assert graph(run) is None
