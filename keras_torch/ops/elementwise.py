"""Functions of each element: arithmetic, exponentials, angles, rounding, complex numbers."""

import torch

from keras_torch.ops.core import as_tensor, pair


def abs(x):
    """`|x|`.

    >>> abs([-2.0])
    tensor([2.])
    """
    return torch.abs(as_tensor(x))


def negative(x):
    """`-x`.

    >>> negative([2.0])
    tensor([-2.])
    """
    return torch.neg(as_tensor(x))


def sign(x):
    """-1, 0 or 1.

    >>> sign([-2.0, 0.0])
    tensor([-1.,  0.])
    """
    return torch.sign(as_tensor(x))


def square(x):
    """`x**2`.

    >>> square([3.0])
    tensor([9.])
    """
    return torch.square(as_tensor(x))


def sqrt(x):
    """The square root.

    >>> sqrt([9.0])
    tensor([3.])
    """
    return torch.sqrt(as_tensor(x))


def rsqrt(x):
    """`1 / sqrt(x)`.

    >>> rsqrt([4.0])
    tensor([0.5000])
    """
    return torch.rsqrt(as_tensor(x))


def reciprocal(x):
    """`1 / x`.

    >>> reciprocal([4.0])
    tensor([0.2500])
    """
    return torch.reciprocal(as_tensor(x))


def exp(x):
    """`e**x`.

    >>> exp([0.0])
    tensor([1.])
    """
    return torch.exp(as_tensor(x))


def exp2(x):
    """`2**x`.

    >>> exp2([3.0])
    tensor([8.])
    """
    return torch.exp2(as_tensor(x))


def expm1(x):
    """`e**x - 1`, exact for small `x`.

    >>> expm1([0.0])
    tensor([0.])
    """
    return torch.expm1(as_tensor(x))


def log(x):
    """The natural logarithm.

    >>> log([1.0])
    tensor([0.])
    """
    return torch.log(as_tensor(x))


def log10(x):
    """The logarithm of base 10.

    >>> log10([100.0])
    tensor([2.])
    """
    return torch.log10(as_tensor(x))


def log1p(x):
    """`log(1 + x)`, exact for small `x`.

    >>> log1p([0.0])
    tensor([0.])
    """
    return torch.log1p(as_tensor(x))


def log2(x):
    """The logarithm of base 2.

    >>> log2([8.0])
    tensor([3.])
    """
    return torch.log2(as_tensor(x))


def sin(x):
    """The sine of angles in radians.

    >>> sin([0.0])
    tensor([0.])
    """
    return torch.sin(as_tensor(x))


def cos(x):
    """The cosine of angles in radians.

    >>> cos([0.0])
    tensor([1.])
    """
    return torch.cos(as_tensor(x))


def tan(x):
    """The tangent of angles in radians.

    >>> tan([0.0])
    tensor([0.])
    """
    return torch.tan(as_tensor(x))


def arcsin(x):
    """The angle in radians whose sine is `x`.

    >>> arcsin([0.0])
    tensor([0.])
    """
    return torch.arcsin(as_tensor(x))


def arccos(x):
    """The angle in radians whose cosine is `x`.

    >>> arccos([1.0])
    tensor([0.])
    """
    return torch.arccos(as_tensor(x))


def arctan(x):
    """The angle in radians whose tangent is `x`.

    >>> arctan([0.0])
    tensor([0.])
    """
    return torch.arctan(as_tensor(x))


def sinh(x):
    """The hyperbolic sine.

    >>> sinh([0.0])
    tensor([0.])
    """
    return torch.sinh(as_tensor(x))


def cosh(x):
    """The hyperbolic cosine.

    >>> cosh([0.0])
    tensor([1.])
    """
    return torch.cosh(as_tensor(x))


def arcsinh(x):
    """The inverse of `sinh`.

    >>> arcsinh([0.0])
    tensor([0.])
    """
    return torch.arcsinh(as_tensor(x))


def arccosh(x):
    """The inverse of `cosh`.

    >>> arccosh([1.0])
    tensor([0.])
    """
    return torch.arccosh(as_tensor(x))


def arctanh(x):
    """The inverse of `tanh`.

    >>> arctanh([0.0])
    tensor([0.])
    """
    return torch.arctanh(as_tensor(x))


def sinc(x):
    """`sin(pi x) / (pi x)`, 1 at 0.

    >>> sinc([0.0])
    tensor([1.])
    """
    return torch.sinc(as_tensor(x))


