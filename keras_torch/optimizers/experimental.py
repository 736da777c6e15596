"""`optimizers.experimental` of tf.keras 2.8 to 2.10: where today's optimizers were first."""

from keras_torch.optimizers.adagrad import Adadelta as Adadelta
from keras_torch.optimizers.adagrad import Adafactor as Adafactor
from keras_torch.optimizers.adagrad import Adagrad as Adagrad
from keras_torch.optimizers.adam import Adam as Adam
from keras_torch.optimizers.adam import Adamax as Adamax
from keras_torch.optimizers.adam import AdamW as AdamW
from keras_torch.optimizers.adam import Nadam as Nadam
from keras_torch.optimizers.lion import Ftrl as Ftrl
from keras_torch.optimizers.optimizer import Optimizer as Optimizer
from keras_torch.optimizers.rmsprop import RMSprop as RMSprop
from keras_torch.optimizers.sgd import SGD as SGD
