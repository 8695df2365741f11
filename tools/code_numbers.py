"""Count the modules, lines and functions of the package, and what is written of the MIB outside its declaration.

usage: python -m tools.code_numbers [FOLDER]

FOLDER is a tree of the project, this one without it: `git worktree add` makes one of an older commit.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def numbers(root: Path) -> Iterator[tuple[str, object]]:
    """Yield each number and what it counts."""
    package = root / "haproxy_agentx"
    texts = {str(file.relative_to(package)): file.read_text() for file in sorted(package.rglob("*.py"))}
    modules = {name: len(text.splitlines()) for name, text in texts.items() if not name.endswith("__init__.py")}
    trees = {name: ast.parse(text) for name, text in texts.items()}
    functions = {
        f"{name}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS)
    }
    literals = {name: _literals(tree) for name, tree in trees.items() if not name.startswith("objects/")}
    yield "modules, without __init__.py", len(modules)
    yield "of these with less than 60 lines", sum(lines < 60 for lines in modules.values())  # noqa: PLR2004
    yield "of these with more than 350 lines", sum(lines > 350 for lines in modules.values())  # noqa: PLR2004
    yield "lines", sum(len(text.splitlines()) for text in texts.values())
    yield "lines of the median module", median(modules.values())
    yield "lines of the median function", median(functions.values())
    longest = max(functions, key=functions.__getitem__)
    yield "lines of the longest function", f"{functions[longest]} ({longest})"
    yield 'literals "hax... outside objects/', sum(literals.values())
    yield "modules with such a literal", sum(map(bool, literals.values()))


def _literals(tree: ast.Module) -> int:
    """Return how many texts of a module begin with the prefix of our objects; f-strings count, docstrings do not."""
    return sum(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("hax")
        and node.value[3:4].isupper()
        for node in ast.walk(tree)
    )  # fmt: skip


def main() -> None:
    """Print the numbers."""
    for what, number in numbers(Path(sys.argv[1]) if sys.argv[1:] else ROOT):
        print(f"{number!s:>8}  {what}")


if __name__ == "__main__":
    main()
