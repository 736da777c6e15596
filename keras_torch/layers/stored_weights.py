"""Weights as older files keep them: gate by gate, with kernels turned round, or in the order of CuDNN.

# Note [older weights]
Keras 1 kept each gate of an LSTM and a GRU in arrays of its own, a Convolution1D's kernel with four axes, and
kernels of layers with dim_ordering='th' as (filters, channels, rows, columns). On Theano, Keras 1 and 2
convolved in the mathematical sense, so that kernels lie there turned round along each spatial axis; those of
separable and depthwise convolutions do not, which Keras turned itself. CuDNNLSTM and CuDNNGRU kept kernels
transposed and two biases. All of these can be told from the file's version and backend, and from the shapes;
what comes out has the shapes and the order of `get_weights()`.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Origin:
    """What wrote the arrays.

    Args:
        version: of Keras, such as '1' or '2.2.4'.
        backend: 'theano', 'tensorflow', ...; None where it is unknown.
    """

    version: str
    backend: str | None = None

    @property
    def is_first(self):
        """Whether Keras 1 wrote them."""
        return self.version.startswith("1")

    @property
    def is_turned(self):
        """Whether convolution kernels are turned round."""
        return self.backend == "theano"

    @property
    def is_plain(self):
        """Whether the arrays are what `get_weights()` gives today, but for those of CuDNN."""
        return not self.is_first and not self.is_turned


def converted(layer, arrays, origin):
    """The arrays of a layer, learned ones first, in the shapes and the order that its weights have today.

    Args:
        layer: a built layer, wrapper or model.
        arrays: list of numpy arrays.
        origin: Origin.

    Errors:
        ValueError: arrays that are not what such a layer has.

    >>> converted.__name__
    'converted'
    """
    waiting = list(arrays)
    found = [value for part in ("trainable_weights", "non_trainable_weights")
             for value in taken(layer, waiting, origin, part)]
    if waiting:
        raise ValueError(f"{len(waiting)} array(s) more than {layer.label} has weights.")
    return found


def taken(layer, waiting, origin, part="trainable_weights"):
    """One part of a layer's weights, from the arrays that wait first in a list, which are taken out of it.

    >>> taken.__name__
    'taken'
    """
    found = []
    for leaf in _leaves(layer):
        shapes = [tuple(weight.shape) for weight in getattr(leaf, part)]
        if shapes:
            found += _FORMS[leaf.stored_form](leaf, shapes, waiting, origin)
    return found


def _leaves(layer):
    """The layers with weights of their own inside wrappers and models."""
    if hasattr(layer, "forward_layer"):
        inner = [layer.forward_layer, layer.backward_layer]
    elif hasattr(getattr(layer, "layer", None), "stored_form"):
        inner = [layer.layer]
    else:
        inner = getattr(layer, "layers", None)
    return [leaf for one in inner for leaf in _leaves(one)] if inner else [layer]


def _take(waiting, count, layer):
    if len(waiting) < count:
        raise ValueError(f"{count - len(waiting)} array(s) fewer than {layer.label} has weights.")
    taken = waiting[:count]
    del waiting[:count]
    return taken


def _turned(kernel, origin):
    """A kernel (spatial..., in, out) turned round along the spatial axes where Theano wrote it."""
    if not origin.is_turned:
        return kernel
    return np.flip(kernel, tuple(range(kernel.ndim - 2)))


def _in_order(kernel, layer, origin, last=(1, 0)):
    """A kernel of Keras 1 with its axes in today's order; `last` are those behind the spatial ones."""
    if not origin.is_first or layer.data_format == "channels_last":
        return kernel
    return kernel.transpose(*range(2, kernel.ndim), *last)


# ---------------------------------------------------------------------------------------------- forms


def _plain(layer, shapes, waiting, origin):
    return _take(waiting, len(shapes), layer)


