"""A weight as a picture: black is its smallest value, white its largest."""

import math

import numpy as np

_COLOURS = 3


def picture(weight):
    """The picture of a weight, or None when it has no useful one.

    Args:
        weight: numpy array in Keras's shape.

    Returns:
        numpy uint8 (height, width, 1 or 3) or None: a vector is a row of pixels, a matrix an upright
        or lying rectangle (the longer side lies), (height, width, filters) a grid of filters, and so is
        (height, width, 3, filters) in colour. Weights of more axes, without values, or with values that
        are not finite have none.

    >>> picture(np.zeros((5, 2))).shape
    (2, 5, 1)
    """
    weight = np.squeeze(np.asarray(weight, "float64"))
    if weight.size == 0 or not np.isfinite(weight).all():
        return None
    if weight.ndim <= 2:
        flat = np.atleast_2d(weight)
        return _as_bytes(flat.T if flat.shape[0] > flat.shape[1] else flat)[..., None]
    if weight.ndim == 3:
        return _grid(_as_bytes(weight)[:, :, None])
    return _grid(_as_bytes(weight)) if weight.ndim == 4 and weight.shape[2] == _COLOURS else None


def _as_bytes(values):
    low, high = values.min(), values.max()
    return ((values - low) / ((high - low) or 1) * 255).astype("uint8")


def _grid(tiles):
    """(height, width, channels, n) -> one picture with n tiles, a line of pixels between them."""
    height, width, channels, count = tiles.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    canvas = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1, channels), "uint8")
    for place in range(count):
        top, left = place // columns * (height + 1), place % columns * (width + 1)
        canvas[top:top + height, left:left + width] = tiles[..., place]
    return canvas
