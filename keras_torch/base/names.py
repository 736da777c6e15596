"""Automatic names: `Dense` -> `dense`, the next one `dense_1`; `clear_session` starts again."""

import collections
import re
import threading

from keras_torch.dialects.state import current_dialect

_counts = collections.defaultdict(int)
_lock = threading.Lock()


def to_snake_case(name):
    """`Conv2D` -> `conv2d`, `LayerNormalization` -> `layer_normalization`, as Keras spells automatic names.

    >>> to_snake_case("ConvLSTM2D"), to_snake_case("PReLU"), to_snake_case("SimpleRNN")
    ('conv_lstm2d', 'p_re_lu', 'simple_rnn')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(prefix):
    """`prefix`, then `prefix_1`, `prefix_2` (Keras 1 and 2 count from 1: `prefix_1`, `prefix_2`).

    >>> first, second = unique_name("docs_example"), unique_name("docs_example")
    >>> second
    'docs_example_1'
    """
    with _lock:
        number = _counts[prefix]
        _counts[prefix] += 1
    if current_dialect() in ("keras1", "keras2.2", "keras2.3"):
        return f"{prefix}_{number + 1}"
    return f"{prefix}_{number}" if number else prefix


def reset_names():
    """Forgets all automatic names, so that the next `Dense` is called `dense` again.

    >>> reset_names()
    """
    with _lock:
        _counts.clear()
