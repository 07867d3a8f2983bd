"""Classify, Regress and MultiInference: answers, and the checks in their order."""

import grpc
import pytest

from serving.protos import (
    classification_pb2,
    example_pb2,
    inference_pb2,
    regression_pb2,
)

CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


def example(**values):
    features = example_pb2.Example()
    for name, value in values.items():
        features.features.feature[name].float_list.value.append(value)
    return features


def with_spec(request, signature_name, *values, name="movielens"):
    request.model_spec.name = name
    request.model_spec.signature_name = signature_name
    request.input.example_list.examples.extend(example(x=value) for value in values)
    return request


def classification(signature_name, *values, **options):
    request = classification_pb2.ClassificationRequest()
    return with_spec(request, signature_name, *values, **options)


def regression(signature_name, *values, **options):
    return with_spec(regression_pb2.RegressionRequest(), signature_name, *values, **options)


def multi(*tasks, values=(0.25,)):
    request = inference_pb2.MultiInferenceRequest()
    for signature_name, method_name in tasks:
        task = request.tasks.add(method_name=method_name)
        task.model_spec.name = "movielens"
        task.model_spec.signature_name = signature_name
    request.input.example_list.examples.extend(example(x=value) for value in values)
    return request


def failure(method, request):
    with pytest.raises(grpc.RpcError) as caught:
        method(request)
    return caught.value.code().name, caught.value.details()


def pairs(result):
    return [[(each.label, each.score) for each in one.classes] for one in result.classifications]


def test_examples_are_labelled_and_scored(predictions):
    response = predictions.Classify(classification("classify", 0.25, 0.5))
    assert pairs(response.result) == [[("yes", 0.25), ("no", 0.75)], [("yes", 0.5), ("no", 0.5)]]
    assert response.model_spec.signature_name == "classify"
    assert response.model_spec.version.value == 2


def test_labels_or_scores_alone_leave_the_other_empty(predictions):
    labels = predictions.Classify(classification("classify_labels", 0.25)).result
    assert pairs(labels) == [[("yes", 0.0), ("no", 0.0)]]
    scores = predictions.Classify(classification("classify_scores", 0.25)).result
    assert pairs(scores) == [[("", 0.25), ("", 0.75)]]


def test_examples_are_regressed(predictions):
    response = predictions.Regress(regression("regress", 0.25, 3.0))
    assert [each.value for each in response.result.regressions] == [0.5, 6.0]
    assert response.model_spec.signature_name == "regress"


def test_context_is_merged_into_each_example(predictions):
    request = regression("regress")
    listed = request.input.example_list_with_context
    listed.context.CopyFrom(example(bias=1.0))
    listed.examples.extend([example(x=1.0), example(x=2.0, bias=10.0)])
    values = [each.value for each in predictions.Regress(request).result.regressions]
    assert values == [4.0, 24.0]


@pytest.mark.parametrize(
    ("signature_name", "message"),
    [
        ("unknown", "No signature was found with the name: unknown"),
        ("recommend", "Expected one input Tensor."),
        ("judge", "Expected one or two output Tensors, found 6"),
        ("exclaim", "No classification inputs found in SignatureDef: inputs {"),
        (
            "classify_nothing",
            'Expected classification signature outputs to contain at least one of "classes" or '
            '"scores". Signature was: inputs {',
        ),
        ("classify_numbers", "Expected classes Tensor of DT_STRING. Got: DT_FLOAT"),
        ("classify_doubles", "Expected scores Tensor of DT_FLOAT. Got: DT_DOUBLE"),
        ("classify_flat", "Expected Tensor shape: [batch_size num_classes] but got [1]"),
        (
            "classify_unequal",
            "Tensors class and score should match in dim_size(1). Got 1 vs. 2",
        ),
    ],
)
def test_signature_that_cannot_classify_is_refused(predictions, signature_name, message):
    code, details = failure(predictions.Classify, classification(signature_name, 0.25))
    assert code == "INVALID_ARGUMENT"
    assert details.startswith(message)


@pytest.mark.parametrize(
    ("signature_name", "message"),
    [
        ("unknown", "No signature was found with the name: unknown"),
        ("recommend", "Expected one input Tensor."),
        ("classify", "Expected one output Tensor."),
        ("examples", "No regression inputs found in SignatureDef: inputs {"),
        ("regress_nothing", "No regression outputs found in SignatureDef: inputs {"),
        (
            "regress_matrix",
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got "
            "[2,2]",
        ),
        ("regress_labels", "Expected output Tensor of DT_FLOAT.  Got: DT_STRING"),
        ("regress_one_row", "Input batch size did not match output batch size: 2 vs. 1"),
    ],
)
def test_signature_that_cannot_regress_is_refused(predictions, signature_name, message):
    code, details = failure(predictions.Regress, regression(signature_name, 0.25, 0.5))
    assert code == "INVALID_ARGUMENT"
    assert details.startswith(message)


def test_no_examples_are_refused(predictions):
    empty = ("INVALID_ARGUMENT", "Input is empty.")
    assert failure(predictions.Classify, classification("classify")) == empty
    assert failure(predictions.Regress, regression("regress")) == empty
    assert failure(predictions.MultiInference, multi(("regress", REGRESS), values=())) == empty


def test_model_is_looked_up_before_the_signature(predictions):
    unknown = classification("unknown", name="other")
    assert failure(predictions.Classify, unknown) == (
        "NOT_FOUND",
        "Servable not found for request: Latest(other)",
    )
    missing = ("INVALID_ARGUMENT", "Missing ModelSpec")
    assert failure(predictions.Classify, classification_pb2.ClassificationRequest()) == missing
    assert failure(predictions.Regress, regression_pb2.RegressionRequest()) == missing


def test_missing_feature_is_told_by_the_op(predictions):
    request = regression("regress")
    request.input.example_list.examples.add()
    code, message = failure(predictions.Regress, request)
    assert code == "INVALID_ARGUMENT"
    assert "Feature: x (data type: float) is required but could not be found." in message


def test_several_signatures_are_asked_at_once(predictions):
    response = predictions.MultiInference(multi(("regress", REGRESS), ("classify", CLASSIFY)))
    first, second = response.results
    assert [each.value for each in first.regression_result.regressions] == [0.5]
    assert pairs(second.classification_result) == [[("yes", 0.25), ("no", 0.75)]]
    assert first.model_spec.signature_name == "regress"
    assert second.model_spec.version.value == 2


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (multi(), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (
            multi(("regress", REGRESS), ("regress", REGRESS)),
            *("INVALID_ARGUMENT", "Duplicate evaluation of signature: regress"),
        ),
        (
            multi(("nothing", REGRESS)),
            *("INVALID_ARGUMENT", "Requested signature not found in model graph: nothing"),
        ),
        (
            multi(("regress", "predict")),
            *("UNIMPLEMENTED", "Unsupported signature method_name: predict"),
        ),
        (multi(("classify", REGRESS)), "INVALID_ARGUMENT", "Expected one output Tensor."),
    ],
)
def test_tasks_that_do_not_fit_are_refused(predictions, request_, code, message):
    assert failure(predictions.MultiInference, request_) == (code, message)


def test_tasks_must_ask_one_model_by_its_name(predictions):
    request = multi(("regress", REGRESS), ("classify", CLASSIFY))
    request.tasks[1].model_spec.name = "other"
    assert failure(predictions.MultiInference, request) == (
        "INVALID_ARGUMENT",
        "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
    )
    request.tasks[1].model_spec.name = ""
    assert failure(predictions.MultiInference, request) == (
        "INVALID_ARGUMENT",
        "Found ModelSpec with an empty model name.",
    )
