from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

from pipeline.store.postgresql_mends import order_as_asked, replace_in_strings


def test_every_string_is_reached_however_deep() -> None:
    artifact = metadata_store_pb2.Artifact(uri="a.b", id=7)
    artifact.properties["p.q"].string_value = "c.d.e"
    artifact.custom_properties["n"].int_value = 3
    artifact.custom_properties["s"].struct_value["k"] = "f.g"
    request = metadata_store_service_pb2.PutArtifactsRequest(artifacts=[artifact])
    replace_in_strings(request, ".", "-")
    (replaced,) = request.artifacts
    assert (replaced.uri, replaced.id) == ("a-b", 7)
    assert replaced.properties["p.q"].string_value == "c-d-e"  # names of properties stay
    assert replaced.custom_properties["s"].struct_value["k"] == "f-g"
    assert replaced.custom_properties["n"].int_value == 3


def test_strings_in_lists_are_replaced() -> None:
    request = metadata_store_service_pb2.GetArtifactsByURIRequest(uris=["a.b", "c"])
    replace_in_strings(request, ".", "-")
    assert list(request.uris) == ["a-b", "c"]


def test_what_was_asked_for_by_id_comes_in_the_order_asked() -> None:
    request = metadata_store_service_pb2.GetArtifactsByIDRequest(artifact_ids=[5, 2, 9])
    response = metadata_store_service_pb2.GetArtifactsByIDResponse(
        artifacts=[metadata_store_pb2.Artifact(id=found) for found in (2, 5)]  # there is no 9
    )
    order_as_asked(request, response)
    assert [artifact.id for artifact in response.artifacts] == [5, 2]


def test_what_was_not_asked_for_by_id_stays_as_it_came() -> None:
    request = metadata_store_service_pb2.GetArtifactsByContextRequest(context_id=3)
    response = metadata_store_service_pb2.GetArtifactsByContextResponse(
        artifacts=[metadata_store_pb2.Artifact(id=found) for found in (7, 4)]
    )
    order_as_asked(request, response)
    assert [artifact.id for artifact in response.artifacts] == [7, 4]