def deg2rad(x):
    """Degrees to radians.

    >>> deg2rad([0.0])
    tensor([0.])
    """
    return torch.deg2rad(as_tensor(x))


def rad2deg(x):
    """Radians to degrees.

    >>> rad2deg([0.0])
    tensor([0.])
    """
    return torch.rad2deg(as_tensor(x))


def floor(x):
    """The whole number at or below.

    >>> floor([1.7])
    tensor([1.])
    """
    return torch.floor(as_tensor(x))


def ceil(x):
    """The whole number at or above.

    >>> ceil([1.2])
    tensor([2.])
    """
    return torch.ceil(as_tensor(x))


def trunc(x):
    """The whole number towards zero.

    >>> trunc([-1.7])
    tensor([-1.])
    """
    return torch.trunc(as_tensor(x))


def erf(x):
    """The error function.

    >>> erf([0.0])
    tensor([0.])
    """
    return torch.erf(as_tensor(x))


def erfc(x):
    """`1 - erf(x)`.

    >>> erfc([0.0])
    tensor([1.])
    """
    return torch.erfc(as_tensor(x))


def erfinv(x):
    """The inverse of `erf`.

    >>> erfinv([0.0])
    tensor([0.])
    """
    return torch.erfinv(as_tensor(x))


def i0(x):
    """The modified Bessel function of order 0.

    >>> i0([0.0]).round(decimals=3)
    tensor([1.])
    """
    return torch.i0(as_tensor(x))


def conjugate(x):
    """The complex conjugate.

    >>> conjugate([1.0])
    tensor([1.])
    """
    return torch.conj(as_tensor(x))


def real(x):
    """The real part.

    >>> real([1.0])
    tensor([1.])
    """
    return torch.real(as_tensor(x))


def angle(x):
    """The angle of a complex number in radians.

    >>> angle([1.0])
    tensor([0.])
    """
    return torch.angle(as_tensor(x))


def add(x1, x2):
    """`x1 + x2`.

    >>> add([1.0], 2)
    tensor([3.])
    """
    return torch.add(*pair(x1, x2))


def subtract(x1, x2):
    """`x1 - x2`.

    >>> subtract([1.0], 2)
    tensor([-1.])
    """
    return torch.sub(*pair(x1, x2))


def multiply(x1, x2):
    """`x1 * x2`.

    >>> multiply([3.0], 2)
    tensor([6.])
    """
    return torch.mul(*pair(x1, x2))


def divide(x1, x2):
    """`x1 / x2`; integers give floats.

    >>> divide([3.0], 2)
    tensor([1.5000])
    """
    return torch.true_divide(*pair(x1, x2))


def floor_divide(x1, x2):
    """`x1 // x2`, rounded down.

    >>> floor_divide([7], 2)
    tensor([3], dtype=torch.int32)
    """
    return torch.floor_divide(*pair(x1, x2))


def mod(x1, x2):
    """`x1 % x2`, with the sign of `x2`.

    >>> mod([-7], 3)
    tensor([2], dtype=torch.int32)
    """
    return torch.remainder(*pair(x1, x2))


def fmod(x1, x2):
    """The remainder with the sign of `x1`.

    >>> fmod([-7], 3)
    tensor([-1], dtype=torch.int32)
    """
    return torch.fmod(*pair(x1, x2))


def power(x1, x2):
    """`x1 ** x2`.

    >>> power([3.0], 2)
    tensor([9.])
    """
    return torch.pow(*pair(x1, x2))


def maximum(x1, x2):
    """The greater of both; NaN if either is.

    >>> maximum([1.0, 3.0], 2)
    tensor([2., 3.])
    """
    return torch.maximum(*pair(x1, x2))


def minimum(x1, x2):
    """The smaller of both; NaN if either is.

    >>> minimum([1.0, 3.0], 2)
    tensor([1., 2.])
    """
    return torch.minimum(*pair(x1, x2))


def fmax(x1, x2):
    """The greater of both; a number rather than NaN.

    >>> fmax([1.0, 3.0], 2)
    tensor([2., 3.])
    """
    return torch.fmax(*pair(x1, x2))


def fmin(x1, x2):
    """The smaller of both; a number rather than NaN.

    >>> fmin([1.0, 3.0], 2)
    tensor([1., 2.])
    """
    return torch.fmin(*pair(x1, x2))


def arctan2(x1, x2):
    """The angle in radians of the point (x2, x1).

    >>> arctan2([0.0], [1.0])
    tensor([0.])
    """
    return torch.arctan2(*pair(x1, x2))


