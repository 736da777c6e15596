"""`a *= b` in a Keras script: a new tensor, as in Keras, not the old one changed in place, as in PyTorch.

TensorFlow's and Theano's tensors cannot be changed, so Keras code writes `weights *= mask` freely. In PyTorch
it would overwrite values that the backward pass needs, or the model's own output. Hence `run` compiles
scripts that use Keras and not torch with such statements written out. Scripts that import torch stay as they
are.
"""

import ast
import importlib.machinery
import operator
import os
import sys

import torch

from keras_torch.compat import paths

NAME = "__keras_torch_assign__"
_OPERATORS = {  # node of the syntax tree -> names in `operator`: a new object, in place
    "Add": ("add", "iadd"),
    "Sub": ("sub", "isub"),
    "Mult": ("mul", "imul"),
    "Div": ("truediv", "itruediv"),
    "FloorDiv": ("floordiv", "ifloordiv"),
    "Mod": ("mod", "imod"),
    "Pow": ("pow", "ipow"),
    "MatMult": ("matmul", "imatmul"),
    "BitAnd": ("and_", "iand"),
    "BitOr": ("or_", "ior"),
    "BitXor": ("xor", "ixor"),
}
_FUNCTIONS = {node: tuple(getattr(operator, name) for name in names) for node, names in _OPERATORS.items()}


def assign(operation, target, value):
    """What `target += value` and the like bind: a new tensor for a tensor; all else as in Python.

    Args:
        operation: the operator's name in a syntax tree, such as 'Add'.

    >>> before = torch.ones(2)
    >>> assign("Add", before, 1), before
    (tensor([2., 2.]), tensor([1., 1.]))
    """
    new, in_place = _FUNCTIONS[operation]
    return (new if isinstance(target, torch.Tensor) else in_place)(target, value)


class _WrittenOut(ast.NodeTransformer):
    """Turns `x *= y` into `x = assign("Mult", x, y)`, for names and for attributes of names."""

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        name, target = type(node.op).__name__, node.target
        simple = isinstance(target, ast.Name) or (
            isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
        )
        if name not in _OPERATORS or not simple:
            return node
        read = (
            ast.Name(target.id, ast.Load())
            if isinstance(target, ast.Name)
            else ast.Attribute(ast.Name(target.value.id, ast.Load()), target.attr, ast.Load())
        )
        call = ast.Call(ast.Name(NAME, ast.Load()), [ast.Constant(name), read, node.value], [])
        return ast.fix_missing_locations(ast.copy_location(ast.Assign([target], call), node))


def _roots(tree):
    """The first parts of all modules that a program imports, at any place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def speaks_only_keras(tree):
    """Whether a syntax tree is that of a program that uses Keras and not torch.

    >>> [speaks_only_keras(ast.parse(text)) for text in ("import keras", "import keras, torch")]
    [True, False]
    """
    roots = set(_roots(tree))
    return "torch" not in roots and bool(roots & {*paths.ROOTS, "keras_torch"})


def compile_script(content, path):
    """The code of a Python file; in-place assignments are written out when it uses Keras and not torch.

    Args:
        content: its text or bytes.
        path: what tracebacks call it.

    Errors:
        SyntaxError: the file is no Python.

    >>> namespace = {NAME: assign, "x": torch.ones(1)}
    >>> exec(compile_script("import keras_torch\\ny = x\\ny += 1", "example"), namespace)
    >>> namespace["x"], namespace["y"]
    (tensor([1.]), tensor([2.]))
    """
    tree = compile(content, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    if speaks_only_keras(tree):
        tree = _WrittenOut().visit(tree)
    return compile(tree, path, "exec", dont_inherit=True)


class _OwnLoader(importlib.machinery.SourceFileLoader):
    """Loads a module beside the script in the same way; nothing of it goes into `__pycache__`."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return compile_script(self.get_data(path), path)

    def exec_module(self, module):
        module.__dict__[NAME] = assign
        super().exec_module(module)


class OwnFinder:
    """A meta path finder for the modules in the script's folder and below it.

    Args:
        folder: the script's folder.
    """

    def __init__(self, folder):
        self.folder = os.path.join(os.path.realpath(folder), "")

    def find_spec(self, fullname, path=None, target=None):
        """The spec of a source file of the user's; None for the rest of the world."""
        if fullname.partition(".")[0] in sys.stdlib_module_names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not importlib.machinery.SourceFileLoader:
            return None
        inside = os.path.realpath(spec.origin)
        if not inside.startswith(self.folder) or "site-packages" in inside:
            return None
        spec.loader = _OwnLoader(fullname, spec.origin)
        return spec
