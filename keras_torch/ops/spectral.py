"""Fourier transforms, frames of a signal, sliding blocks."""

import torch
from torch.nn import functional

from keras_torch.base.checks import fail
from keras_torch.ops.core import as_tensor, one_node


def _complex(x):
    """(real, imaginary) as one complex tensor."""
    real, imaginary = (as_tensor(part) for part in x)
    return torch.complex(real, imaginary)


def _parts(x):
    return x.real.contiguous(), x.imag.contiguous()


@one_node
def fft(x):
    """The discrete Fourier transform of the last axis.

    Args:
        x: pair (real, imaginary).

    Returns:
        The pair (real, imaginary) of the transform.

    >>> fft((torch.ones(2), torch.zeros(2)))
    (tensor([2., 0.]), tensor([0., 0.]))
    """
    return _parts(torch.fft.fft(_complex(x)))


@one_node
def fft2(x):
    """The discrete Fourier transform of the last two axes; pairs as in `fft`.

    >>> fft2((torch.ones(1, 2), torch.zeros(1, 2)))[0]
    tensor([[2., 0.]])
    """
    return _parts(torch.fft.fft2(_complex(x)))


@one_node
def ifft2(x):
    """The inverse of `fft2`; pairs as in `fft`.

    >>> ifft2((torch.ones(1, 2), torch.zeros(1, 2)))[0]
    tensor([[1., 0.]])
    """
    return _parts(torch.fft.ifft2(_complex(x)))


@one_node
def rfft(x, fft_length=None):
    """The Fourier transform of real values along the last axis, without the mirrored half.

    Args:
        fft_length: the axis is cut or filled with zeros to this size first; None keeps it.

    Returns:
        The pair (real, imaginary), (..., fft_length // 2 + 1).

    >>> rfft(torch.ones(2))
    (tensor([2., 0.]), tensor([0., 0.]))
    """
    return _parts(torch.fft.rfft(as_tensor(x), n=fft_length))


@one_node
def irfft(x, fft_length=None):
    """The inverse of `rfft`.

    >>> irfft((torch.tensor([2.0, 0.0]), torch.zeros(2)))
    tensor([1., 1.])
    """
    return torch.fft.irfft(_complex(x), n=fft_length)


@one_node
def extract_sequences(x, sequence_length, sequence_stride):
    """Frames of `sequence_length` values along the last axis, `sequence_stride` apart.

    >>> extract_sequences(torch.arange(4.0), 2, 2)
    tensor([[0., 1.],
            [2., 3.]])
    """
    return as_tensor(x).unfold(-1, sequence_length, sequence_stride)


def _window(window, sequence_length, fft_length, like):
    """A window of `fft_length` values, centred."""
    if window is None:
        values = torch.ones(sequence_length, dtype=like.dtype, device=like.device)
    elif isinstance(window, str):
        if window not in ("hann", "hamming"):
            fail("stft()", "window", window, "'hann', 'hamming', a tensor or None")
        make = {"hann": torch.hann_window, "hamming": torch.hamming_window}[window]
        values = make(sequence_length, dtype=like.dtype, device=like.device)
    else:
        values = as_tensor(window, like=like).to(like.dtype)
    before = (fft_length - sequence_length) // 2
    return functional.pad(values, (before, fft_length - sequence_length - before))


@one_node
def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """The short-time Fourier transform: `rfft` of windowed frames.

    Args:
        sequence_length: values of a frame.
        sequence_stride: distance of frames, in values.
        fft_length: size of the transform, at least sequence_length.
        window: 'hann', 'hamming', a tensor (sequence_length,) or None.
        center: whether frames are centred at their places: the signal is mirrored at both ends.

    Returns:
        The pair (real, imaginary), (..., frames, fft_length // 2 + 1).

    >>> stft(torch.ones(1, 8), 4, 2, 4)[0].shape
    torch.Size([1, 5, 3])
    """
    x = as_tensor(x)
    if center:
        flat = x.reshape(-1, x.shape[-1])
        flat = functional.pad(flat, (fft_length // 2, fft_length // 2), mode="reflect")
        x = flat.reshape(*x.shape[:-1], -1)
    frames = x.unfold(-1, fft_length, sequence_stride)
    return _parts(torch.fft.rfft(frames * _window(window, sequence_length, fft_length, x), n=fft_length))


@one_node
def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    """The inverse of `stft`: frames transformed back and added where they overlap.

    Args:
        length: size of the signal; None means all that the frames cover.

    >>> istft(stft(torch.ones(1, 8), 4, 2, 4), 4, 2, 4).round(decimals=3)
    tensor([[1., 1., 1., 1., 1., 1., 1., 1.]])
    """
    frames = torch.fft.irfft(_complex(x), n=fft_length)
    weights = _window(window, sequence_length, fft_length, frames)
    count = frames.shape[-2]
    whole = fft_length + sequence_stride * (count - 1)
    flat = (frames * weights).reshape(-1, count, fft_length).transpose(1, 2)
    squares = weights.square().view(1, -1, 1).expand(1, fft_length, count)
    strides = (1, sequence_stride)
    signal, overlap = (functional.fold(part, (1, whole), (1, fft_length), stride=strides)[:, 0, 0]
                       for part in (flat, squares))
    signal = torch.where(overlap > 1e-11, signal / overlap.clamp(min=1e-11), signal)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else whole - start
    return signal[:, start:end].reshape(*frames.shape[:-2], -1)


@one_node
def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """Sliding blocks of images (batch, channels, height, width) as columns (batch, values, blocks).

    >>> unfold(torch.ones(1, 1, 3, 3), 2).shape
    torch.Size([1, 4, 4])
    """
    return functional.unfold(as_tensor(x), kernel_size, dilation, padding, stride)


@one_node
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The images whose sliding blocks are the columns of `x`; overlapping values are added.

    >>> fold(torch.ones(1, 4, 4), 3, 2).shape
    torch.Size([1, 1, 3, 3])
    """
    return functional.fold(as_tensor(x), output_size, kernel_size, dilation, padding, stride)
