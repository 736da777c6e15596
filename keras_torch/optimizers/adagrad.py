"""Adagrad and Adadelta."""

import torch

from keras_torch.base.third_party import foreach, fused_adagrad
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import constant, descend, descend_ratio, least, mix, mix_squares, roots

_NO_EPSILON = 1e-30  # keeps 0 / 0 away, where sums were set to 0 by hand


class Adagrad(Optimizer):
    """Divides each gradient by the root of the sum of its squares: `w -= rate * g / sqrt(a + epsilon)`.

    In the generations before Keras 3 and in `optimizers.legacy`: `w -= rate * g / (sqrt(a) + epsilon)`.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        initial_accumulator_value: where the sums start.
        epsilon: small number under the root; None for the setting `epsilon()`.
        **kwargs: those of `Optimizer`.

    Notes:
        torch's fused kernel has no place for an epsilon under the root. float32 weights go through it all the
        same where epsilon is at most a millionth of the sums' start, and then without epsilon: an update is
        larger by a share of 5e-7 at most, which shrinks as the sums grow.

    Source: Keras 3 `optimizers.Adagrad`; Duchi et al. (2011). In torch: `torch.optim.Adagrad`.

    >>> Adagrad().initial_accumulator_value
    0.1
    """

    slots = ("accumulator",)
    formula_has_changed = True

    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def new_slot(self, name, param):
        """Sums start at `initial_accumulator_value`; see `Optimizer.new_slot`."""
        start = self.initial_accumulator_value if name == "accumulator" else 0.0
        return super().new_slot(name, param).fill_(start)

    def rule(self, params, grads, rate, step, accumulator):
        """One update; see `Optimizer.rule`."""
        epsilon = self._epsilon_of_kernel(params)
        if epsilon is not None and isinstance(rate, float):
            zero = constant(self, 0.0, params[0].device)  # count of steps, for a decay that is 0
            return fused_adagrad(params, grads, accumulator, [zero] * len(params), lr=rate, lr_decay=0.0,
                                 weight_decay=0.0, eps=epsilon, maximize=False)
        foreach.addcmul_(accumulator, grads, grads)
        descend_ratio(params, grads, roots(accumulator, self.epsilon, outside=self._is_legacy), rate)
        return None

    def _epsilon_of_kernel(self, params):
        """What torch's kernel adds to the root; None where its formula would be another one."""
        if self._is_legacy:
            return self.epsilon
        negligible = self.epsilon <= 1e-6 * self.initial_accumulator_value
        return _NO_EPSILON if negligible and params[0].dtype is torch.float32 else None


class Adadelta(Optimizer):
    """Scales each gradient by the ratio of two running roots: of past updates and of past gradients.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        rho: share kept of the averages, 0..1.
        epsilon: small number under the roots; None for the setting `epsilon()`.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Adadelta`; Zeiler (2012). In torch: `torch.optim.Adadelta`.

    >>> Adadelta().rho
    0.95
    """

    slots = ("accumulated_grad", "accumulated_delta_var")

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def rule(self, params, grads, rate, step, accumulated_grad, accumulated_delta_var):
        """One update; see `Optimizer.rule`."""
        mix_squares(accumulated_grad, grads, self.rho)
        updates = foreach.mul(grads, roots(accumulated_delta_var, self.epsilon))
        foreach.div_(updates, roots(accumulated_grad, self.epsilon))
        mix_squares(accumulated_delta_var, updates, self.rho)
        descend(params, updates, rate)


class Adafactor(Optimizer):
    """Adam without its memory: the average of squares of a matrix is kept as one row and one column.

    Args:
        learning_rate: largest step size: a number, a schedule, or a function without arguments.
        beta_2_decay: exponent of the share kept: 1 - step ** beta_2_decay.
        epsilon_1: added to squared gradients.
        epsilon_2: least root mean square of a weight that scales the step.
        clip_threshold: largest root mean square of an update.
        relative_step: the step size falls with 1 / sqrt(step).
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Adafactor`; Shazeer and Stern (2018). In torch: `torch.optim.Adafactor`.

    >>> Adafactor().beta_2_decay
    -0.8
    """

    slots = ("row", "column", "velocity")

    def __init__(self, learning_rate=0.001, beta_2_decay=-0.8, epsilon_1=1e-30, epsilon_2=1e-3,
                 clip_threshold=1.0,
                 relative_step=True, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def new_slot(self, name, param):
        """Rows and columns are means over one axis (one number below two axes); see `Optimizer.new_slot`."""
        if name == "row":
            return param.new_zeros(param.shape[:-1] if param.ndim > 1 else ())
        if name == "column":
            return param.new_zeros(param.shape[:-2] + param.shape[-1:] if param.ndim > 1 else ())
        return super().new_slot(name, param)

    def rule(self, params, grads, rate, step, row, column, velocity):
        """One update; see `Optimizer.rule`."""
        keep = 1 - step ** self.beta_2_decay
        squares = foreach.mul(grads, grads)
        foreach.add_(squares, self.epsilon_1)
        vectors = [place for place, param in enumerate(params) if param.ndim < 2]
        if vectors:
            mix([velocity[place] for place in vectors], [squares[place] for place in vectors], keep)
        for square, r, c, v in zip(squares, row, column, velocity):
            if square.ndim > 1:
                mix([r, c], [square.mean(-1), square.mean(-2)], keep)
                torch.mul((r / r.mean(-1, keepdim=True)).unsqueeze(-1), c.unsqueeze(-2), out=v)
        updates = foreach.div(grads, foreach.sqrt(velocity))
        foreach.mul_(updates, self._lengths(params, updates, rate, step).unbind())
        foreach.sub_(params, updates)

    def _lengths(self, params, updates, rate, step):
        """What each update is multiplied with, from root mean squares of weights and updates."""
        roots = constant(self, tuple(param.numel() ** -0.5 for param in params), params[0].device)
        sizes, steps = (torch.stack(foreach.norm(tensors)) * roots for tensors in (params, updates))
        return sizes.clamp(min=self.epsilon_2) * least(rate, step ** -0.5) / (
            steps / self.clip_threshold).clamp(min=1.0)
