"""Updates that are listed first and made afterwards, as a graph of Keras 1 and 2 has them.

`get_updates` of those Kerases made state, listed assignments and was called once; the graph then ran the list
in every step, each value computed from what was there before the step. Called in every step instead, it makes
the same state again each time: so variables are handed out again in their order, and assignments wait.
"""

import torch

COLLECTING = []  # the `CollectedUpdates` in force, the innermost last


class CollectedUpdates:
    """`with CollectedUpdates(owner, known) as updates: ...`, then `updates.run()`.

    Args:
        owner: what errors call the maker of the variables.
        known: list of the variables that an earlier block made; those of the first block are added to it.

    Errors:
        ValueError: a later block makes other variables than the first one.

    >>> from keras_torch.base.variable import Variable
    >>> known = []
    >>> for _ in range(2):
    ...     with CollectedUpdates("Sum", known) as updates:
    ...         total = Variable([0.0])
    ...         _ = total.assign_add(torch.ones(1))
    ...     updates.run()
    >>> len(known), known[0].numpy()
    (1, array([2.], dtype=float32))
    """

    def __init__(self, owner, known):
        self.owner, self.known = owner, known
        self._first, self._place, self._waiting = not known, 0, []

    def __enter__(self):
        COLLECTING.append(self)
        return self

    def __exit__(self, *error):
        COLLECTING.remove(self)

    def made(self, variable):
        """The variable that stands for one that is being made: itself, or that of the first block."""
        if self._first:
            self.known.append(variable)
            return variable
        place, self._place = self._place, self._place + 1
        if place >= len(self.known) or self.known[place].shape != variable.shape:
            raise ValueError(
                f"{self.owner} made other variables in its first step than now: number {place + 1} has "
                f"shape {tuple(variable.shape)}. Make the same state in every call."
            )
        return self.known[place]

    def later(self, result, assign, *values):
        """Remembers an assignment with the values of now; gives `result` back."""
        values = [value.detach().clone() if isinstance(value, torch.Tensor) else value for value in values]
        self._waiting.append((assign, values))
        return result

    def run(self):
        """Makes the assignments, in their order."""
        for assign, values in self._waiting:
            assign(*values)
