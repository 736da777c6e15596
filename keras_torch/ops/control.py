"""Choices and loops whose course depends on values: cond, switch, while_loop, scan, map.

Plain Python runs them, so they need values: for symbolic tensors, put them into a layer's `call`.
"""

import torch

from keras_torch.base import tree
from keras_torch.ops.core import as_tensor


def cond(pred, true_fn, false_fn):
    """`true_fn()` if `pred` holds, else `false_fn()`.

    >>> cond(True, lambda: 1, lambda: 2)
    1
    """
    return true_fn() if pred else false_fn()


def switch(index, branches, *operands):
    """`branches[index](*operands)`; an index outside is brought to the nearest branch.

    >>> switch(1, [lambda x: x, lambda x: x * 2], 3)
    6
    """
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Repeats `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` holds.

    Args:
        loop_vars: a tuple or list of values, or one value.
        maximum_iterations: the most repetitions; None means no limit.

    Returns:
        The last values as tensors: a tuple, or one as `loop_vars` was.

    >>> while_loop(lambda i: i < 5, lambda i: i + 1, 0)
    tensor(5, dtype=torch.int32)
    """
    is_single = not isinstance(loop_vars, (tuple, list))
    values, count = (loop_vars,) if is_single else tuple(loop_vars), 0
    while cond(*values) and (maximum_iterations is None or count < maximum_iterations):
        values = body(*values)
        values = tuple(values) if isinstance(values, (tuple, list)) else (values,)
        count += 1
    return _tensors(values[0] if is_single else values)


def fori_loop(lower, upper, body_fun, init_val):
    """Repeats `value = body_fun(i, value)` for `i` from `lower` to below `upper`.

    >>> fori_loop(0, 3, lambda i, value: value + i, 0)
    tensor(3, dtype=torch.int32)
    """
    value = init_val
    for i in range(int(lower), int(upper)):
        value = body_fun(i, value)
    return _tensors(value)


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Repeats `carry, y = f(carry, x)` over the first axis of `xs`.

    Args:
        init: first carry.
        xs: tensor, or structure of tensors; None with `length`.
        length: number of repetitions; default the size of the first axis.
        reverse: whether to go from the end; the outputs keep their places.
        unroll: kept for Keras; the loop is always unrolled, and the value makes no difference.

    Returns:
        (last carry, the outputs `y` stacked)

    Errors:
        ValueError: neither `xs` nor `length` is given.

    >>> scan(lambda carry, x: (carry + x, carry), 0.0, torch.ones(3))[1]
    tensor([0., 1., 2.])
    """
    if xs is None and length is None:
        raise ValueError("scan() needs `xs` or `length`; got neither. Give the number of repetitions.")
    xs = tree.map_structure(as_tensor, xs) if xs is not None else None
    count = int(length) if length is not None else tree.flatten(xs)[0].shape[0]
    carry, outputs = init, [None] * count
    for i in reversed(range(count)) if reverse else range(count):
        carry, outputs[i] = f(carry, None if xs is None else tree.map_structure(lambda x, i=i: x[i], xs))
    return _tensors(carry), _stacked(outputs)


def _tensors(values):
    return tree.map_structure(lambda value: None if value is None else as_tensor(value), values)


def _stacked(outputs):
    """A list of equal structures as one structure of stacked tensors."""
    if not outputs or outputs[0] is None:
        return None
    return tree.map_structure(lambda *leaves: torch.stack([as_tensor(leaf) for leaf in leaves]), *outputs)


def map(f, xs):
    """`f` of each slice along the first axis, stacked.

    >>> map(lambda x: x * 2, torch.ones(3))
    tensor([2., 2., 2.])
    """
    xs = tree.map_structure(as_tensor, xs)
    count = tree.flatten(xs)[0].shape[0]
    return _stacked([f(tree.map_structure(lambda x, i=i: x[i], xs)) for i in range(count)])


def vectorized_map(function, elements):
    """`function` of each slice along the first axis, computed at once by `torch.vmap`.

    >>> vectorized_map(lambda x: x * 2, torch.ones(3))
    tensor([2., 2., 2.])
    """
    elements = tree.map_structure(as_tensor, elements)
    return torch.vmap(function)(elements)


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function of tensors from a function of single values, broadcast as in numpy.

    Args:
        excluded: refused; bind such arguments with functools.partial.
        signature: refused; use `vectorized_map` for functions of vectors.

    Errors:
        ValueError: `excluded` or `signature` is given.

    >>> vectorize(lambda a, b: a + b)(torch.ones(2), torch.ones(1))
    tensor([2., 2.])
    """
    if excluded is not None or signature is not None:
        raise ValueError("vectorize(): `excluded` and `signature` are not supported. Bind arguments with "
                         "functools.partial, and use vectorized_map() for functions of vectors.")

    def vectorized(*args):
        args = torch.broadcast_tensors(*(as_tensor(arg) for arg in args))
        results = torch.vmap(pyfunc)(*(arg.reshape(-1) for arg in args))
        return tree.map_structure(lambda result: result.reshape(args[0].shape), results)

    return vectorized


def associative_scan(f, elems, reverse=False, axis=0):
    """Running results of an associative function: y[0] = x[0], y[1] = f(y[0], x[1]), ...

    Args:
        f: function of two structures like `elems`, associative.
        elems: tensor or structure of tensors.
        reverse: whether to start at the end.

    >>> associative_scan(lambda a, b: a + b, torch.ones(3))
    tensor([1., 2., 3.])
    """
    elems = tree.map_structure(lambda x: torch.movedim(as_tensor(x), axis, 0), elems)
    count = tree.flatten(elems)[0].shape[0]
    results = [None] * count
    running = None
    for i in reversed(range(count)) if reverse else range(count):
        part = tree.map_structure(lambda x, i=i: x[i], elems)
        running = part if running is None else f(running, part)
        results[i] = running
    return tree.map_structure(lambda x: torch.movedim(x, 0, axis), _stacked(results))


def jvp(fun, primals, tangents, has_aux=False):
    """(outputs, their change along `tangents`): the derivative at `primals` in one direction.

    Args:
        has_aux: whether `fun` returns (outputs, something else), which is then returned third.

    >>> jvp(lambda x: x * x, (torch.tensor(3.0),), (torch.tensor(1.0),))
    (tensor(9.), tensor(6.))
    """
    aux = []

    def outputs_alone(*inputs):
        outputs = fun(*inputs)
        if has_aux:
            outputs, more = outputs
            aux.append(more)
        return outputs

    results = torch.autograd.functional.jvp(outputs_alone, tuple(primals), tuple(tangents))
    return (*results, aux[0]) if has_aux else results
