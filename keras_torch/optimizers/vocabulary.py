"""What the arguments of optimizers mean, each explained once."""

import inspect

import torch

from keras_torch.base import checks, settings
from keras_torch.base.checks import Term
from keras_torch.base.serialization import deserialize_value, is_object_config

_TORCH_LOOP = "In a torch loop write `optimizer = Adam(1e-3).build(model.parameters())`."


def refuse_parameters(cls, args, kwargs):
    """Tells who gives an optimizer its parameters, as torch's take them, how it gets them here.

    >>> refuse_parameters(object, (0.1,), {})
    """
    first = args[0] if args else None
    if "params" in kwargs or inspect.isgenerator(first) or _holds_parameters(first):
        rate = kwargs.get("lr", kwargs.get("learning_rate", 1e-3))
        rate = rate if checks.is_number(rate) else "..."
        raise TypeError(f"{cls.__name__} takes no parameters, it gets them from fit(): `learning_rate` "
                        "must be a number, a LearningRateSchedule or a function. In a torch loop write "
                        f"`optimizer = {cls.__name__}(learning_rate={rate}).build(model.parameters())`.")


def _holds_parameters(value):
    listed = isinstance(value, (list, tuple)) and len(value) > 0
    first = value[0] if listed else None
    return isinstance(first, (torch.nn.Parameter, tuple)) or isinstance(first, dict) and "params" in first


def check_rate(owner, argument, value):
    """A learning rate: a number of any library, a schedule or its config, a function.

    >>> check_rate("Adam", "learning_rate", 0.1)
    """
    if not (checks.is_number(value) or callable(value) or is_object_config(value)
            or getattr(value, "shape", None) in ((), (1,))):
        checks.fail(owner, argument, value, "a number, a LearningRateSchedule or a function", _TORCH_LOOP)


def as_rate(value):
    """A float, or the schedule or function itself.

    >>> as_rate(1)
    1.0
    """
    if is_object_config(value):
        return deserialize_value(value)
    return value if callable(value) else float(value)


def _two_or_more(owner, argument, value):
    if not checks.is_integer(value) or value < 2:
        checks.fail(owner, argument, value, "an integer of at least 2", "None updates in every step.")


def epsilon_or_default(value):
    """`value`, or the setting `epsilon()` for None, as old Keras code means it.

    >>> epsilon_or_default(None)
    1e-07
    """
    return settings.epsilon() if value is None else value


def none_for_zero(value):
    """`value`, or None for 0: a limit of 0 means no limit in Keras.

    >>> none_for_zero(0.0), none_for_zero(0.5)
    (None, 0.5)
    """
    return value or None


def _check_epsilon(owner, argument, value):
    if value is not None:
        checks.nonnegative_number(owner, argument, value)


VOCABULARY = {
    "learning_rate": Term(check_rate, as_rate, "step size: a number, a schedule or a function",
                          optional=False),
    "weight_decay": Term(checks.nonnegative_number, doc="fraction taken from each weight per unit of "
                                                        "learning rate"),
    "clipnorm": Term(checks.nonnegative_number, none_for_zero, "largest Euclidean norm of each gradient"),
    "clipvalue": Term(checks.nonnegative_number, none_for_zero, "largest absolute value in a gradient"),
    "global_clipnorm": Term(checks.nonnegative_number, none_for_zero, "largest Euclidean norm of all "
                                                                      "gradients together"),
    "use_ema": Term(checks.boolean, bool, "keep a moving average of the weights"),
    "ema_momentum": Term(checks.fraction, doc="share of the old average, 0..1"),
    "ema_overwrite_frequency": Term(checks.positive_int, doc="steps after which the weights take their "
                                                             "average"),
    "loss_scale_factor": Term(checks.positive_number, doc="what the loss is multiplied with before the "
                                                          "gradients"),
    "gradient_accumulation_steps": Term(_two_or_more, doc="steps whose mean gradient makes one update"),
    "decay": Term(checks.nonnegative_number, doc="old Keras: learning_rate / (1 + decay * iterations)"),
    "epsilon": Term(_check_epsilon, epsilon_or_default, "small number that keeps divisions finite",
                    optional=False),
    "beta_1": Term(checks.fraction_below_one, doc="share kept of the average gradient, 0..1"),
    "beta_2": Term(checks.fraction_below_one, doc="share kept of the average squared gradient, 0..1"),
    "schedule_decay": Term(checks.nonnegative_number, doc="speed at which the momentum warms up"),
    "rho": Term(checks.fraction, doc="share kept of the average squared gradient, 0..1"),
    "momentum": Term(checks.fraction, float, "share kept of the last update, 0..1"),
    "nesterov": Term(checks.boolean, bool, "look ahead along the momentum"),
    "amsgrad": Term(checks.boolean, bool, "divide by the largest average of squares so far"),
    "centered": Term(checks.boolean, bool, "divide by the standard deviation instead of the root mean "
                                           "square"),
    "initial_accumulator_value": Term(checks.nonnegative_number, doc="where sums of squares start"),
}
