"""Floor 8: the small data sets of Keras, read from the cache or downloaded into it."""

from keras_torch.datasets import boston_housing as boston_housing
from keras_torch.datasets import california_housing as california_housing
from keras_torch.datasets import cifar as cifar
from keras_torch.datasets import cifar10 as cifar10
from keras_torch.datasets import cifar100 as cifar100
from keras_torch.datasets import fashion_mnist as fashion_mnist
from keras_torch.datasets import imdb as imdb
from keras_torch.datasets import mnist as mnist
from keras_torch.datasets import reuters as reuters
