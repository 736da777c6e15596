"""`GradientTape`: TensorFlow's way to ask for gradients, on torch's autograd."""

import contextlib
import threading

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail, one_of, quote


class _Recording(threading.local):
    """The tapes that this thread records on, outermost first."""

    def __init__(self):
        self.tapes = []


_RECORDING = _Recording()


class GradientTape:
    """`with GradientTape() as tape: loss = ...`, then `tape.gradient(loss, variables)`.

    Args:
        persistent: whether several gradients may be asked for.
        watch_accessed_variables: whether variables count without `watch`.

    Errors:
        RuntimeError: a second gradient of a tape that is not persistent.
        TypeError: something to watch or to differentiate that is no tensor, or has no float type.

    Notes:
        torch records everything that depends on a variable, also outside of the block and under
        `watch_accessed_variables=False`; the tape decides for what a gradient is handed out. In a block
        inside another tape's, gradients can be differentiated again. It records inside `torch.no_grad()` too.

    Source: TensorFlow `GradientTape`. In torch: `loss.backward()` or `torch.autograd.grad`.

    >>> x = torch.tensor(3.0)
    >>> with GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> tape.gradient(y, x)
    tensor(6.)
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.persistent, self._all_variables = bool(persistent), bool(watch_accessed_variables)
        self._watched, self._switched_on = [], []
        self._shares = self._asked = False

    def __enter__(self):
        tapes = _RECORDING.tapes
        if tapes:  # both tapes will ask for gradients of what is recorded now
            for tape in (*tapes, self):
                tape._shares = True
        tapes.append(self)
        self._before = torch.is_grad_enabled()
        torch.set_grad_enabled(True)
        return self

    def __exit__(self, *_):
        _RECORDING.tapes.remove(self)
        torch.set_grad_enabled(self._before)

    def watch(self, tensor):
        """Gradients for a tensor (or a structure of them) will be asked for.

        Args:
            tensor: tensor of a float type, variable, or structure.
        """
        for leaf in tree.flatten(tensor):
            if not isinstance(leaf, torch.Tensor):
                fail("GradientTape.watch()", "tensor", leaf, "a tensor or a variable",
                     "Make one with tf.convert_to_tensor().", error=TypeError)  # fmt: skip
            if not (leaf.is_floating_point() or leaf.is_complex()):
                fail("GradientTape.watch()", "tensor", leaf.dtype, "of a float type; whole numbers have no "
                     "gradients", error=TypeError)  # fmt: skip
            self._watched.append(leaf)
            if not leaf.requires_grad:
                leaf.requires_grad_()
                self._switched_on.append(leaf)

    def watched_variables(self):
        """Not known here.

        Errors:
            NotImplementedError: always.
        """
        raise NotImplementedError("GradientTape.watched_variables(): torch records on the tensors, not on "
                                  "the tape. Write model.trainable_variables.")

    @contextlib.contextmanager
    def stop_recording(self):
        """Inside the block nothing is recorded."""
        with torch.no_grad():
            yield

    def reset(self):
        """Forgets what was watched."""
        self._forget()
        self._watched = []
        self._asked = False

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients="none"):
        """Gradients of the sum of `target` for `sources`.

        Args:
            target: tensor, or structure of tensors.
            sources: variables and watched tensors, in any structure.
            output_gradients: what multiplies each part of `target`, in its structure; default 1.
            unconnected_gradients: 'none' or 'zero': what stands for a source that target does not depend on.

        Returns:
            tensors in the structure of `sources`.
        """
        targets, leaves = self._checked(target, sources, unconnected_gradients)
        given = [None] * len(targets) if output_gradients is None else tree.flatten(output_gradients)
        pairs = [(leaf, torch.ones_like(leaf) if weight is None else torch.as_tensor(weight).to(leaf))
                 for leaf, weight in zip(targets, given) if leaf.requires_grad]  # fmt: skip
        found = self._gradients(pairs, leaves, self._keeps_graph())
        self._finish()
        return tree.pack(sources, _filled(found, leaves, unconnected_gradients))

    def jacobian(self, target, sources, unconnected_gradients="none", **_):
        """Derivatives of each number of `target` for each number of the sources.

        Shape:
            target (a, ...), source (b, ...) -> (a, ..., b, ...)
        """
        (target,), leaves = self._checked(target, sources, unconnected_gradients)
        rows = [self._gradients([(number, None)] if number.requires_grad else [], leaves, True)
                for number in target.reshape(-1)]  # fmt: skip
        self._finish()
        found = [None if any(part is None for part in column) else
                 torch.stack(column).reshape(*target.shape, *leaf.shape)
                 for column, leaf in zip(zip(*rows), leaves)]  # fmt: skip
        if unconnected_gradients in ("zero", "ZERO"):
            found = [leaf.new_zeros(*target.shape, *leaf.shape) if part is None else part
                     for part, leaf in zip(found, leaves)]  # fmt: skip
        return tree.pack(sources, found)

    def batch_jacobian(self, target, source, unconnected_gradients="none", **_):
        """The Jacobian of each sample of a batch, whose samples do not depend on each other.

        Shape:
            target (batch, a, ...), source (batch, b, ...) -> (batch, a, ..., b, ...)
        """
        (target,), leaves = self._checked(target, source, unconnected_gradients)
        columns = target.reshape(target.shape[0], -1).unbind(1)
        rows = [self._gradients([(column.sum(), None)] if column.requires_grad else [], leaves, True)[0]
                for column in columns]  # fmt: skip
        self._finish()
        if any(row is None for row in rows):
            zero = unconnected_gradients in ("zero", "ZERO")
            return source.new_zeros(*target.shape, *source.shape[1:]) if zero else None
        return torch.stack(rows, 1).reshape(*target.shape, *source.shape[1:])

    def _checked(self, target, sources, unconnected):
        """(targets, sources), flat."""
        if self._asked and not self.persistent:
            raise RuntimeError("A GradientTape gives one set of gradients. Make it with persistent=True, or "
                               "ask for all of them at once: tape.gradient(loss, [a, b]).")
        one_of("none", "zero", "NONE", "ZERO")("GradientTape", "unconnected_gradients", unconnected)
        targets, leaves = tree.flatten(target), tree.flatten(sources)
        for name, values in (("target", targets), ("sources", leaves)):
            for value in values:
                if not isinstance(value, torch.Tensor):
                    raise TypeError(f"GradientTape: `{name}` must hold tensors or variables; got "
                                    f"{quote(value)}.")
        return targets, leaves

    def _gradients(self, pairs, leaves, keep):
        """The gradient for each source, None where there is none."""
        wanted = [leaf for leaf in leaves if self._counts(leaf)]
        if not pairs or not wanted:
            return [None] * len(leaves)
        again = bool(_RECORDING.tapes)
        targets, weights = zip(*pairs)
        with torch.enable_grad() if again else contextlib.nullcontext():
            found = iter(torch.autograd.grad(targets, wanted, weights, retain_graph=keep or again,
                                             create_graph=again, allow_unused=True))  # fmt: skip
        return [next(found) if self._counts(leaf) else None for leaf in leaves]

    def _counts(self, leaf):
        watched = self._all_variables or not isinstance(leaf, torch.nn.Parameter)
        return leaf.requires_grad and (watched or any(leaf is other for other in self._watched))

    def _keeps_graph(self):
        return self.persistent or self._shares

    def _finish(self):
        self._asked = True
        if not self.persistent and not self._shares:
            self._forget()

    def _forget(self):
        """Tensors that did not ask for gradients before they were watched do so no more."""
        for leaf in self._switched_on:
            if leaf.is_leaf:
                leaf.requires_grad_(False)
        self._switched_on = []


def _filled(found, leaves, unconnected):
    if unconnected in ("none", "NONE"):
        return found
    return [torch.zeros_like(leaf).detach() if part is None else part for part, leaf in zip(found, leaves)]
