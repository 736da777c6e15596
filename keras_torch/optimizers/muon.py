"""Muon: matrices along orthogonal updates, all other variables by Adam."""

import re

import torch

from keras_torch.base import checks
from keras_torch.base.checks import Term, fail
from keras_torch.base.third_party import foreach, fused_adam
from keras_torch.optimizers.adam import settled
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import adam_correction


def _patterns(owner, argument, value):
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        fail(owner, argument, value, "a list of regular expressions", "They are searched for in paths.")


class Muon(Optimizer):
    """Moves matrices along their momentum made orthogonal, and all other variables as `Adam` does.

    `m = momentum * m + g; w -= rate * sqrt(max(rows, columns)) * rms_rate * orthogonal(g + momentum * m)`

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        adam_beta_1: share of the average gradient that Adam keeps, 0..1.
        adam_beta_2: share of the average squared gradient that Adam keeps, 0..1.
        adam_weight_decay: weight decay of the variables of Adam; None for none.
        epsilon: small number added to Adam's uncorrected root.
        weight_decay: weight decay of the matrices; None for none.
        exclude_layers: regular expressions; matrices in whose path one is found are left to Adam, such as
            those of the last layer.
        exclude_embeddings: leave matrices with 'embedding' in their path to Adam.
        muon_a: first coefficient of the Newton-Schulz iteration `a X + (b A + c A A) X`, `A = X X'`.
        muon_b: second coefficient.
        muon_c: third coefficient.
        adam_lr_ratio: learning rate of Adam as a share of `learning_rate`.
        momentum: share kept of the momentum of matrices, 0..1.
        ns_steps: number of Newton-Schulz iterations.
        nesterov: look ahead along the momentum.
        rms_rate: size of an update; None for no adjustment to the size of the matrix.
        **kwargs: those of `Optimizer`.

    Notes:
        Only variables with two axes are matrices. Parameters of native modules have a path when the optimizer
        is built on (name, parameter) pairs.

    Source: Keras 3 `optimizers.Muon`; Jordan (2024), Liu et al. (2025). In torch: `torch.optim.Muon`, which
        takes matrices only and computes in bfloat16.

    >>> Muon(exclude_layers=["head"]).ns_steps
    5
    """

    slots = ("momentum", "velocity")
    vocabulary = {
        "adam_beta_1": Term(checks.fraction_below_one, doc="share of the average gradient that Adam keeps"),
        "adam_beta_2": Term(checks.fraction_below_one, doc="share of the average square that Adam keeps"),
        "adam_weight_decay": Term(checks.nonnegative_number, doc="weight decay of the variables of Adam"),
        "exclude_layers": Term(_patterns, list, "regular expressions of paths that are left to Adam"),
        "exclude_embeddings": Term(checks.boolean, bool, "leave embeddings to Adam", optional=False),
        "muon_a": Term(checks.number, float, "coefficient of Newton-Schulz", optional=False),
        "muon_b": Term(checks.number, float, "coefficient of Newton-Schulz", optional=False),
        "muon_c": Term(checks.number, float, "coefficient of Newton-Schulz", optional=False),
        "adam_lr_ratio": Term(checks.nonnegative_number, doc="learning rate of Adam as a share of the rate",
                              optional=False),
        "ns_steps": Term(checks.nonnegative_int, doc="number of Newton-Schulz iterations", optional=False),
        "rms_rate": Term(checks.nonnegative_number, doc="size of an update")}

    def __init__(self, learning_rate=0.001, adam_beta_1=0.9, adam_beta_2=0.999, adam_weight_decay=0.004,
                 epsilon=1e-7, weight_decay=0.004, clipnorm=None, clipvalue=None, global_clipnorm=None,
                 use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None, loss_scale_factor=None,
                 gradient_accumulation_steps=None, name=None, exclude_layers=None, exclude_embeddings=True,
                 muon_a=3.4445, muon_b=-4.775, muon_c=2.0315, adam_lr_ratio=1, momentum=0.95, ns_steps=5,
                 nesterov=True, rms_rate=0.2, **kwargs):
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
                         ema_momentum, ema_overwrite_frequency, loss_scale_factor,
                         gradient_accumulation_steps, name, **kwargs)
        self.exclude_layers = self.exclude_layers or []

    def has_slot(self, name, param):
        """Matrices have no velocity; see `Optimizer.has_slot`."""
        return name != "velocity" or self.left_to_adam(param)

    def decay_key(self, param):
        """See `Optimizer.decay_key`."""
        return "adam_weight_decay" if self.left_to_adam(param) else "weight_decay"

    def left_to_adam(self, param):
        """Whether a variable is no matrix, an embedding, or excluded by its path."""
        path = self._paths[self._index_of(param)] or ""
        return (param.ndim != 2 or (self.exclude_embeddings and "embedding" in path.lower())
                or any(re.search(pattern, path) for pattern in self.exclude_layers))

    def add_param_group(self, param_group):
        """See `Optimizer.add_param_group`; groups have an `adam_weight_decay` too."""
        super().add_param_group(param_group)
        for group in self.__dict__.get("_groups", ()):
            group.setdefault("adam_weight_decay", self.adam_weight_decay or 0.0)

    def rule(self, params, grads, rate, step, momentum, velocity=None):
        """One update; see `Optimizer.rule`."""
        if velocity is not None:
            corrected = rate * self.adam_lr_ratio * adam_correction(self.adam_beta_1, self.adam_beta_2, step)
            return fused_adam(params, grads, momentum, velocity, (), settled(self, params), lr=corrected,
                              beta1=self.adam_beta_1, beta2=self.adam_beta_2, weight_decay=0.0,
                              eps=self.epsilon, amsgrad=False, maximize=False)
        foreach.mul_(momentum, self.momentum)
        foreach.add_(momentum, grads)
        ahead = foreach.add(grads, momentum, alpha=self.momentum) if self.nesterov else momentum
        for param, direction in zip(params, ahead):
            size = 1.0 if self.rms_rate is None else max(param.shape) ** 0.5 * self.rms_rate
            param.sub_(self.orthogonal(direction) * (rate * size))

    def orthogonal(self, matrix):
        """The matrix with all singular values near 1, by `ns_steps` Newton-Schulz iterations."""
        turned = matrix.shape[0] > matrix.shape[1]
        found = matrix.T if turned else matrix
        found = found / (torch.linalg.vector_norm(found) + 1e-7)
        for _ in range(self.ns_steps):
            square = found @ found.T
            inner = torch.addmm(square, square, square, beta=self.muon_b, alpha=self.muon_c)
            found = torch.addmm(found, inner, found, beta=self.muon_a)
        return found.T if turned else found
