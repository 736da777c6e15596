"""The learning phase of Keras 1 and 2: whether code runs in training or in evaluation."""

import contextlib
import sys

import torch

from keras_torch.base.checks import fail
from keras_torch.base.scopes import explicit_phase, phase
from keras_torch.dialects.translator import behaviour
from keras_torch.ops.core import one_node


class LearningPhase(int):
    """0 in evaluation, 1 in training; among the inputs of `function` it stands for the phase of that call.

    >>> LearningPhase(1) == 1
    True
    """


def _module_around():
    """The `nn.Module` whose method calls us, the innermost one, or None.

    Keras 1's layers have no argument `training`: they ask the backend, and the truth is their own flag.
    """
    frame = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, torch.nn.Module):
            return owner
        frame = frame.f_back
    return None


def learning_phase():
    """1 in training, 0 in evaluation: as set, else the flag of the layer or model that is running, else 0.

    Notes:
        It may stand among the inputs of `function([model.input, learning_phase()], ...)`; the call then
        gives its value.

    Source: Keras 2 `backend.learning_phase`. Today: the argument `training` of `call`.

    >>> learning_phase()
    0
    """
    if phase.training is not None:
        return LearningPhase(phase.training)
    module = _module_around()
    return LearningPhase(module is not None and module.training)


def holds_updates():
    """Whether variables keep their values now: up to Keras 2.3 updates inside a layer belong to training.

    Those Kerases put them into the training function alone, except where a layer is stateful.

    >>> holds_updates()
    False
    """
    if behaviour("updates inside a layer") == "always":
        return False
    frame = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, torch.nn.Module) and frame.f_code.co_name in ("call", "forward"):
            return not learning_phase() and not getattr(owner, "stateful", False)
        frame = frame.f_back
    return False


def set_learning_phase(value):
    """Fixes the phase of all layers from now on: 0 evaluation, 1 training; `clear_session` frees it.

    Errors:
        ValueError: another value.

    Notes:
        As in Keras 2, it holds in `fit` and `predict` too. Today: `layer.trainable`, or `training=`.

    >>> set_learning_phase(0)
    >>> learning_phase()
    0
    >>> clear_learning_phase()
    """
    if value not in (0, 1):
        fail("K.set_learning_phase()", "value", value, "0 or 1")
    phase.training = bool(value)


def clear_learning_phase():
    """Undoes `set_learning_phase`: each layer's own flag counts again.

    >>> clear_learning_phase()
    """
    phase.training = None


@contextlib.contextmanager
def learning_phase_scope(value):
    """`with learning_phase_scope(1):` fixes the phase inside the block.

    Errors:
        ValueError: neither 0 nor 1.

    >>> with learning_phase_scope(1):
    ...     learning_phase()
    1
    """
    if value not in (0, 1):
        fail("K.learning_phase_scope()", "value", value, "0 or 1")
    with explicit_phase(bool(value)):
        yield


@one_node
def in_train_phase(x, alt, training=None):
    """`x` in training, `alt` in evaluation; functions are called, the other one is not.

    Args:
        x, alt: tensors, or functions without arguments.
        training: None means `learning_phase()`.

    Source: Keras 2 `backend.in_train_phase`.

    >>> in_train_phase("training", "evaluation", training=1)
    'training'
    """
    training = learning_phase() if training is None else training
    chosen = x if training else alt
    return chosen() if callable(chosen) and not isinstance(chosen, torch.nn.Module) else chosen


def in_test_phase(x, alt, training=None):
    """`x` in evaluation, `alt` in training; see `in_train_phase`.

    >>> in_test_phase("evaluation", "training", training=1)
    'training'
    """
    return in_train_phase(alt, x, training)
