"""Checks of data against the model, before the first step: nothing has changed when one of these raises."""

import dataclasses

import torch

from keras_torch.base import tree
from keras_torch.base.checks import quote
from keras_torch.base.configurable import is_house_class
from keras_torch.losses import SparseCategoricalCrossentropy
from keras_torch.losses.labels import validate_labels
from keras_torch.training.data.choosing import refuse_nan
from keras_torch.training.data.sources import ArraySource, count_samples
from keras_torch.training.objectives import Objectives
from keras_torch.training.outputs import per_output
from keras_torch.training.weighting import check_classes, check_ranks, is_by_output

# Note [checks and steps of the user's own]
# A train_step of the user's own may do anything with its data, so only the standard steps have their inputs
# and targets compared with the model. Batches of generators are checked when the first one comes:
# `_pending_check` tells the step how to call the method in errors.


def check_before_training(trainer, source, class_weight, owner, custom, only_now=False):
    """Checks arrays in memory: NaN, shapes of targets, class numbers; other sources at their first batch.

    Args:
        trainer: the model.
        source: its source of batches.
        class_weight: as in fit.
        owner: how errors call the method.
        custom: whether a step of the user's own gets the batches.
        only_now: leaves what is known about the training data as it is.

    Errors:
        ValueError: a sentence that names the argument, what was given and what was expected.
    """
    if not only_now:
        trainer.__dict__["_pending_check"] = None
    if custom:  # see Note [checks and steps of the user's own]
        return
    if isinstance(source, ArraySource):
        x, y, weight = source._data
        refuse_nan(weight, owner, "sample_weight")
        check_batch(trainer, x, y, class_weight, owner, source.batch_size, weight)
    else:
        trainer.__dict__["_pending_check"] = (class_weight, f"{owner}, first batch")


def check_batch(trainer, x, y, class_weight, owner, rows=None, weight=None):
    """Checks inputs, targets and sample weights together.

    Args:
        trainer: the model.
        x, y: structures of tensors, y None when there are no targets.
        class_weight: as in fit.
        owner: how errors call the method.
        rows: a model without a graph runs once on so many samples to show its outputs; None means all.
        weight: sample weights, whose rank is compared with `sample_weight_mode`.
    """
    check_inputs(trainer, x, y, owner)
    if getattr(trainer, "_graph", None) is not None:
        outputs = _outputs_of_graph(trainer)
    elif trainer._objectives is not None and not trainer._objectives.built:
        refuse_missing_targets(trainer, y, owner)
        outputs = _outputs_by_running(trainer, x, rows)
    else:
        outputs = trainer.__dict__.get("_seen_outputs")
    check_targets(trainer, y, outputs, class_weight, owner, weight)


def check_inputs(trainer, x, y, owner):
    """Number of samples, NaN and, where there is a graph, number and shapes of the inputs.

    Errors:
        ValueError: the argument and what is wrong with it.
    """
    count_samples(owner, x=x, y=y)
    refuse_nan(x, owner, "x")
    graph = getattr(trainer, "_graph", None)
    if graph is None:
        return
    like = tree.map_structure(lambda leaf: (leaf.shape[1:], leaf.dtype), x)
    if graph.__dict__.get("last_matched") == like:
        return  # single batches come by thousands
    rows = graph.flat_inputs[0].shape[0]  # a fixed batch size is kept by the loop, not by the data
    shown = tree.map_structure(lambda leaf: leaf[:rows].to("meta"), x)
    graph.matched(shown, f"{owner}: {trainer.label}")
    graph.last_matched = like


def refuse_missing_targets(trainer, y, owner):
    """Raises when a loss or a metric has no targets to look at.

    Errors:
        ValueError: `y` is missing.
    """
    objectives = trainer._objectives
    if y is None and objectives is not None and (objectives.loss is not None or objectives.has_metrics):
        raise ValueError(
            f"{owner}: `y` is missing, and {'the loss' if objectives.loss is not None else 'a metric'} given "
            "to compile() compares predictions with targets. Give the targets; a model that learns from "
            "add_loss() alone is compiled without loss and metrics."
        )


@dataclasses.dataclass
class Outputs:
    """What a model's outputs look like.

    Args:
        structure: structure of tensors (of any device) with the right shapes, dtypes and nesting.
        shapes: shape of each output, None where a size may differ from batch to batch.
    """

    structure: object
    shapes: list

    @classmethod
    def of_batch(cls, y_pred):
        """From the predictions for a batch."""
        return cls(y_pred, [(None, *leaf.shape[1:]) for leaf in tree.flatten(y_pred)])

    def lasting(self, losses):
        """What holds for other batches too: the ranks, and the number of classes."""
        return Outputs(None, [
            (*[None] * (len(shape) - 1), shape[-1]) if isinstance(loss, SparseCategoricalCrossentropy) else
            (None,) * len(shape) for shape, loss in zip(self.shapes, losses)
        ])  # fmt: skip


def _outputs_of_graph(trainer):
    symbols = trainer._graph.outputs
    structure = tree.map_structure(
        lambda s: torch.empty([2 if n is None else n for n in s.shape], dtype=s.dtype, device="meta"), symbols
    )
    return Outputs(structure, [tuple(symbol.shape) for symbol in trainer._graph.flat_outputs])


