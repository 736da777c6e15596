"""Floor 8: a window on the settings, as Keras 3's `config` module shows them."""

from keras_torch.base.dtypes import dtype_policy as dtype_policy
from keras_torch.base.dtypes import set_dtype_policy as set_dtype_policy
from keras_torch.base.settings import backend as backend
from keras_torch.base.settings import epsilon as epsilon
from keras_torch.base.settings import floatx as floatx
from keras_torch.base.settings import image_data_format as image_data_format
from keras_torch.base.settings import keras_home as keras_home
from keras_torch.base.settings import set_epsilon as set_epsilon
from keras_torch.base.settings import set_floatx as set_floatx
from keras_torch.base.settings import set_image_data_format as set_image_data_format
