"""Floor 0: what differs between the Keras generations, as one table of rows and one translator."""

from keras_torch.dialects.state import DIALECTS as DIALECTS
from keras_torch.dialects.state import current_dialect as current_dialect
from keras_torch.dialects.state import dialect as dialect
from keras_torch.dialects.state import set_dialect as set_dialect
