"""What tf_keras 2.21's preprocessing made of the same texts and sequences."""

import json
import pathlib

_STORED = pathlib.Path(__file__).parent.parent / "references" / "preprocessing.json"
RECORDED = json.loads(_STORED.read_text(encoding="utf-8"))
