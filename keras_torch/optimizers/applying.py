"""How Keras code asks for an update: gradients and variables by hand."""

import warnings

import torch


class KerasCalls:
    """The part of `Optimizer` that takes gradients as arguments instead of from `backward`."""

    def apply_gradients(self, grads_and_vars):
        """One update from (gradient, variable) pairs; builds the optimizer when needed.

        Args:
            grads_and_vars: pairs; a gradient may be None.

        Returns:
            Iterations: the number of updates made.
        """
        pairs = list(grads_and_vars)
        self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])
        return self.iterations

    def apply(self, grads, trainable_variables=None):
        """One update from a list of gradients.

        Args:
            grads: tensors, None where a variable has no gradient.
            trainable_variables: the variables they belong to; None for those the optimizer was built on.

        Errors:
            ValueError: not built and no variables given; unknown variables; another number of gradients; no
                gradient.
        """
        grads = list(grads)
        if not grads:
            return
        variables = self._variables_of(grads, trainable_variables)
        if self.built:
            self._check_known(variables)
        else:
            self.build(variables)
        missing = [name_of(variable) for variable, grad in zip(variables, grads) if grad is None]
        if missing and len(missing) < len(grads):
            warnings.warn(f"{self._owner()}: no gradient reaches {', '.join(missing)}; they stay as they "
                          "are. Leave them out of the variables, or use them in the loss.", stacklevel=2)
        with torch.no_grad():
            self.update(self._parts_of(grads, variables))

    def _variables_of(self, grads, variables):
        if variables is None:
            if not self.built:
                raise ValueError(f"{self._owner()}: apply() without variables needs a built optimizer. Call "
                                 "build(variables) first, or pass the variables too.")
            variables = self._variables
        variables = list(variables)
        if len(grads) != len(variables):
            raise ValueError(f"{self._owner()}: apply() got {len(grads)} gradients for {len(variables)} "
                             "variables. "
                             "Give one for each, None where there is none.")
        return variables

    def _parts_of(self, grads, variables):
        of_variable = {id(variable): grad for variable, grad in zip(variables, grads)}
        aligned = [of_variable.get(id(variable)) for variable in self._variables]
        for variable, grad in zip(self._variables, aligned):
            if grad is not None and grad.shape != variable.shape:
                raise ValueError(f"{self._owner()}: the gradient of {name_of(variable)} has shape "
                                 f"{tuple(grad.shape)}, the variable {tuple(variable.shape)}. "
                                 "Give gradients and variables in the same order.")
        if any(block.has_moved() for block in self._blocks):
            self._regroup()
        return [block.part([aligned[place] for place in block.positions]) for block in self._blocks]

    def _check_known(self, variables):
        known = {id(variable) for variable in self._variables}
        for variable in variables:
            if id(variable) not in known:
                raise ValueError(f"{self._owner()} was built on other variables: {name_of(variable)} is "
                                 "unknown to it. "
                                 "Make a new optimizer for it, or use add_param_group().")

    def minimize(self, loss, var_list, tape=None):
        """Computes gradients of the loss and makes one update.

        Args:
            loss: scalar tensor, or a function without arguments that returns one.
            var_list: the variables, or a function that returns them.
            tape: must be None: torch needs no tape.

        Returns:
            Iterations: the number of updates made.
        """
        return self.apply_gradients(self.compute_gradients(loss, var_list, tape))

    def compute_gradients(self, loss, var_list, tape=None):
        """(gradient, variable) pairs of a loss; arguments as in `minimize`."""
        if tape is not None:
            raise ValueError(f"{self._owner()}: `tape` must be None; torch records gradients by itself.")
        if callable(loss) and not isinstance(loss, torch.Tensor):
            with torch.enable_grad():
                loss = loss()
        variables = list(var_list() if callable(var_list) else var_list)
        return list(zip(torch.autograd.grad(self.scale_loss(loss), variables, allow_unused=True), variables))

    def scale_loss(self, loss):
        """The loss to call `backward` on: multiplied with `loss_scale_factor` if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor


def name_of(variable):
    """How errors call a variable: its path, or its shape when it has none.

    >>> name_of(torch.zeros(2))
    "'tensor of shape (2,)'"
    """
    return repr(getattr(variable, "path", None) or f"tensor of shape {tuple(variable.shape)}")
