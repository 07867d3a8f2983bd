import tensorflow as tf

from trainer_module.data.transform_graph import dense_feature
from transform_module import features


def test_histories_are_padded_and_cut_keeping_the_most_recent() -> None:
    sparse = tf.RaggedTensor.from_row_lengths(tf.range(1, 7, dtype=tf.int64), [1, 5]).to_sparse()
    dense = dense_feature(features.HISTORY_MOVIE_IDS, sparse, 3)
    assert dense.numpy().tolist() == [[1, -1, -1], [2, 3, 4]]
    wide = dense_feature(features.HISTORY_MOVIE_IDS, sparse, 7)
    assert wide.numpy()[0].tolist() == [1] + [-1] * 6
