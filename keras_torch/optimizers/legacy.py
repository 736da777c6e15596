"""`optimizers.legacy` of tf.keras: the optimizers as they were before tf.keras 2.11.

Today's rules with a branch for the old formula: RMSprop and Adagrad add epsilon outside of the root, the
momentum of Nadam warms up slowly, `clipvalue` goes together with `clipnorm` or `global_clipnorm`.
"""

from keras_torch.optimizers.adagrad import Adadelta as _Adadelta
from keras_torch.optimizers.adagrad import Adagrad as _Adagrad
from keras_torch.optimizers.adam import Adam as _Adam
from keras_torch.optimizers.adam import Adamax as _Adamax
from keras_torch.optimizers.adam import Nadam as _Nadam
from keras_torch.optimizers.lion import Ftrl as _Ftrl
from keras_torch.optimizers.optimizer import Optimizer as _Optimizer
from keras_torch.optimizers.rmsprop import RMSprop as _RMSprop
from keras_torch.optimizers.sgd import SGD as _SGD


class Legacy:
    """Mix-in of the old forms; today's class knows it, so that old configs find it.

    >>> RMSprop().get_config()["is_legacy_optimizer"]
    True
    """

    _is_legacy = True

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        today = cls.__mro__[2]
        today._old_form = cls


class Optimizer(Legacy, _Optimizer):
    """`Optimizer` of old tf.keras: base of optimizers of your own.

    Source: tf.keras `optimizers.legacy.Optimizer`.

    >>> Optimizer(0.5).learning_rate
    0.5
    """


class SGD(Legacy, _SGD):
    """`SGD` of old tf.keras; the formula is today's.

    Source: tf.keras `optimizers.legacy.SGD`.

    >>> SGD(lr=0.5, decay=0.1).decay
    0.1
    """


class RMSprop(Legacy, _RMSprop):
    """`RMSprop` of old tf.keras: `w -= rate * g / (sqrt(v) + epsilon)`.

    Source: tf.keras `optimizers.legacy.RMSprop`.

    >>> RMSprop(lr=0.5).learning_rate
    0.5
    """


class Adagrad(Legacy, _Adagrad):
    """`Adagrad` of old tf.keras: `w -= rate * g / (sqrt(a) + epsilon)`.

    Source: tf.keras `optimizers.legacy.Adagrad`.

    >>> Adagrad().initial_accumulator_value
    0.1
    """


class Adadelta(Legacy, _Adadelta):
    """`Adadelta` of old tf.keras; the formula is today's.

    Source: tf.keras `optimizers.legacy.Adadelta`.

    >>> Adadelta().rho
    0.95
    """


class Adam(Legacy, _Adam):
    """`Adam` of old tf.keras; the formula is today's.

    Source: tf.keras `optimizers.legacy.Adam`.

    >>> Adam(lr=0.5, decay=0.1).decay
    0.1
    """


class Adamax(Legacy, _Adamax):
    """`Adamax` of old tf.keras; the formula is today's.

    Source: tf.keras `optimizers.legacy.Adamax`.

    >>> Adamax().beta_1
    0.9
    """


class Nadam(Legacy, _Nadam):
    """`Nadam` of old tf.keras, whose momentum warms up slowly; `decay` means `schedule_decay`.

    Source: tf.keras `optimizers.legacy.Nadam`.

    >>> Nadam(decay=0.01).schedule_decay
    0.01
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, schedule_decay=0.004,
                 **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, schedule_decay, **kwargs)


class Ftrl(Legacy, _Ftrl):
    """`Ftrl` of old tf.keras; the formula is today's.

    Source: tf.keras `optimizers.legacy.Ftrl`.

    >>> Ftrl().learning_rate_power
    -0.5
    """
