"""The house rules that a machine can watch: floors, cycles, hidden imports, sizes, docstrings."""

import ast
import functools
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "keras_torch"
FLOORS = {
    "base": 0,
    "dialects": 0,
    "ops": 1,
    "random": 1,
    "activations": 2,
    "symbolic": 2,
    "initializers": 3,
    "regularizers": 3,
    "constraints": 3,
    "losses": 3,
    "metrics": 3,
    "optimizers": 3,
    "layers": 4,
    "saving": 4,
    "callbacks": 5,
    "distribution": 5,
    "training": 6,
    "models": 7,
    "applications": 8,
    "datasets": 8,
    "preprocessing": 8,
    "wrappers": 8,
    "utils": 8,
    "backend": 8,
    "config": 8,
    "dtype_policies": 8,
    "mixed_precision": 8,
    "tree": 8,
    "compat": 9,
    "cli": 10,
    "__main__": 10,
    "__init__": 11,
}
NEIGHBOURS = {("base", "dialects"), ("random", "ops"), ("metrics", "losses"), ("__main__", "cli")}
LARGEST_FILE = 1000


@functools.cache
def modules():
    """Dotted name -> (path, syntax tree) of every module of the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = path, ast.parse(path.read_text(encoding="utf-8"))
    return found


def is_package(name):
    return modules()[name][0].name == "__init__.py"


def own_targets(node, name):
    """The modules of the package that one import statement of module `name` refers to."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.split(".")[0] == "keras_torch"]
    base = node.module or ""
    if node.level:
        parts = name.split(".") if is_package(name) else name.split(".")[:-1]
        base = ".".join(parts[: len(parts) - node.level + 1] + ([node.module] if node.module else []))
    if base.split(".")[0] != "keras_torch":
        return []
    return [f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules() else base for alias in node.names]


def imports(name):
    """(statement, is inside a function) for every import of a module, those for type checkers left out."""
    tree = modules()[name][1]
    inner = {
        child
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.walk(node)
    }
    for_hints = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node not in for_hints:
            yield node, node in inner


def folder(name):
    return (name.split(".") + ["__init__"])[1]


def where(name, node):
    return f"{modules()[name][0].relative_to(ROOT)}:{node.lineno}"


def test_every_folder_has_a_floor():
    assert {folder(name) for name in modules()} <= set(FLOORS)


def test_no_import_is_hidden_in_a_function():
    assert [where(name, node) for name in modules() for node, inner in imports(name) if inner] == []


def test_imports_go_down():
    wrong = []
    for name in modules():
        for node, _ in imports(name):
            for target in own_targets(node, name):
                mine, theirs = folder(name), folder(target)
                if mine != theirs and FLOORS[theirs] >= FLOORS[mine] and (mine, theirs) not in NEIGHBOURS:
                    wrong.append(f"{where(name, node)} {mine} -> {theirs}")
    assert wrong == []


def test_no_module_takes_part_in_an_import_cycle():
    graph = {
        name: {
            target
            for node, _ in imports(name)
            for target in own_targets(node, name)
            if target in modules() and target != name
        }
        for name in modules()
    }
    while True:  # take away what imports nothing that is left; a cycle never gets free
        free = [name for name, targets in graph.items() if not targets & graph.keys()]
        if not free:
            break
        for name in free:
            del graph[name]
    in_cycles = {name for name in graph if _reaches_itself(graph, name)}
    assert in_cycles == set()


def _reaches_itself(graph, start):
    seen, waiting = set(), list(graph[start])
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name in graph and name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    return False


def test_files_stay_short():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path, _ in modules().values()
    }
    assert {path: length for path, length in lengths.items() if length > LARGEST_FILE} == {}


def test_every_module_and_public_name_has_a_docstring():
    missing = []
    for name, (path, tree) in modules().items():
        if ast.get_docstring(tree) is None:
            missing.append(str(path.relative_to(ROOT)))
        for node in tree.body:
            named = isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            if named and not node.name.startswith("_") and ast.get_docstring(node) is None:
                missing.append(f"{where(name, node)} {node.name}")
    assert missing == []


def test_no_exception_is_swallowed_whole():
    wrong = []
    for name, (_, tree) in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
                if broad and all(isinstance(line, ast.Pass) for line in node.body):
                    wrong.append(where(name, node))
    assert wrong == []


def test_private_torch_names_pass_through_third_party():
    wrong = []
    for name, (path, tree) in modules().items():
        if path.name == "third_party.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and re.match(r"torch(\.\w+)*\._\w+", node.module or ""):
                wrong.append(where(name, node))
            if isinstance(node, ast.Attribute) and re.fullmatch(
                r"torch(\.\w+)*\._[a-zA-Z]\w*", ast.unparse(node)
            ):
                wrong.append(where(name, node))
    assert wrong == []


def test_readme_and_continuous_integration_run_the_same_command():
    in_readme = re.search(
        r"^VENV=\S+; (python3 -m venv .* -m pytest)$", (ROOT / "README.md").read_text(), re.M
    )
    in_ci = re.search(r"^(python3 -m venv .* -m pytest)$", (ROOT / ".ci" / "run").read_text(), re.M)
    assert in_readme[1] == in_ci[1]


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_links_of_the_papers_lead_somewhere(name):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