def _outputs_by_running(trainer, x, rows):
    """Runs a model that has no graph on a first batch, in evaluation mode, without learning from it."""
    device = trainer._device()
    batch = tree.map_structure(lambda leaf: leaf[:rows].to(device), x)
    with trainer._evaluating(torch.no_grad):
        return Outputs.of_batch(trainer(batch))


def rehearsed(trainer):
    """Objectives like the model's, built for such targets as its losses want: they know the names."""
    own, outputs = trainer._objectives, _outputs_of_graph(trainer)
    objectives = Objectives(own.loss, own.loss_weights, own.metric_specs, own.weighted_specs)
    objectives.expect(outputs.structure, own.graph_names)
    predictions = tree.flatten(outputs.structure)
    sparse = objectives.takes_labels(objectives.known_names)
    targets = [p[..., 0] if labels else p for labels, p in zip(sparse, predictions)]
    objectives.build(None, tree.pack(outputs.structure, targets), outputs.structure)
    return objectives


def check_targets(trainer, y, outputs, class_weight, owner, weight=None):
    """Matches the targets to the outputs and checks shapes, class numbers and the rank of weights.

    Args:
        trainer: the model.
        y: structure of targets.
        outputs: an `Outputs`, or None when it is not known.
        class_weight: as in fit.
        owner: how errors call the method.
        weight: sample weights, or None.

    Errors:
        ValueError: the targets do not fit the outputs; losses and metrics are then matched anew next time.
    """
    objectives = trainer._objectives
    if objectives is None or outputs is None:
        return
    refuse_missing_targets(trainer, y, owner)
    if y is None:
        return
    was_built = objectives.built
    try:
        if not was_built:
            objectives.build(trainer._known_output_names(), y, outputs.structure)
        _check_by_output(objectives, y, outputs.shapes, class_weight, owner)
        if trainer._sample_weight_mode is not None and weight is not None:
            check_ranks(
                trainer._sample_weight_mode,
                objectives.names,
                objectives.sample_weights(weight),
                objectives.targets(y),
                objectives.takes_labels(objectives.names),
                owner,
            )
    except BaseException:
        if not was_built:
            objectives.forget_outputs()  # the next fit may bring targets of another shape
        raise
    trainer.__dict__["_seen_outputs"] = outputs.lasting(objectives.loss_objects)


def _check_by_output(objectives, y, shapes, class_weight, owner):
    targets = objectives.targets(y)
    single = len(objectives.names) == 1
    for name, loss, target, shape in zip(objectives.names, objectives.loss_objects, targets, shapes):
        where = f"{owner}: `y`" if single else f"{owner}: `y` of the output {name!r}"
        if loss is not None and target is None:
            raise ValueError(
                f"{where} is missing, and the output has a loss. Give its targets, or compile with no loss "
                f"for it: loss={{{name!r}: None, ...}}."
            )
        if loss is None or not is_checkable(loss):
            continue
        refuse_nan(target, owner, "y")
        _check_target(target, shape, loss, where)
    if class_weight is not None:
        _check_classes(objectives, class_weight, shapes)


def explain_labels(trainer, y, y_pred, error):
    """Raises a sentence about class numbers when those of this batch are what a failed loss choked on."""
    objectives = trainer._objectives
    if objectives is None or not objectives.built or y is None:
        return
    for loss, target, prediction in zip(objectives.loss_objects, objectives.targets(y), tree.flatten(y_pred)):
        if isinstance(loss, SparseCategoricalCrossentropy) and target is not None:
            try:
                validate_labels(
                    target,
                    prediction.shape[-1],
                    getattr(loss, "ignore_class", None),
                    owner="`y` of this batch",
                )
            except ValueError as better:
                raise better from error


def explain_values(trainer, y, y_pred, error):
    """Raises a sentence about a loss function of the user's that returned no tensor, where that failed."""
    objectives = trainer._objectives
    if objectives is None or not objectives.built or y is None:
        return
    for loss, target, prediction in zip(objectives.loss_objects, objectives.targets(y), tree.flatten(y_pred)):
        if loss is None or target is None or is_checkable(loss):
            continue
        try:
            with torch.no_grad():
                values = loss.call(target, prediction)
        except Exception:  # noqa: BLE001 - the failure is inside the user's function: it is told as it was
            return
        if not isinstance(values, torch.Tensor) or not values.is_floating_point():
            shown = values.dtype if isinstance(values, torch.Tensor) else quote(values)
            raise TypeError(
                f'The loss function "{loss.name}" returned {shown}; it must return one tensor of floats '
                "computed from y_true and y_pred, a value per sample."
            ) from error


def is_checkable(loss):
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
    if len(given) == len(shape) - 1 and shape[-1] in (1, None):
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


def _check_classes(objectives, class_weight, shapes):
    """Class numbers in class_weight against the outputs' classes, and its names against the outputs'."""
    if is_by_output(class_weight):
        per_output(class_weight, objectives.names, "class_weight")
    tables = [class_weight] if len(shapes) == 1 and not is_by_output(class_weight) else []
    for table, shape in zip(tables, shapes):
        if shape[-1] not in (None, 1):
            check_classes(table, shape[-1])
