"""`TimeDistributed`: a layer applied to each step of a sequence."""

import torch

from keras_torch.base import tree
from keras_torch.base.scopes import name_scope
from keras_torch.layers.layer import Layer
from keras_torch.layers.normalization import BatchNormalization
from keras_torch.layers.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """Applies a layer to each step of (batch, steps, ...), with the same weights.

    Args:
        layer: layer, model or native module that takes one step (batch, ...).

    Shape:
        (batch, steps, ...) -> (batch, steps, output of the layer without its batch axis...)

    Errors:
        ValueError: fewer than three axes; a mask that does not fit the steps.

    Notes:
        The steps are folded into the batch and go through the layer in one call, except where that would
        change the
        result: a layer that is stateful, or normalizes over the batch in training, sees one step after the
        other. A mask (batch, steps) goes around the layer; of a longer one the layer gets the part of each
        step.

    Source: Keras TimeDistributed.

    >>> from keras_torch.layers.dense import Dense
    >>> TimeDistributed(Dense(4))(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 7, 4])
    """

    supports_masking = True

    def build(self, input_shape):
        if len(input_shape) < 3:
            raise ValueError(f"{self.label} takes (batch, steps, ...), at least three axes; got shape "
                             f"{tuple(input_shape)}.")
        if isinstance(self.layer, Layer) and not self.layer.built:
            with name_scope(self.name):
                self.layer._build_for({"inputs": (input_shape[0], *input_shape[2:])}, self._build_device)

    def call(self, inputs, training=False, mask=None):
        """Applies the layer to each step.

        Args:
            inputs: (batch, steps, ...).
            mask: bool (batch, steps, ...), True = valid.
        """
        self._check_mask(inputs, mask)
        mask = mask if mask is not None and mask.dim() > 2 else None
        if self._needs_single_steps(training):
            return self._step_by_step(inputs, mask, training)
        batch, steps = inputs.shape[:2]
        folded = None if mask is None else mask.flatten(0, 1)
        outputs = self._run_layer(inputs.flatten(0, 1), folded, training)
        return tree.map_structure(lambda leaf: leaf.unflatten(0, (batch, steps)), outputs)

    def _check_mask(self, inputs, mask):
        if mask is not None and (mask.dim() < 2 or mask.shape[:2] != inputs.shape[:2]):
            raise ValueError(f"{self.label}: the mask must be (batch, steps, ...) as the inputs are, "
                             f"{tuple(inputs.shape[:2])}; got shape {tuple(mask.shape)}.")

    def _needs_single_steps(self, training):
        return any(getattr(module, "stateful", False) or (training and isinstance(module, BatchNormalization))
                   for module in self.layer.modules())

    def _step_by_step(self, inputs, mask, training):
        outputs = [self._run_layer(inputs[:, step], None if mask is None else mask[:, step], training)
                   for step in range(inputs.shape[1])]
        return tree.map_structure(lambda *leaves: torch.stack(leaves, dim=1), *outputs)

    def _run_layer(self, inputs, mask, training):
        if not isinstance(self.layer, Layer):
            return self.layer(inputs)
        extra = {"mask": mask} if mask is not None and self.layer._signature.takes_mask else {}
        return self.layer(inputs, training=training, **extra)

    def reset_state(self):
        """Sets the states that the layer inside keeps to zero."""
        if hasattr(self.layer, "reset_state"):
            self.layer.reset_state()

    reset_states = reset_state
