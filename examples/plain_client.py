"""Every query, asked with nothing but grpcio and tensorflow-serving-api.

    python examples/plain_client.py localhost:8500 --model movielens --like 1 --like 260 -k 5

A pattern for programs of your own: it imports no code of this project, and works with any model
server. `serving.client.RecommenderClient` needs less code.
"""

import argparse

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

# A server that batches requests fills up shorter histories with a row's first element. So this is
# padding.
PADDING = -1


def main() -> None:
    """Asks each signature once and prints the answers."""
    args = parse_arguments()
    with grpc.insecure_channel(
        args.server, options=[("grpc.max_receive_message_length", -1)]
    ) as channel:
        tell_model(channel, args.model)
        history = {
            "history_movie_ids": tf.constant([[PADDING, *args.like]], tf.int64),
            "history_ratings": tf.constant([[0.0] + [5.0] * len(args.like)], tf.float32),
        }
        lists = ask(
            channel,
            args.model,
            "recommend",
            history
            | {
                "exclude_movie_ids": tf.constant([[PADDING]], tf.int64),
                "k": tf.constant([args.k], tf.int32),
            },
        )
        found = lists["movie_ids"][0]
        print("recommend", lists["tier"][0].decode(), found.tolist())
        candidates = tf.constant([found], tf.int64)
        rated = ask(channel, args.model, "rate", history | {"candidate_movie_ids": candidates})
        print("rate", rated["rating"][0].round(2).tolist(), rated["liked"][0].round(2).tolist())
        wanted = {"movie_ids": tf.constant(args.like[:1], tf.int64), "k": tf.constant([args.k])}
        print("similar", ask(channel, args.model, "similar", wanted)["movie_ids"][0].tolist())
        new = {"titles": tf.constant(["New One (2031)"]), "genres": tf.constant(["Comedy|Drama"])}
        print("embed", ask(channel, args.model, "embed", new)["similar_movie_ids"][0].tolist())


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("server", help="host:port")
    parser.add_argument("--model", default="movielens", help="name of the model [%(default)s]")
    parser.add_argument("--like", type=int, action="append", required=True, metavar="MOVIE_ID")
    parser.add_argument("-k", type=int, default=10, help="movies wanted [%(default)s]")
    return parser.parse_args()


def tell_model(channel: grpc.Channel, model: str) -> None:
    """Prints the versions and their states, and the signatures."""
    status = get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = model
    states = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(status, timeout=5)
    state_of = get_model_status_pb2.ModelVersionStatus.State.Name
    print("status", {each.version: state_of(each.state) for each in states.model_version_status})
    asked = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    asked.model_spec.name = model
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    packed = stub.GetModelMetadata(asked, timeout=5).metadata["signature_def"]
    signatures = get_model_metadata_pb2.SignatureDefMap()
    packed.Unpack(signatures)
    print("signatures", sorted(signatures.signature_def))


def ask(
    channel: grpc.Channel, model: str, signature: str, inputs: dict[str, tf.Tensor]
) -> dict[str, object]:
    """Returns the outputs of a signature, as NumPy arrays."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value.numpy()))
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    answer = stub.Predict(request, timeout=5)
    return {name: tf.make_ndarray(value) for name, value in answer.outputs.items()}


if __name__ == "__main__":
    main()
