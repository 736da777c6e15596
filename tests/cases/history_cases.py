"""Every training row: name -> `build(keras) -> Fitting`, for Keras 3 and for tf.keras.

>>> "masked sequence" in KERAS3_CASES, "masked sequence" in TF_KERAS_CASES
(True, True)
"""

from __future__ import annotations

from cases import history_cases_loops as loops
from cases import history_cases_more as more
from cases import history_cases_objectives as objectives
from cases import history_cases_weighting as weighting
from cases.history_case import Build

KERAS3_CASES: dict[str, Build] = {
    **objectives.OPTIMIZERS,
    **objectives.LOSSES,
    **objectives.METRICS,
    **weighting.WEIGHTING,
    **weighting.STRUCTURES,
    **loops.LOOPS,
    **loops.NETWORKS,
    **more.WEIGHTING,
    **more.STRUCTURES,
    **more.LOOPS,
    **more.KERAS3_ONLY,
}

_NOT_IN_TF_KERAS = more.NOT_IN_TF_KERAS | more.KERAS3_ONLY.keys()
TF_KERAS_CASES: dict[str, Build] = {
    **{name: build for name, build in KERAS3_CASES.items() if name not in _NOT_IN_TF_KERAS},
    **more.TF_KERAS_ONLY,
}
