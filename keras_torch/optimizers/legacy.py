"""`optimizers.legacy` of tf.keras: the names of old scripts, here the same classes.

They take `lr` and `decay` like all optimizers here.
"""

from keras_torch.optimizers.adagrad import Adadelta as Adadelta
from keras_torch.optimizers.adagrad import Adagrad as Adagrad
from keras_torch.optimizers.adam import Adam as Adam
from keras_torch.optimizers.adam import Adamax as Adamax
from keras_torch.optimizers.adam import Nadam as Nadam
from keras_torch.optimizers.lion import Ftrl as Ftrl
from keras_torch.optimizers.optimizer import Optimizer as Optimizer
from keras_torch.optimizers.rmsprop import RMSprop as RMSprop
from keras_torch.optimizers.sgd import SGD as SGD
