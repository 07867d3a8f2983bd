import subprocess
import sys
import time

from pipeline.run.memory import PeakMemory


def test_memory_that_was_freed_again_counts() -> None:
    with PeakMemory() as memory:
        before = memory.megabytes
        block = bytearray(200_000_000)
        block[::4096] = b"x" * len(block[::4096])
        time.sleep(0.5)
        del block
    assert memory.megabytes >= before + 150


def test_memory_of_children_counts() -> None:
    code = "import time; block = b'x' * 200_000_000; print(len(block), flush=True); time.sleep(60)"
    with PeakMemory() as memory:
        before = memory.megabytes
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.5)
        child.kill()
        child.communicate()
    assert memory.megabytes >= before + 150
