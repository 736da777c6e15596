"""Floor 8: turning texts and sequences into arrays, as the older generations did."""

from keras_torch.preprocessing import sequence as sequence
from keras_torch.preprocessing import text as text
