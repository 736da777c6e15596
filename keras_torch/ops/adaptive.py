"""Pooling to a given output size: the windows adapt."""

import torch
from torch.nn import functional

from keras_torch.base.checks import fail
from keras_torch.base.shapes import resolved_data_format, tuple_of
from keras_torch.ops.core import as_tensor, one_node

_AVERAGE = {1: functional.adaptive_avg_pool1d, 2: functional.adaptive_avg_pool2d,
            3: functional.adaptive_avg_pool3d}
_MAXIMUM = {1: functional.adaptive_max_pool1d, 2: functional.adaptive_max_pool2d,
            3: functional.adaptive_max_pool3d}


@one_node
def adaptive_average_pool(inputs, output_size, data_format=None):
    """The means of windows that part each spatial axis into `output_size` pieces, overlapping where needed.

    Args:
        inputs: (batch, spatial..., channels), or channels on axis 1 with data_format='channels_first'; one to
            three spatial axes.
        output_size: cells of the output along each spatial axis; integer or one per axis.
        data_format: None means the global setting.

    Errors:
        ValueError: another number of axes.

    >>> adaptive_average_pool(torch.ones(1, 5, 7, 3), 2, "channels_last").shape
    torch.Size([1, 2, 2, 3])
    """
    return _pool(_AVERAGE, inputs, output_size, data_format)


@one_node
def adaptive_max_pool(inputs, output_size, data_format=None):
    """The greatest values of windows; arguments as in `adaptive_average_pool`.

    >>> adaptive_max_pool(torch.ones(1, 5, 3), 2, "channels_last").shape
    torch.Size([1, 2, 3])
    """
    return _pool(_MAXIMUM, inputs, output_size, data_format)


def _pool(functions, inputs, output_size, data_format):
    inputs = as_tensor(inputs)
    rank = inputs.dim() - 2
    if rank not in functions:
        fail("adaptive pooling", "inputs", tuple(inputs.shape), "of 3 to 5 axes: batch, spatial, channels")
    channels_last = resolved_data_format(data_format) == "channels_last"
    if channels_last:
        inputs = torch.movedim(inputs, -1, 1)
    outputs = functions[rank](inputs, tuple_of(output_size, rank))
    return torch.movedim(outputs, 1, -1) if channels_last else outputs
