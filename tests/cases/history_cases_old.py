"""Every training in the words of the older generations: dialect -> name -> `row(keras, kept)`.

>>> "generators" in ROWS["keras1"]
True
"""

from __future__ import annotations

from cases import history_cases_keras1 as keras1
from cases import history_cases_keras2 as keras2
from cases import history_cases_old_callbacks as callbacks

FILES = {"keras1": "histories_keras1", "keras2.2": "histories_keras22", "keras2.3": "histories_keras23"}
ROWS = {
    "keras1": {**keras1.ROWS, **callbacks.ROWS},
    "keras2.2": {**keras2.ROWS, **keras2.KERAS22, **callbacks.ROWS, **callbacks.KERAS2},
    "keras2.3": {**keras2.ROWS, **keras2.KERAS23, **callbacks.ROWS, **callbacks.KERAS2},
}
ALL = [(generation, name) for generation, rows in ROWS.items() for name in rows]
