"""Where the series is, and the only place that puts it on Python's path.

The workshop imports this first. Programs outside `notebooks/` run it with `runpy`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

for folder in (ROOT / "notebooks", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
