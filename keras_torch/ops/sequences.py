"""Sequences of unequal length as one numpy array."""

import numpy as np

from keras_torch.base.checks import fail, one_of


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """One array from sequences of unequal length: short ones are filled up, long ones are cut.

    Args:
        sequences: list of sequences; each may have further axes, the same in all.
        maxlen: steps of the result; None means those of the longest sequence.
        dtype: type of the result; `object` for strings of any length.
        padding: where to fill, 'pre' or 'post'.
        truncating: where to cut, 'pre' or 'post'.
        value: what to fill with.

    Returns:
        numpy array (sequences, maxlen, ...).

    Errors:
        ValueError: an item is no sequence, shapes differ, an unknown `padding`, or a text as `value`.

    Source: Keras `utils.pad_sequences`.

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)
    """
    for name, place in (("padding", padding), ("truncating", truncating)):
        one_of("pre", "post")("pad_sequences()", name, place)
    lengths = _lengths(sequences)
    if maxlen is None:
        maxlen = max(lengths, default=0)
    elif isinstance(maxlen, bool) or int(maxlen) != maxlen or maxlen < 0:
        fail("pad_sequences()", "maxlen", maxlen, "an integer of at least 0")
    is_text = np.issubdtype(dtype, np.str_) or np.dtype(dtype) == object
    if isinstance(value, str) and not is_text:
        fail("pad_sequences()", "value", value, f"a number for dtype {np.dtype(dtype).name}",
             "For texts give dtype=object.")
    maxlen = int(maxlen)
    first = next((item for item, length in zip(sequences, lengths) if length), ())
    shape = np.asarray(first).shape[1:] if len(first) else ()
    padded = np.full((len(sequences), maxlen, *shape), value, dtype=dtype)
    for row, sequence in enumerate(sequences):
        _put(padded, row, sequence, padding, truncating, dtype)
    return padded


def _lengths(sequences):
    if not hasattr(sequences, "__len__"):
        fail("pad_sequences()", "sequences", sequences, "a list of sequences")
    for position, item in enumerate(sequences):
        if not hasattr(item, "__len__") or getattr(item, "ndim", 1) == 0:
            fail("pad_sequences()", f"sequences[{position}]", item, "a sequence")
    return [len(item) for item in sequences]


def _put(padded, row, sequence, padding, truncating, dtype):
    """Writes one sequence into its row of the result."""
    maxlen = padded.shape[1]
    if not len(sequence) or not maxlen:
        return
    kept = np.asarray(sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen], dtype=dtype)
    if kept.shape[1:] != padded.shape[2:]:
        raise ValueError(f"pad_sequences(): items of sequence {row} have shape {kept.shape[1:]}, those of "
                         f"the first have {padded.shape[2:]}. Give all items one shape.")
    if padding == "pre":
        padded[row, maxlen - len(kept):] = kept
    else:
        padded[row, :len(kept)] = kept
