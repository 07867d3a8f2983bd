import os

import pytest

from serving.errors import ServerStartError
from serving.server_process import ServerProcess


def test_folder_without_a_version_is_told_after_the_wait(tmp_path):
    (tmp_path / "models").mkdir()
    server = ServerProcess(
        tmp_path / "models", model_name="m", log_path=tmp_path / "log", start_seconds=1.0
    )
    with pytest.raises(ServerStartError, match=r"did not listen within 1 s.*Its log: .*log"):
        server.__enter__()
    with pytest.raises(ProcessLookupError):
        os.kill(server.process_id, 0)


def test_process_is_known_inside_the_block_only(tmp_path):
    server = ServerProcess(tmp_path, model_name="m", log_path=tmp_path / "log")
    with pytest.raises(RuntimeError, match="inside the `with` block only"):
        _ = server.process_id
