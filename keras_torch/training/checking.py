"""Checks of data against the model, before the first step: nothing has changed when one of these raises."""

import torch

from keras_torch.base import tree
from keras_torch.base.configurable import is_house_class
from keras_torch.losses import SparseCategoricalCrossentropy
from keras_torch.losses.labels import validate_labels
from keras_torch.training.data.choosing import refuse_nan
from keras_torch.training.data.sources import ArraySource
from keras_torch.training.weighting import check_class_weight, class_weights_of


def check_before_training(trainer, source, class_weight, owner):
    """Checks arrays in memory: NaN, shapes of targets, class numbers; other sources at their first batch.

    Errors:
        ValueError: a sentence that names the argument, what was given and what was expected.
    """
    if not isinstance(source, ArraySource):
        trainer.__dict__["_unchecked_batches"] = True  # the first batch is checked when it comes
        return
    x, y, weight = source._data
    refuse_nan(x, owner, "x")
    refuse_nan(weight, owner, "sample_weight")
    graph = getattr(trainer, "_graph", None)
    if graph is None:
        return
    rows = graph.flat_inputs[0].shape[0] or 1  # a fixed batch size is kept by the loop, not by the data
    graph.matched(tree.map_structure(lambda leaf: leaf[:rows], x), trainer.label)
    if y is None or trainer._objectives is None or not trainer.compiled:
        return
    check_targets(trainer, y, class_weight, owner)


def check_first_batch(trainer, x, y, owner="fit(), first batch"):
    """The checks of arrays for the first batch of a generator or dataset, before the first update."""
    refuse_nan(x, owner, "x")
    if y is not None and getattr(trainer, "_graph", None) is not None and trainer._objectives is not None:
        check_targets(trainer, y, None, owner)


def explain_labels(trainer, y, error):
    """Raises a sentence about class numbers when those of this batch are what a failed loss choked on."""
    objectives = trainer._objectives
    if objectives is None or not objectives.built or y is None or getattr(trainer, "_graph", None) is None:
        return
    for loss, target, symbol in zip(
        objectives.loss_objects, objectives.targets(y), trainer._graph.flat_outputs
    ):
        if isinstance(loss, SparseCategoricalCrossentropy) and symbol.shape[-1] is not None:
            try:
                validate_labels(
                    target, symbol.shape[-1], getattr(loss, "ignore_class", None), owner="`y` of this batch"
                )
            except ValueError as better:
                raise better from error


def check_targets(trainer, y, class_weight, owner):
    """Matches the targets to the graph's outputs and checks shapes and class numbers."""
    objectives, symbols = trainer._objectives, trainer._graph.outputs
    meta = tree.map_structure(
        lambda s: torch.empty([2 if n is None else n for n in s.shape], dtype=s.dtype, device="meta"), symbols
    )
    if objectives.built:
        _check_against_graph(trainer, y, class_weight, owner)
        return
    try:
        objectives.build(trainer.output_names, y, meta)
        _check_against_graph(trainer, y, class_weight, owner)
    except BaseException:
        objectives.forget_outputs()  # the next fit may bring targets of another shape
        raise


def _check_against_graph(trainer, y, class_weight, owner):
    """Checks targets and class weights output by output; the objectives are built."""
    objectives = trainer._objectives
    for name, loss, target, symbol in zip(
        objectives.names, objectives.loss_objects, objectives.targets(y), trainer._graph.flat_outputs
    ):
        if loss is None or target is None or not _is_checkable(loss):
            continue
        refuse_nan(target, owner, "y")
        where = f"{owner}: `y`" if len(objectives.names) == 1 else f"{owner}: `y` of the output {name!r}"
        _check_target(target, tuple(symbol.shape), loss, where)
    if class_weight is not None:
        _check_classes(objectives, y, class_weight, trainer._graph.flat_outputs)


def _is_checkable(loss):
    """Whether we know what targets a loss needs: functions and classes of the user may need anything."""
    return is_house_class(type(loss)) and type(loss).__name__ != "LossFunctionWrapper"


def _check_target(target, shape, loss, where):
    if not isinstance(loss, SparseCategoricalCrossentropy):
        _check_shape(target, shape, where, loss)
    elif shape[-1] is not None and getattr(loss, "axis", -1) in (-1, len(shape) - 1):
        _check_sparse(target, shape, where)
        validate_labels(target, shape[-1], getattr(loss, "ignore_class", None), owner=where)


def _check_sparse(target, shape, where):
    """Class numbers have the shape of the output without its last axis (or with a last axis of 1)."""
    given = tuple(target.shape)
    fits = len(given) == len(shape) - 1 or (len(given) == len(shape) and given[-1] == 1)
    if not fits or any(a is not None and a != b for a, b in zip(shape[1:-1], given[1:])):
        raise ValueError(
            f"{where} has shape {given}; sparse categorical cross-entropy on an output of shape {shape} "
            f"needs class numbers of shape {shape[:-1]}. For one-hot rows use "
            "'categorical_crossentropy'."
        )


def _check_shape(target, shape, where, loss):
    given = tuple(target.shape)
    if len(given) == len(shape) - 1 and shape[-1] == 1:
        given = (*given, 1)
    elif len(given) == len(shape) + 1 and given[-1] == 1:
        given = given[:-1]
    if len(given) != len(shape) or any(a is not None and a != b for a, b in zip(shape[1:], given[1:])):
        hint = (
            " For class numbers use 'sparse_categorical_crossentropy'."
            if loss.name.startswith("categorical_cross")
            else ""
        )
        raise ValueError(
            f"{where} has shape {tuple(target.shape)}, and the model's output has {shape}. Give one target "
            f"per output value.{hint}"
        )


def _check_classes(objectives, y, class_weight, symbols):
    check_class_weight(class_weight)
    if (
        isinstance(class_weight, dict)
        and not any(isinstance(v, dict) for v in class_weight.values())
        and len(symbols) == 1
        and symbols[0].shape[-1] not in (None, 1)
    ):
        class_weights_of(objectives.targets(y)[0][:1], class_weight, classes=symbols[0].shape[-1])
