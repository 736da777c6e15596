"""What happens to one batch: the train, test and predict steps. The loop is handed one of them.

# Note [no read-back]
Nothing here reads a value back from the device: the loss goes into a running sum on the device, metrics into
theirs. Numbers appear when a callback or the progress bar looks at the logs.
"""

import warnings

import torch

from keras_torch.base import tree
from keras_torch.base.checks import quote
from keras_torch.layers.added_losses import added_losses, clear_losses, loss_layers
from keras_torch.metrics.reduction import Mean
from keras_torch.training import checking
from keras_torch.training.data.batch import pack_x_y_sample_weight


class LossMean(Mean):
    """The running mean of the loss, weighted by batch size: one addition per step, the count stays in Python.

    Attributes:
        additions: how often `add` was called.

    >>> tracker = LossMean()
    >>> tracker.add(torch.tensor(2.0), 4)
    >>> float(tracker.result())
    2.0
    """

    def __init__(self, name="loss", dtype=None):
        super().__init__(name, dtype)
        self.additions = 0

    def add(self, loss, samples):
        """Adds the loss of a batch of that many samples, or its mean; call it without recording gradients."""
        if self._settled_total.device != loss.device:
            self.follow(loss)
        self._add_mean(loss.mean() if loss.dim() else loss, samples)
        self.additions += 1


def batch_size_of(x):
    """Number of samples in a batch.

    >>> batch_size_of({"a": torch.zeros(3, 2)})
    3
    """
    return x.shape[0] if isinstance(x, torch.Tensor) else tree.flatten(x)[0].shape[0]


def lists_own(module, name):
    """Whether the class of a model lists its `losses` or `metrics` itself: then those and no others count.

    >>> lists_own(torch.nn.Linear(1, 1), "losses")
    False
    """
    listed = getattr(type(module), name, None)
    where = getattr(getattr(listed, "fget", None), "__module__", "")
    return listed is not None and not where.startswith("keras_torch.")


def _sum_of_losses(module):
    """The sum of what a model's own `losses` lists, penalties of its weights among them."""
    return sum(loss.sum() if isinstance(loss, torch.Tensor) else loss for loss in module.losses)


def regularized(module):
    """[(penalty function, weight)] of all trainable weights that have a regularizer.

    A model that lists its own `losses` has one penalty, their sum.
    """
    if lists_own(module, "losses"):
        return [(_sum_of_losses, module)]
    return [
        (weight.regularizer, weight)
        for weight in module.parameters()
        if weight.requires_grad and getattr(weight, "regularizer", None) is not None
    ]


def total_loss(trainer, penalties, y, y_pred, weight):
    """Loss of the targets plus penalties.

    Errors:
        ValueError: there is nothing to minimize.

    Notes:
        Nearly always there is one output with one loss and nothing to add to it: that loss is called at once.
    """
    objectives, loss = trainer._objectives, None
    if objectives is not None:
        plain = objectives.single is not None and not penalties and not loss_layers(trainer)
        if plain and isinstance(y_pred, torch.Tensor) and isinstance(y, torch.Tensor):
            return objectives.single(y, y_pred, weight)
        if not objectives.built:
            trainer._build_objectives(y, y_pred)
        loss = objectives.compute_loss(y, y_pred, weight)
    for regularizer, variable in penalties:
        penalty = regularizer(variable)
        loss = penalty if loss is None else loss + penalty
    for extra in () if lists_own(trainer, "losses") else added_losses(trainer):
        extra = extra.sum() if isinstance(extra, torch.Tensor) and extra.dim() else extra
        loss = extra if loss is None else loss + extra
    if loss is None:
        raise ValueError(
            f"{trainer.label} has nothing to minimize: compile() got no loss for the targets given, and "
            "no layer added one. Give compile(loss=...) and targets, or use add_loss()."
        )
    return loss


def explained_loss(trainer, penalties, y, y_pred, weight):
    """`total_loss`; a failure caused by class numbers or by a loss function is told in those terms."""
    try:
        return total_loss(trainer, penalties, y, y_pred, weight)
    except (RuntimeError, IndexError, TypeError, AttributeError) as error:
        checking.explain_labels(trainer, y, y_pred, error)
        checking.explain_values(trainer, y, y_pred, error)
        raise


class FirstBatch:
    """The checks of the first batch of a generator or dataset, which arrays had before the first step.

    Args:
        trainer: the model.
    """

    def __init__(self, trainer):
        self.trainer = trainer
        self.pending = trainer.__dict__.pop("_pending_check", None)

    def inputs(self, x, y):
        """Checks inputs, before the model sees them."""
        checking.check_inputs(self.trainer, x, y, self.pending[1])

    def targets(self, y, y_pred, weight):
        """Checks targets and weights, before the loss sees them."""
        (class_weight, owner), self.pending = self.pending, None
        outputs = checking.Outputs.of_batch(y_pred)
        checking.check_targets(self.trainer, y, outputs, class_weight, owner, weight)


