"""Lion, Lamb and Ftrl."""

import torch

from keras_torch.base import checks
from keras_torch.base.checks import Term
from keras_torch.base.third_party import foreach
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import descend, mix, mix_squares, power


def _above_zero(owner, argument, value):
    if not checks.is_number(value) or not 0 < value <= 1:
        checks.fail(owner, argument, value, "a fraction above 0, at most 1", "With 0 Lion would be SignSGD.")


def _at_most_zero(owner, argument, value):
    if not checks.is_number(value) or value > 0:
        checks.fail(owner, argument, value, "a number of at most 0")


class Lion(Optimizer):
    """Steps of one size along the sign of a mix of momentum and gradient.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        beta_1: share of the momentum in the step's direction, above 0.
        beta_2: share kept of the momentum, 0..1.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Lion`; Chen et al. (2023).

    >>> Lion().beta_2
    0.99
    """

    slots = ("momentum",)
    vocabulary = {"beta_1": Term(_above_zero, doc="share of the momentum in the step's direction",
                                 optional=False)}

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.99, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def rule(self, params, grads, rate, step, momentum):
        """One update; see `Optimizer.rule`."""
        direction = foreach.mul(momentum, self.beta_1)
        foreach.add_(direction, grads, alpha=1 - self.beta_1)
        descend(params, foreach.sign(direction), rate)
        mix(momentum, grads, self.beta_2)


class Lamb(Optimizer):
    """`Adam` whose update of each variable has the length of the variable itself.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        beta_1: share kept of the average gradient, 0..1.
        beta_2: share kept of the average squared gradient, 0..1.
        epsilon: small number added to the corrected root; None for the setting `epsilon()`.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Lamb`; You et al. (2019).

    >>> Lamb().beta_2
    0.999
    """

    slots = ("momentum", "velocity")

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def rule(self, params, grads, rate, step, momentum, velocity):
        """One update; see `Optimizer.rule`."""
        mix(momentum, grads, self.beta_1)
        mix_squares(velocity, grads, self.beta_2)
        roots = foreach.sqrt(foreach.div(velocity, 1 - power(self.beta_2, step)))
        updates = foreach.div(foreach.div(momentum, 1 - power(self.beta_1, step)), foreach.add(roots,
                                                                                          self.epsilon))
        for param, update, size, length in zip(params, updates, foreach.norm(params), foreach.norm(updates)):
            ratio = torch.where((size > 0) & (length > 0), size / length, 1.0)
            param.sub_(update * (ratio * rate))


class Ftrl(Optimizer):
    """Follow the regularized leader: sparse weights by l1 and l2 penalties inside the update.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        learning_rate_power: how the step size falls with the sum of squares; at most 0; 0 for a constant step
            size.
        initial_accumulator_value: where the sums of squares start.
        l1_regularization_strength: l1 penalty.
        l2_regularization_strength: l2 penalty that keeps weights small.
        l2_shrinkage_regularization_strength: l2 penalty on the gradient.
        beta: of the paper; adds to the l2 penalty beta / (2 * rate).
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Ftrl`; McMahan et al. (2013).

    >>> Ftrl().learning_rate_power
    -0.5
    """

    slots = ("accumulator", "linear")
    vocabulary = {
        "learning_rate_power": Term(_at_most_zero, doc="how the step size falls with the sum of squares",
                                    optional=False),
        "l1_regularization_strength": Term(checks.nonnegative_number, doc="l1 penalty", optional=False),
        "l2_regularization_strength": Term(checks.nonnegative_number, doc="l2 penalty", optional=False),
        "l2_shrinkage_regularization_strength": Term(checks.nonnegative_number, doc="l2 penalty on the "
                                                                                    "gradient",
                                                     optional=False),
        "beta": Term(checks.nonnegative_number, doc="adds to the l2 penalty", optional=False)}

    def __init__(self, learning_rate=0.001, learning_rate_power=-0.5, initial_accumulator_value=0.1,
                 l1_regularization_strength=0.0, l2_regularization_strength=0.0,
                 l2_shrinkage_regularization_strength=0.0, beta=0.0, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def new_slot(self, name, param):
        """Sums start at `initial_accumulator_value`; see `Optimizer.new_slot`."""
        start = self.initial_accumulator_value if name == "accumulator" else 0.0
        return super().new_slot(name, param).fill_(start)

    def _grouped_state(self):
        """tf.keras lists both slots of a variable, then those of the next."""
        return self._state_variables()

    def rule(self, params, grads, rate, step, accumulator, linear):
        """One update; see `Optimizer.rule`."""
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength
        l2 = self.l2_regularization_strength + self.beta / (2 * rate)
        for param, grad, sums, lin in zip(params, grads, accumulator, linear):
            before = sums ** power
            sums.addcmul_(grad, grad)
            after = sums ** power
            shrunk = grad + 2 * self.l2_shrinkage_regularization_strength * param
            lin.add_(shrunk - (after - before) / rate * param)
            param.copy_((lin.clamp(-l1, l1) - lin) / (after / rate + 2 * l2))
