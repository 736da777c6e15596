"""Floor 9: the alias `keras` and the running of unmodified Keras scripts."""

from keras_torch.compat.guess import guess_dialect as guess_dialect
from keras_torch.compat.install import install_as_keras as install_as_keras
from keras_torch.compat.install import uninstall as uninstall