def forward_and_loss(trainer):
    """The function (x, y, weight) -> (predictions, loss) that standard steps share; chosen once per pass."""
    call, first, penalties = trainer._forward_function(), FirstBatch(trainer), regularized(trainer)

    def run(x, y, weight):
        clear_losses(trainer)
        if first.pending is None:
            y_pred = call(x)
        else:
            first.inputs(x, y)
            y_pred = call(x)
            first.targets(y, y_pred, weight)
        return y_pred, explained_loss(trainer, penalties, y, y_pred, weight)

    return run


def standard_train_step(trainer):
    """The step of plain fit: forward, loss, backward, update, sums. Straight-line, chosen once."""
    if trainer.optimizer.needs_closure:
        return closure_train_step(trainer)
    run, tracker, objectives = forward_and_loss(trainer), trainer._loss_tracker, trainer._objectives
    optimizer, scale = optimizer_in_force(trainer)
    learns = has_trainable_weights(trainer)

    def step(x, y, weight):
        nonlocal optimizer, scale
        if trainer.optimizer is not optimizer:  # a callback has given the model another one
            optimizer, scale = optimizer_in_force(trainer)
        optimizer.zero_grad()
        y_pred, loss = run(x, y, weight)
        if learns:
            total = loss if loss.dim() == 0 else loss.sum()  # Keras's gradient of several values
            if optimizer.learns_from_loss:
                learn(trainer, total)
            else:
                backward(trainer, total if scale is None else scale(total))
                optimizer.step()
        with torch.no_grad():
            tracker.add(loss.detach(), batch_size_of(x))
            if y is not None:
                objectives.update_metrics(y, y_pred, weight)

    return step


def optimizer_in_force(trainer):
    """The model's optimizer, built, and its `scale_loss` if the loss goes through it."""
    optimizer = trainer.optimizer
    if not optimizer.built:
        trainer._build_optimizer()
    optimizer.notice_own_methods()
    return optimizer, optimizer.scale_loss if optimizer.scales_loss else None


def closure_train_step(trainer):
    """The step for optimizers that evaluate the loss several times, such as torch's LBFGS.

    Loss and metrics are those of the first evaluation, before the weights moved.
    """
    run, optimizer, tracker = forward_and_loss(trainer), trainer.optimizer, trainer._loss_tracker
    objectives = trainer._objectives

    def step(x, y, weight):
        first = []

        def closure():
            optimizer.zero_grad()
            y_pred, loss = run(x, y, weight)
            total = loss if loss.dim() == 0 else loss.sum()
            backward(trainer, total)
            if not first:
                first.extend((y_pred, loss.detach()))
            return total

        optimizer.step(closure)
        y_pred, loss = first
        with torch.no_grad():
            tracker.add(loss, batch_size_of(x))
            if y is not None:
                objectives.update_metrics(y, y_pred, weight)

    return step


def has_trainable_weights(trainer):
    """Whether there is something to train; warns when there is not, as Keras does."""
    if any(weight.requires_grad for weight in trainer.parameters()):
        return True
    warnings.warn(
        f"{trainer.label} has no trainable weights: fit() computes losses and metrics, and learns nothing. "
        "Set `trainable = True` on the layers that should learn, then compile() again.",
        stacklevel=2,
    )
    return False


def backward(trainer, loss):
    """Gradients of a loss.

    Errors:
        ValueError: the loss does not depend on the weights.
    """
    if not loss.requires_grad:
        raise _no_gradients(trainer)
    loss.backward()


def learn(trainer, loss):
    """One update by an optimizer whose methods are the user's own from the loss on; see `backward`."""
    if not loss.requires_grad:
        raise _no_gradients(trainer)
    trainer.optimizer.learn_from(loss)


def _no_gradients(trainer):
    return ValueError(
        f"{trainer.label}: the loss does not depend on any trainable weight, so there are no gradients. "
        "Compute it from y_pred with torch functions; numpy, .item() and .detach() cut the connection."
    )


def standard_test_step(trainer):
    """The step of plain evaluate: forward, loss, sums, without gradients."""
    run, tracker, objectives = forward_and_loss(trainer), trainer._loss_tracker, trainer._objectives

    def step(x, y, weight):
        y_pred, loss = run(x, y, weight)
        tracker.add(loss.detach(), batch_size_of(x))
        if y is not None:
            objectives.update_metrics(y, y_pred, weight)

    return step


def loss_tensor(trainer, loss, method):
    """What a user's compute_loss or train_step returned, if it is a loss.

    Errors:
        TypeError: anything but a tensor.
    """
    if not isinstance(loss, torch.Tensor):
        raise TypeError(
            f"{type(trainer).__name__}.{method}() must return the loss, a tensor computed from y_pred; got "
            f"{quote(loss)}."
        )
    return loss


def detached(logs):
    """Logs that do not keep the graph of their batch alive.

    >>> detached({"loss": torch.ones(1, requires_grad=True).sum()})
    {'loss': tensor(1.)}
    """
    return {
        name: value.detach() if isinstance(value, torch.Tensor) and value.requires_grad else value
        for name, value in logs.items()
    }


def custom_step(trainer, name):
    """A user's own train_step or test_step: gets (x, y, sample_weight) as Keras packs it; it returns logs."""

    method = getattr(trainer, name)

    def step(x, y, weight):
        trainer._take_logs(method(pack_x_y_sample_weight(x, y, weight)), x, name)

    return step
