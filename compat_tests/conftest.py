"""Live comparisons use the rows in tests/cases; the scripts that write references are not tests."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]
collect_ignore_glob = ["make_*.py"]
