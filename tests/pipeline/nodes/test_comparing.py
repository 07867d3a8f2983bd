from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.config.distances import DriftConfig, SkewConfig
from pipeline.nodes.comparing import drift_comparators, skew_thresholds


def test_drift_thresholds_reach_the_measure_of_their_feature() -> None:
    config = DriftConfig(
        l_infinity={"genres": 0.25}, jensen_shannon={"rating": 0.5}, min_growth=0.75
    )
    whole = drift_comparators(config).default_slice_config
    genres, rating = whole.feature
    assert list(genres.path.step) == ["genres"]
    assert genres.distribution_comparator.infinity_norm.threshold == 0.25
    assert rating.distribution_comparator.jensen_shannon_divergence.threshold == 0.5
    assert whole.num_examples_comparator.min_fraction_threshold == 0.75
    assert not whole.num_examples_comparator.HasField("max_fraction_threshold")


def test_skew_thresholds_reach_the_comparator_of_their_feature() -> None:
    config = SkewConfig(
        serving_log="/log", l_infinity={"movie_id": 0.25}, jensen_shannon={"history_length": 0.5}
    )
    movie_id, length = text_format.Parse(skew_thresholds(config), schema_pb2.Schema()).feature
    assert movie_id.name == "movie_id"
    assert movie_id.skew_comparator.infinity_norm.threshold == 0.25
    assert length.name == "history_length"
    assert length.skew_comparator.jensen_shannon_divergence.threshold == 0.5