def hypot(x1, x2):
    """`sqrt(x1**2 + x2**2)`.

    >>> hypot([3.0], [4.0])
    tensor([5.])
    """
    return torch.hypot(*pair(x1, x2))


def logaddexp(x1, x2):
    """`log(exp(x1) + exp(x2))`.

    >>> logaddexp([0.0], [0.0])
    tensor([0.6931])
    """
    return torch.logaddexp(*pair(x1, x2))


def logaddexp2(x1, x2):
    """`log2(2**x1 + 2**x2)`.

    >>> logaddexp2([0.0], [0.0])
    tensor([1.])
    """
    return torch.logaddexp2(*pair(x1, x2))


def nextafter(x1, x2):
    """The next number from `x1` towards `x2`.

    >>> nextafter([0.0], [1.0])
    tensor([1.4013e-45])
    """
    return torch.nextafter(*pair(x1, x2))


def gcd(x1, x2):
    """The greatest common divisor.

    >>> gcd([6], [4])
    tensor([2], dtype=torch.int32)
    """
    return torch.gcd(*pair(x1, x2))


def lcm(x1, x2):
    """The least common multiple.

    >>> lcm([6], [4])
    tensor([12], dtype=torch.int32)
    """
    return torch.lcm(*pair(x1, x2))


def heaviside(x1, x2):
    """0 below 0, `x2` at 0, 1 above.

    >>> heaviside([-1.0, 0.0], [0.5])
    tensor([0.0000, 0.5000])
    """
    return torch.heaviside(*pair(x1, x2))


def cbrt(x):
    """The cube root, negative for negative numbers.

    >>> cbrt([-8.0])
    tensor([-2.])
    """
    x = as_tensor(x)
    return torch.sign(x) * torch.pow(torch.abs(x), 1 / 3)


def ldexp(x1, x2):
    """`x1 * 2**x2`, `x2` being whole numbers.

    >>> ldexp([1.0], [3])
    tensor([8.])
    """
    return torch.ldexp(*pair(x1, x2))


def imag(x):
    """The imaginary part; 0 for real numbers.

    >>> imag([1.0])
    tensor([0.])
    """
    x = as_tensor(x)
    return torch.imag(x) if x.is_complex() else torch.zeros_like(x)


def round(x, decimals=0):
    """Rounded to `decimals` places, halves to the even neighbour.

    >>> round([1.25, 2.5])
    tensor([1., 2.])
    """
    x = as_tensor(x)
    if not x.is_floating_point() and decimals >= 0:
        return x
    return torch.round(x, decimals=decimals)


def clip(x, x_min, x_max):
    """`min(max(x, x_min), x_max)`; the limits may be tensors.

    >>> clip([1.0, 5.0], 2, 3)
    tensor([2., 3.])
    """
    x = as_tensor(x)
    if isinstance(x_min, (int, float)) and isinstance(x_max, (int, float)):
        return torch.clamp(x, x_min, x_max)
    return torch.minimum(torch.maximum(x, as_tensor(x_min, like=x)), as_tensor(x_max, like=x))


def divide_no_nan(x1, x2):
    """`x1 / x2`, and 0 where `x2` is 0.

    >>> divide_no_nan([1.0, 3.0], [0.0, 2.0])
    tensor([0.0000, 1.5000])
    """
    x1, x2 = pair(x1, x2)
    is_zero = torch.eq(x2, 0)
    return torch.where(is_zero, 0.0, x1 / torch.where(is_zero, 1, x2))


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """NaN and infinite values replaced; None means the largest and smallest number of the type.

    >>> nan_to_num([float("nan"), 1.0])
    tensor([0., 1.])
    """
    return torch.nan_to_num(as_tensor(x), nan=nan, posinf=posinf, neginf=neginf)


def view_as_complex(x):
    """Pairs (..., 2) of real and imaginary parts as complex numbers (...).

    >>> view_as_complex([[1.0, 2.0]])
    tensor([1.+2.j])
    """
    return torch.view_as_complex(as_tensor(x))


def view_as_real(x):
    """Complex numbers (...) as pairs (..., 2) of real and imaginary parts.

    >>> view_as_real(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    return torch.view_as_real(as_tensor(x))


def polar(abs_, angle):
    """The complex numbers of sizes `abs_` and angles `angle` in radians.

    >>> polar([1.0], [0.0])
    tensor([1.+0.j])
    """
    return torch.polar(*pair(abs_, angle))


absolute = abs
fabs = abs
conj = conjugate
true_divide = divide
