"""Optimizers: Keras's names and formulas, each a `torch.optim.Optimizer`."""

from keras_torch.optimizers import experimental as experimental
from keras_torch.optimizers import legacy as legacy
from keras_torch.optimizers import schedules as schedules
from keras_torch.optimizers.adagrad import Adadelta as Adadelta
from keras_torch.optimizers.adagrad import Adafactor as Adafactor
from keras_torch.optimizers.adagrad import Adagrad as Adagrad
from keras_torch.optimizers.adam import Adam as Adam
from keras_torch.optimizers.adam import Adamax as Adamax
from keras_torch.optimizers.adam import AdamW as AdamW
from keras_torch.optimizers.adam import Nadam as Nadam
from keras_torch.optimizers.lion import Ftrl as Ftrl
from keras_torch.optimizers.lion import Lamb as Lamb
from keras_torch.optimizers.lion import Lion as Lion
from keras_torch.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer
from keras_torch.optimizers.multi import MultiOptimizer as MultiOptimizer
from keras_torch.optimizers.multi import OptimizerMap as OptimizerMap
from keras_torch.optimizers.muon import Muon as Muon
from keras_torch.optimizers.native import NativeOptimizer as NativeOptimizer
from keras_torch.optimizers.native import TFOptimizer as TFOptimizer
from keras_torch.optimizers.optimizer import Optimizer as Optimizer
from keras_torch.optimizers.registry import deserialize as deserialize
from keras_torch.optimizers.registry import get as get
from keras_torch.optimizers.registry import serialize as serialize
from keras_torch.optimizers.rmsprop import RMSprop as RMSprop
from keras_torch.optimizers.schedule_free import ScheduleFreeAdamW as ScheduleFreeAdamW
from keras_torch.optimizers.sgd import SGD as SGD

# Keras 1 and 2 have the classes under these names too: `keras.optimizers.rmsprop(lr=0.0001)`. Four of them
# are names of files here, which stay importable by `from keras_torch.optimizers.adam import Adam`.
sgd, rmsprop, adagrad, adadelta, adam, adamax, nadam = SGD, RMSprop, Adagrad, Adadelta, Adam, Adamax, Nadam
