"""The one door to optional packages and to torch's private names, so that a new torch breaks one file."""

import importlib
import types

import torch

_optimizer_module = importlib.import_module("torch.optim.optimizer")  # torch.optim hides its name
VF = torch._VF  # fused recurrent kernels
fused_adagrad = torch._fused_adagrad_
fused_adam = torch._fused_adam_
fused_adamw = torch._fused_adamw_
fused_sgd = torch._fused_sgd_
make_subclass = torch.Tensor._make_subclass
plain_tensor_results = torch._C._disabled_torch_function_impl  # ops on a subclass give plain tensors
call_with_hooks = torch.nn.Module._call_impl  # a module call, hooks included, without the outer wrapper frame
set_grad_enabled_now = torch._C._set_grad_enabled
get_overridable_functions = torch.overrides.get_overridable_functions
is_compiling = torch.compiler.is_compiling
optimizer_hooks = (_optimizer_module._global_optimizer_pre_hooks,
                   _optimizer_module._global_optimizer_post_hooks)
_module_file = importlib.import_module("torch.nn.modules.module")
_global_hooks = (_module_file._global_forward_hooks, _module_file._global_forward_pre_hooks,
                 _module_file._global_backward_hooks, _module_file._global_backward_pre_hooks)
loss_kernels = torch._C._nn  # what the losses of torch.nn.functional call after their own checks
unscale_and_check = torch._amp_foreach_non_finite_check_and_unscale_
update_loss_scale = torch._amp_update_scale_
# One call, many tensors.
foreach = types.SimpleNamespace(**{name: getattr(torch, "_foreach_" + name) for name in (
    "abs", "add", "add_", "addcdiv_", "addcmul", "addcmul_", "copy_", "clamp_max", "clamp_min",
    "clamp_min_", "div", "div_", "lerp_",
    "maximum_", "mul", "mul_", "neg", "norm", "pow", "reciprocal", "sign", "sqrt", "sqrt_", "sub", "sub_",
    "zero_")})


def hook_tables(module):
    """The dictionaries of all hooks that a call of a module would run; they stay the same objects.

    >>> any(hook_tables(torch.nn.Linear(1, 1)))
    False
    """
    return (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks,
            module._backward_pre_hooks, *_global_hooks)


def end_loader_workers(iterator):
    """Ends the worker processes of a DataLoader's iterator, unless the DataLoader keeps them (persistent).

    >>> end_loader_workers(iter([]))
    """
    if hasattr(iterator, "_shutdown_workers") and not getattr(iterator, "_persistent_workers", False):
        iterator._shutdown_workers()


_PIP_NAMES = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml", "tensorboard": "tensorboard"}


def need(module, purpose):
    """Imports an optional package, or says how to get it.

    Args:
        module: name as in an import statement, for example 'h5py' or 'matplotlib.pyplot'.
        purpose: what it is needed for; completes the sentence "... is needed".

    Returns:
        The imported module.

    Errors:
        ImportError: not installed; the message gives the pip command.

    >>> need("json", "to read a config").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        top = module.split(".")[0]
        raise ImportError(f"The package {top!r} is needed {purpose}, and it is not installed. "
                          f"Run: pip install {_PIP_NAMES.get(top, top)}") from error
