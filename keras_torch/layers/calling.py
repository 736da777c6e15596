"""What happens when a layer is called, off the hot path: conversion, masks, phase, building, recording.

A built layer given one plain tensor never comes here (`Layer.__call__` goes straight to `call`). Masks have
their one home here: in a graph they are values of their own (symbols), in eager calls they travel as
`tensor._keras_mask`.

Order of a call:
    1. The explicit phase (`training=`) is taken out of the arguments.
    2. Symbols are recorded; everything below is for data.
    3. Arrays become tensors and floats get the layer's compute dtype.
    4. Masks are collected from the inputs.
    5. The layer is built if it is not.
    6. `call` runs.
    7. The output's mask is attached, activity losses are added.
"""

import contextlib
import inspect
import warnings

import numpy as np
import torch

from keras_torch.base import tree
from keras_torch.base.scopes import explicit_phase, phase
from keras_torch.base.third_party import call_with_hooks
from keras_torch.layers.added_metrics import metrics_of, paused
from keras_torch.symbolic import native
from keras_torch.symbolic.graph import MaskCall, Node, symbols_in
from keras_torch.symbolic.inference import infer, weights_on_meta
from keras_torch.symbolic.keras_tensor import KerasTensor, any_symbolic

_CONVERTED = (np.ndarray, np.generic)


