"""Every training row: name -> `build(keras) -> Fitting`.

>>> "masked sequence" in HISTORY_CASES
True
"""

from __future__ import annotations

from cases import history_cases_loops as loops
from cases import history_cases_objectives as objectives
from cases import history_cases_weighting as weighting
from cases.history_case import Build

HISTORY_CASES: dict[str, Build] = {
    **objectives.OPTIMIZERS,
    **objectives.LOSSES,
    **objectives.METRICS,
    **weighting.WEIGHTING,
    **weighting.STRUCTURES,
    **loops.LOOPS,
    **loops.NETWORKS,
}
