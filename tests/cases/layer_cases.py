"""Every layer row. Add yours to the family's file; the contracts and the references then take it up.

>>> len({case.name for case in LAYER_CASES}) == len(LAYER_CASES)
True
"""

from __future__ import annotations

from cases import layer_cases_core as core
from cases import layer_cases_images as images
from cases import layer_cases_sequences as sequences

LAYER_CASES = [
    *core.CORE,
    *core.ACTIVATIONS,
    *core.RESHAPING,
    *core.REGULARIZATION,
    *core.NORMALIZATION,
    *core.MERGING,
    *images.CONVOLUTION,
    *images.POOLING,
    *sequences.RECURRENT,
    *sequences.WRAPPERS,
    *sequences.ATTENTION,
]
