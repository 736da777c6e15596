"""Which layers learn in a step: up to tf.keras those that were trainable when `compile()` ran.

The habit of adversarial networks rests on it: the discriminator is compiled, frozen, and put into the
combined model; each of the two then trains what was trainable when it was compiled.
"""

import contextlib

from keras_torch.layers.layer import Layer


class CompiledTrainability:
    """The `trainable` flags of all layers of a model as they were when it was made.

    Args:
        model: an `nn.Module`.

    >>> from keras_torch.layers import Dense
    >>> layer = Dense(1)
    >>> layer.build((None, 2))
    >>> compiled = CompiledTrainability(layer)
    >>> layer.trainable = False
    >>> with compiled.in_force():
    ...     layer.trainable, layer.kernel.requires_grad
    (True, True)
    >>> layer.trainable, layer.kernel.requires_grad
    (False, False)
    """

    def __init__(self, model):
        self._flags = [(layer, layer._trainable) for layer in model.modules() if isinstance(layer, Layer)]

    @contextlib.contextmanager
    def in_force(self):
        """Inside, every layer is as trainable as it was then; afterwards, as it was before."""
        changed = [(layer, flag) for layer, flag in self._flags if layer._trainable is not flag]
        try:
            for layer, flag in changed:
                _set_own(layer, flag)
            yield
        finally:
            for layer, flag in changed:
                _set_own(layer, not flag)


def _set_own(layer, flag):
    """Sets one layer, its own weights and those of native modules in it; layers inside keep their flags."""
    layer.__dict__["_trainable"] = flag
    for weight in _own_weights(layer):
        weight.requires_grad_(flag and getattr(weight, "_trainable", True) and weight.is_floating_point())


def _own_weights(module):
    yield from (weight for weight in module._parameters.values() if weight is not None)
    for child in module._modules.values():
        if child is not None and not isinstance(child, Layer):
            yield from _own_weights(child)
