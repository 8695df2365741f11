"""The contract of import-linter that keeps a package a library: it imports itself, and of the rest what is listed.

``package`` is the library; ``needs`` lists all else that its modules may import, of Python and of others. An entry that
nothing imports breaks the contract as well.
"""

from collections.abc import Iterator
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class LibraryContract(Contract):
    """Keep a package independent of everything that is not listed."""

    type_name = "library"

    package: Any = fields.StringField()
    needs: Any = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  import-linter's call
        """Compare the graph with the list."""
        problems = list(problems_of(graph, self.package, self.needs))
        return ContractCheck(kept=not problems, metadata={"problems": problems})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print what is wrong, and what to do."""
        for problem in check.metadata["problems"]:
            output.print_error(problem)


def problems_of(graph: ImportGraph, package: str, needs: set[str]) -> Iterator[str]:
    """Yield a line for each import that the library may not have, and for each entry that nothing needs."""
    own = {package, *graph.find_descendants(package)}
    needed: set[str] = set()
    for name in sorted(own):
        imported = graph.find_modules_directly_imported_by(name) - own
        needed |= imported
        for other in sorted(imported - needs):
            line = graph.get_import_details(importer=name, imported=other)[0]["line_number"]
            yield f"{name} imports {other} (line {line}): {package} is a library; pass in what it needs of {other}"
    yield from (f"nothing in {package} imports {entry}: remove it from needs" for entry in sorted(needs - needed))
