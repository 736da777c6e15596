"""Live comparisons use the rows in tests/cases; the scripts that write references are not tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
collect_ignore_glob = ["make_*.py", "answer_*.py"]
