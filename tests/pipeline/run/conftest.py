import sys
from pathlib import Path

# TFX finds a component's executor by import path, in this process and in those that tests start.
# `tests.` is no path to rely on: site-packages may hold another package of that name.
sys.path.insert(0, str(Path(__file__).parent))
