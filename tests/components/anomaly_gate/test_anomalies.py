from typing import Any

import pyarrow as pa
import pytest

from components.anomaly_gate.anomalies import Anomaly, DataAnomaliesError, judge, read_anomalies

NAN = float("nan")


def test_sound_data_have_no_anomalies(validate: Any) -> None:
    assert list(read_anomalies("train", validate())) == []


@pytest.mark.parametrize(
    ("planted", "feature", "expected", "received"),
    [
        (
            {"rating": [[0.5], [11.0]]},
            "rating",
            "one number in every example, 0.5 to 5",
            "Unexpectedly high value: 11>5",
        ),
        (
            {"rating": [[0.0], [5.0]]},
            "rating",
            "one number in every example, 0.5 to 5",
            "Unexpectedly low values: 0<0.5",
        ),
        ({"rating": [[1.0], [NAN]]}, "rating", "one number", "Float feature has NaN values"),
        (
            {"user_id": [[1], [-5]]},
            "user_id",
            "one whole number in every example, 1 or more",
            "Unexpectedly small value: -5",
        ),
        ({"movie_id": None}, "movie_id", "one whole number", "Column is completely missing"),
        ({"title": [[b"A"], None]}, "title", "one text in every example", "actual = 0.5"),
        (
            {"timestamp": [[1, 2], [3]]},
            "timestamp",
            "one whole number",
            "Some examples have more values than expected",
        ),
        (
            {"history_ratings": [[5.5], []]},
            "history_ratings",
            "any number of numbers, 0.5 to 5",
            "Unexpectedly high value: 5.5>5",
        ),
        (
            {"genres": [[b"Polka"], [b"War"]]},
            "genres",
            "any number of texts, one of Action, Adventure",
            "values missing from the schema: Polka",
        ),
    ],
)
def test_a_planted_anomaly_is_told_with_what_was_expected_and_received(
    validate: Any, planted: dict[str, Any], feature: str, expected: str, received: str
) -> None:
    (anomaly,) = read_anomalies("eval", validate(**planted))
    assert (anomaly.split, anomaly.feature) == ("eval", feature)
    assert anomaly.expected.startswith(expected)
    assert received in anomaly.received


def test_a_column_that_the_schema_does_not_know_is_told(validate: Any) -> None:
    found = validate(types={"mood": pa.int64()}, mood=[[1], [2]])
    (anomaly,) = read_anomalies("train", found)
    assert anomaly.expected == "no such feature"
    assert anomaly.kind == "SCHEMA_NEW_COLUMN"


def test_a_column_of_another_type_is_told(validate: Any) -> None:
    found = validate(types={"user_id": pa.float32()}, user_id=[[1.5], [2.0]])
    (anomaly,) = read_anomalies("train", found)
    assert anomaly.received == "Expected data of type: INT but got FLOAT"


def an_anomaly(**changes: str) -> Anomaly:
    values = {
        "split": "test",
        "feature": "rating",
        "kind": "FLOAT_TYPE_BIG_FLOAT",
        "expected": "0.5 to 5",
        "received": "11",
    }
    return Anomaly(**{**values, **changes})


def test_every_fatal_anomaly_is_in_the_message() -> None:
    anomalies = [an_anomaly(), an_anomaly(feature="user_id", received="-5", expected="1 or more")]
    with pytest.raises(DataAnomaliesError, match=r"^2 anomalies in the data: .*`user_id`") as error:
        judge(anomalies, {}, "Mend the data")
    assert "`rating` of split test: expected 0.5 to 5. Received: 11" in str(error.value)


def test_tolerated_kinds_of_a_feature_pass_and_are_noted() -> None:
    new_genre = an_anomaly(feature="genres", kind="ENUM_TYPE_UNEXPECTED_STRING_VALUES")
    tolerated = {"genres": ["ENUM_TYPE_UNEXPECTED_STRING_VALUES"]}
    assert judge([new_genre], tolerated, "") == [new_genre]


def test_the_same_kind_on_another_feature_is_fatal() -> None:
    tolerated = {"genres": ["FLOAT_TYPE_BIG_FLOAT"]}
    with pytest.raises(DataAnomaliesError, match=r"^1 anomaly in the data: feature `rating`"):
        judge([an_anomaly()], tolerated, "")
