"""What a process remembers between models, and how to forget it."""

from keras_torch.base import settings
from keras_torch.base.dtypes import set_dtype_policy
from keras_torch.base.names import reset_names
from keras_torch.base.scopes import phase

_counts = {}


def clear_session(free_memory=True):
    """Forgets automatic names, the global dtype policy and a fixed learning phase.

    Args:
        free_memory: makes no difference: torch frees a tensor when nothing refers to it.

    Source: Keras `utils.clear_session`.

    >>> clear_session()
    """
    reset_names()
    reset_uids()
    set_dtype_policy(settings.floatx())
    phase.training = None


def get_uid(prefix=""):
    """1 at the first call with this prefix, then 2, 3, ...

    >>> reset_uids()
    >>> get_uid("docs"), get_uid("docs")
    (1, 2)
    """
    _counts[prefix] = _counts.get(prefix, 0) + 1
    return _counts[prefix]


def reset_uids():
    """Begins the numbers of `get_uid` again.

    >>> reset_uids()
    """
    _counts.clear()