class CallSignature:
    """Which arguments a layer's `call` takes, worked out once per class."""

    def __init__(self, call):
        parameters = list(inspect.signature(call).parameters.values())[1:]
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
        self.positional = [p.name for p in parameters if p.kind in kinds]
        self.names = self.positional + [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        self.takes_training = "training" in self.names
        self.takes_mask = "mask" in self.names
        self.mask_names = {name: f"{name}_mask" for name in self.names if f"{name}_mask" in self.names}

    def named(self, args, kwargs):
        """The arguments by name as far as they have one."""
        return {**dict(zip(self.positional, args)), **kwargs}


def general_call(layer, args, kwargs):
    """The whole protocol of a call; see the module's text for the order."""
    args, kwargs, training = _without_training(layer, args, kwargs)
    if any_symbolic(args, kwargs):
        return _record(layer, args, kwargs, training)
    if training is not None and training != phase.training:
        with explicit_phase(bool(training)):
            return _compute(layer, args, kwargs)
    return _compute(layer, args, kwargs)


def _without_training(layer, args, kwargs):
    """(args, kwargs, explicit training flag or None)."""
    positional = layer._signature.positional
    if "training" in kwargs:
        kwargs = dict(kwargs)
        return args, kwargs, kwargs.pop("training")
    for position in range(1, min(len(args), len(positional))):
        if positional[position] == "training":
            rest = dict(zip(positional[position + 1:], args[position + 1:]))
            return args[:position], {**kwargs, **rest}, args[position]
    return args, kwargs, None


def _compute(layer, args, kwargs):
    args, kwargs = _converted(layer, args, kwargs)
    masks = _input_masks(layer, args, kwargs)
    kwargs = _with_masks(layer, args, kwargs, masks)
    ensure_built(layer, args, kwargs)
    outputs = run(layer, args, kwargs)
    if args:
        _attach_mask(layer, args[0], masks, kwargs, outputs)
    if layer.activity_regularizer is not None:
        layer._add_activity_loss(outputs)
    return outputs


def run(layer, args, kwargs):
    """`call` with the phase filled in, under autocast when the policy is mixed."""
    if layer._signature.takes_training:
        override = phase.training
        kwargs = {**kwargs, "training": layer.training if override is None else override}
    try:
        if layer._mixed_dtype is None:
            return call_with_hooks(layer, *args, **kwargs)
        return _run_mixed(layer, args, kwargs)
    except (RuntimeError, IndexError) as error:
        layer._explain(args, error)
        raise


def _run_mixed(layer, args, kwargs):
    """Computes in the short type: torch casts the weights (autocast), results get the compute dtype."""
    leaves = tree.flatten((args, kwargs))
    device = next((leaf.device.type for leaf in leaves if isinstance(leaf, torch.Tensor)), "cpu")
    with torch.autocast("cpu" if device == "meta" else device, dtype=layer._mixed_dtype):
        outputs = call_with_hooks(layer, *args, **kwargs)
    return tree.map_structure(lambda leaf: _cast_float(leaf, layer._mixed_dtype), outputs)


def _cast_float(value, dtype):
    if isinstance(value, torch.Tensor) and value.is_floating_point() and value.dtype != dtype:
        return value.to(dtype)
    return value


def _converted(layer, args, kwargs):
    """Arrays and numbers as tensors, floats in the compute dtype (integers too for layers that multiply)."""
    dtype, cast_integers = layer._input_dtype, layer.math_input

    def convert(value):
        if isinstance(value, _CONVERTED):
            value = torch.as_tensor(value, device=layer._data_device())
        if isinstance(value, torch.Tensor) and dtype is not None and value.dtype is not dtype and \
                (value.is_floating_point() or (cast_integers and not value.is_complex())):
            mask = getattr(value, "_keras_mask", None)
            value = value.to(dtype)
            if mask is not None:
                value._keras_mask = mask
        return value

    if args and _is_number_list(args[0]):
        args = (np.asarray(args[0]), *args[1:])
    kept = {name: value for name, value in kwargs.items() if name == "mask" or name.endswith("_mask")}
    others = {name: value for name, value in kwargs.items() if name not in kept}
    return (tuple(tree.map_structure(convert, arg) for arg in args),
            {**tree.map_structure(convert, others), **{n: _as_mask(layer, m) for n, m in kept.items()}})


def as_tensors(layer, inputs):
    """Arrays and nested number lists as tensors on the layer's device; everything else stays."""
    if _is_number_list(inputs):
        inputs = np.asarray(inputs)
    return tree.map_structure(
        lambda v: torch.as_tensor(v, device=layer._data_device()) if isinstance(v, _CONVERTED) else v, inputs)


def _as_mask(layer, mask):
    return tree.map_structure(
        lambda m: torch.as_tensor(m, device=layer._data_device()) if isinstance(m, np.ndarray) else m, mask)


def _is_number_list(value):
    """Whether a value is (nested) lists of Python numbers, which mean one array."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _mask_of(value):
    """The masks of an argument in its own structure; None when it has none."""
    if isinstance(value, (torch.Tensor, KerasTensor)):
        return getattr(value, "_keras_mask", None)
    if not tree.is_nested(value):
        return None
    masks = tree.map_structure(_mask_of, value)
    return masks if any(mask is not None for mask in tree.flatten(masks)) else None


def _input_masks(layer, args, kwargs):
    """Argument name -> mask, for those arguments that carry one."""
    found = {}
    for name, value in layer._signature.named(args, kwargs).items():
        mask = _mask_of(value)
        if mask is not None:
            found[name] = mask
    return found


def _first(layer):
    return layer._signature.positional[0] if layer._signature.positional else None


def _with_masks(layer, args, kwargs, masks):
    """`kwargs` with `mask` and `<argument>_mask` filled in where `call` takes them and the user gave none."""
    signature, extra = layer._signature, {}
    named = signature.named(args, kwargs)
    if signature.takes_mask and named.get("mask") is None:
        extra["mask"] = masks.get(_first(layer))
    for name, mask_name in signature.mask_names.items():
        if named.get(mask_name) is None and masks.get(name) is not None:
            extra[mask_name] = masks[name]
    return {**kwargs, **extra} if extra else kwargs


def _attach_mask(layer, inputs, masks, kwargs, outputs):
    mask = kwargs.get("mask", masks.get(_first(layer)))
    if layer.attaches_masks or (mask is None and not layer._makes_masks):
        return
    if not _passes_masks(layer, mask):
        return
    for output, out_mask in _mask_pairs(outputs, layer.compute_mask(inputs, mask)):
        if out_mask is not None:
            output._keras_mask = out_mask


def _passes_masks(layer, mask):
    if layer._overrides_masks or layer.supports_masking:
        return True
    if mask is not None and not layer._warned_of_mask:
        layer.__dict__["_warned_of_mask"] = True
        if not layer._signature.takes_mask:
            warnings.warn(f"{layer.label} was given a masked input and does not know masks: what follows it "
                          "sees none. Set layer.supports_masking = True to pass the mask on.", stacklevel=6)
    return False


def _mask_pairs(outputs, masks):
    """(output, mask) leaf by leaf; one mask for several outputs belongs to the first."""
    flat = [leaf for leaf in tree.flatten(outputs) if isinstance(leaf, (torch.Tensor, KerasTensor))]
    flat_masks = tree.flatten(masks) if tree.is_nested(masks) else [masks]
    return list(zip(flat, flat_masks))


def ensure_built(layer, args, kwargs):
    """Builds the layer for the shapes of these arguments when it is not built yet."""
    if layer.built:
        return
    shapes = _build_shapes(layer, args, kwargs)
    device = next((leaf.device for leaf in tree.flatten((args, kwargs))
                   if isinstance(leaf, torch.Tensor) and leaf.device.type != "meta"), None)
    layer._build_for(shapes, device)


def _shape_of(leaf):
    return tuple(leaf.shape) if isinstance(leaf, (torch.Tensor, KerasTensor)) else None


def _build_shapes(layer, args, kwargs):
    """Argument name -> shape (or structure of shapes) of each tensor argument."""
    shapes = {}
    for name, value in layer._signature.named(args, kwargs).items():
        leaves = tree.flatten(value)
        if leaves and all(isinstance(leaf, (torch.Tensor, KerasTensor)) for leaf in leaves):
            shapes[name] = tree.map_structure(_shape_of, value)
    if not shapes and args:
        shapes[_first(layer) or "inputs"] = tree.map_structure(_shape_of, args[0])
    return shapes


# --------------------------------------------------------------------------------------------- symbolic calls


def _record(layer, args, kwargs, training):
    """One call on symbols: build, infer the outputs, add a node, pass masks on as symbols."""
    args = tuple(tree.map_structure(lambda v: torch.as_tensor(v) if isinstance(v, _CONVERTED) else v, arg)
                 for arg in args)
    masks = _input_masks(layer, args, kwargs)
    extras = {name: mask for name, mask in _with_masks(layer, args, {}, masks).items() if mask is not None}
    extras = {name: mask for name, mask in extras.items() if kwargs.get(name) is None}
    layer._check_input_spec(args)
    with native.interception_paused():
        ensure_built(layer, args, kwargs)
        outputs = layer.compute_output_spec(*args, **kwargs, **extras)
    outputs = tree.map_structure(_fresh, outputs)
    recorded = dict(kwargs) if training is None else {**kwargs, "training": training}
    Node(layer, args, recorded, outputs, extras)
    mask = kwargs.get("mask", extras.get("mask", masks.get(_first(layer))))
    _attach_symbolic_mask(layer, args[0] if args else None, mask, outputs)
    native.intercept()
    return outputs


def _fresh(leaf):
    """A symbol of its own: layers such as `linear` may hand back the very symbol they were given."""
    return leaf.twin() if isinstance(leaf, KerasTensor) else leaf


def _attach_symbolic_mask(layer, inputs, mask, outputs):
    if (mask is None and not layer._makes_masks) or not _passes_masks(layer, mask):
        return
    if not layer._overrides_masks:  # the mask goes through unchanged: no node is needed
        for output, out_mask in _mask_pairs(outputs, mask):
            output._keras_mask = out_mask
        return
    with native.interception_paused():
        out_masks = infer(lambda x, m: layer.compute_mask(x, m), (inputs, mask), {},
                          context=lambda: weights_on_meta(layer))
    if not symbols_in(out_masks):
        return
    Node(MaskCall(layer), (inputs, mask), {}, out_masks)
    for output, out_mask in _mask_pairs(outputs, out_masks):
        output._keras_mask = out_mask


@contextlib.contextmanager
def _without_numbers(layer):
    """Inside the block weights are meta tensors and the metrics in the layer take nothing in."""
    with weights_on_meta(layer), paused(metrics_of(layer)):
        yield


def infer_outputs(layer, args, kwargs):
    """The outputs' symbols, by running `call` on meta tensors in evaluation mode."""

    def compute(*args, **kwargs):
        args, kwargs = _converted(layer, args, kwargs)
        if layer._signature.takes_mask and "mask" in kwargs and kwargs["mask"] is None:
            del kwargs["mask"]
        return run(layer, args, kwargs)

    with explicit_phase(False):
        return infer(compute, args, kwargs, context=lambda: _without_numbers(layer))
