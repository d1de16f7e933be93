"""Where the series lies. Importing this is what puts its modules on the path."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

for folder in (ROOT, ROOT / "notebooks"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
