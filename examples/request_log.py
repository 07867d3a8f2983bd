"""A backend that asks the model server and logs its requests, so that `[skew]` can read them.

    python examples/request_log.py localhost:8500 /srv/movielens/log/requests

The interceptor works on any channel: the stub here is that of `tensorflow-serving-api`. The clients
of `serving.client` take the log as an option, `RecommenderClient(target, request_log=request_log)`.
"""

import argparse

import grpc
import numpy as np

from serving.client import RequestLog
from serving.protos import predict_pb2, prediction_service_pb2_grpc
from serving.tensors import decode, encode


def main() -> None:
    """Asks once and prints what was logged."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("server", help="host:port")
    parser.add_argument("prefix", help="what the paths of the log's files begin with")
    args = parser.parse_args()
    # One log for the whole process; closing it finishes its last file.
    with (
        RequestLog(args.prefix, sampling_rate=1.0) as request_log,
        grpc.insecure_channel(args.server) as channel,
    ):
        logged_channel = grpc.intercept_channel(channel, request_log)
        print("similar", most_similar(logged_channel, movie_id=10))
    print("logged", request_log.counts)


def most_similar(channel: grpc.Channel, movie_id: int) -> list[int]:
    """Returns the ids of the three movies most like another."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "movielens", "similar"
    request.inputs["movie_ids"].CopyFrom(encode(np.array([movie_id], np.int64)))
    request.inputs["k"].CopyFrom(encode(np.array([3], np.int32)))
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    answer = stub.Predict(request, timeout=5)
    return [int(found) for found in decode(answer.outputs["movie_ids"])[0]]


if __name__ == "__main__":
    main()