def _convolution(layer, shapes, waiting, origin):
    kernel, *rest = _take(waiting, len(shapes), layer)
    if origin.is_first and kernel.ndim == 4 and len(shapes[0]) == 3:
        length, _, filters = shapes[0]
        if kernel.shape[:2] != (length, 1) or kernel.shape[3] != filters:  # before Keras 1.2
            kernel = kernel.transpose(2, 3, 1, 0)
        kernel = kernel[:, 0]
    else:
        kernel = _in_order(kernel, layer, origin)
    return [_turned(kernel, origin), *rest]


def _transposed_convolution(layer, shapes, waiting, origin):
    kernel, *rest = _take(waiting, len(shapes), layer)
    if origin.is_first and layer.data_format == "channels_last":
        kernel = kernel.swapaxes(-1, -2)
    return [_turned(_in_order(kernel, layer, origin, last=(0, 1)), origin), *rest]


def _separable_convolution(layer, shapes, waiting, origin):
    depthwise, pointwise, *rest = _take(waiting, len(shapes), layer)
    return [_in_order(depthwise, layer, origin), _in_order(pointwise, layer, origin), *rest]


def _joined(layer, shapes, waiting, gates):
    """Kernel, recurrent kernel and bias of the gates (positions in the file), or None: they are joined."""
    if not waiting or waiting[0].shape[-1] * len(gates) != shapes[0][-1]:
        return None
    arrays = _take(waiting, 3 * len(gates), layer)
    return [np.concatenate([arrays[3 * gate + kind] for gate in gates], axis=-1) for kind in range(3)]


_LSTM_GATES, _GRU_GATES = (0, 2, 1, 3), (0, 1, 2)  # Keras 1 has i, c, f, o, and z, r, h


def _lstm(layer, shapes, waiting, origin):
    joined = _joined(layer, shapes, waiting, _LSTM_GATES) if origin.is_first else None
    if joined is not None:
        return joined
    arrays = _take(waiting, len(shapes), layer)
    if len(arrays) == 3 and arrays[2].shape == (2 * shapes[2][0],):
        return [*_from_cudnn(arrays, 4), arrays[2].reshape(2, -1).sum(0)]
    return arrays


def _gru(layer, shapes, waiting, origin):
    joined = _joined(layer, shapes, waiting, _GRU_GATES) if origin.is_first else None
    if joined is not None:
        return joined
    arrays = _take(waiting, len(shapes), layer)
    if len(arrays) == 3 and shapes[2] == (2, arrays[2].size // 2) and arrays[2].ndim == 1:
        return [*_from_cudnn(arrays, 3), arrays[2].reshape(2, -1)]
    return arrays


def _from_cudnn(arrays, gates):
    """Kernel and recurrent kernel, whose gates CuDNN transposes (the first keeps its shape all the same)."""
    kernels = [part.T.reshape(part.shape, order="F") for part in np.split(arrays[0], gates, axis=1)]
    recurrent = [part.T for part in np.split(arrays[1], gates, axis=1)]
    return np.concatenate(kernels, axis=1), np.concatenate(recurrent, axis=1)


def _convolutional_lstm(layer, shapes, waiting, origin):
    if origin.is_first and len(waiting) >= 12:
        arrays = _take(waiting, 12, layer)
        kinds = ([_in_order(arrays[3 * gate + kind], layer, origin) for gate in _LSTM_GATES]
                 for kind in (0, 1))
        kernels = [np.concatenate(kernel, axis=-1) for kernel in kinds]
        rest = [np.concatenate([arrays[3 * gate + 2] for gate in _LSTM_GATES])]
    else:
        *kernels, rest = (*_take(waiting, 2, layer), _take(waiting, len(shapes) - 2, layer))
    return [*(_turned(kernel, origin) for kernel in kernels), *rest]


_FORMS = {
    "plain": _plain,
    "convolution": _convolution,
    "transposed convolution": _transposed_convolution,
    "separable convolution": _separable_convolution,
    "lstm": _lstm,
    "gru": _gru,
    "convolutional lstm": _convolutional_lstm,
}
