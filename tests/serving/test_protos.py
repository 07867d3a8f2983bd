"""That TensorFlow can still be imported after the messages is asserted in build_models.py."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_client_does_not_import_tensorflow() -> None:
    loaded = python(
        "import sys, serving.client\n"
        "print({'tensorflow', 'tensorflow.python', 'tfx'} & set(sys.modules))"
    )
    assert loaded == "set()"


def test_commands_that_ask_a_server_do_not_import_tensorflow() -> None:
    loaded = python(
        "import sys, pipeline.commands.recommend, pipeline.commands.demo, pipeline.commands.serve\n"
        "import pipeline.commands.web, web.server\n"
        "print({'tensorflow', 'tensorflow.python', 'tfx'} & set(sys.modules))"
    )
    assert loaded == "set()"


def test_messages_work_without_tensorflow() -> None:
    answer = python(
        "from serving.protos import predict_pb2\n"
        "request = predict_pb2.PredictRequest()\n"
        "request.inputs['k'].int_val.append(3)\n"
        "print(predict_pb2.PredictRequest.FromString(request.SerializeToString()).inputs['k'])"
    )
    assert answer == "int_val: 3"


def test_missing_tensorflow_is_named_with_the_remedy() -> None:
    message = python(
        "import importlib.util\n"
        "importlib.util.find_spec = lambda name: None\n"
        "try:\n"
        "    import serving.protos\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)"
    )
    assert message.startswith("MissingDependencyError")
    assert "pip install tensorflow" in message
