import json
from pathlib import Path

import tensorflow as tf

from deploy.local_servers.run_beam_engine import differences


def output(
    folder: Path, *files: list[int], auc: float = 0.7, execution: int = 2, split: str = "eval"
) -> Path:
    """An output folder with the examples of one node, a file for each list of ratings."""
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps({"metrics": {"auc": auc}}))
    examples = folder / "pipeline_root" / "Gen" / "examples" / str(execution) / f"Split-{split}"
    examples.mkdir(parents=True)
    for number, ratings in enumerate(files):
        path = str(examples / f"data_tfrecord-{number:05}-of-{len(files):05}.gz")
        with tf.io.TFRecordWriter(path, "GZIP") as writer:
            for rating in ratings:
                example = tf.train.Example()
                example.features.feature["rating"].int64_list.value.append(rating)
                example.features.feature["user"].int64_list.value.append(1)
                writer.write(example.SerializeToString())
    return folder


def test_the_order_of_files_and_examples_does_not_count(tmp_path: Path) -> None:
    local = output(tmp_path / "local", [1, 2, 3])
    assert differences(local, output(tmp_path / "remote", [3], [1, 2], execution=10)) == []


def test_other_examples_splits_and_metrics_are_named(tmp_path: Path) -> None:
    local = output(tmp_path / "local", [1, 2, 3])
    eval_differs = ["the examples of Gen/examples/Split-eval"]
    assert differences(local, output(tmp_path / "other", [1, 2, 4])) == eval_differs
    assert differences(local, output(tmp_path / "fewer", [1, 2])) == eval_differs
    assert differences(local, output(tmp_path / "split", [1, 2, 3], split="test")) == [
        *eval_differs,
        "the examples of Gen/examples/Split-test",
    ]
    assert differences(local, output(tmp_path / "metrics", [1, 2, 3], auc=0.8)) == [
        "metrics: {'auc': 0.7} and {'auc': 0.8}"
    ]
