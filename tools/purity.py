"""The contract of import-linter that keeps code with IO and code without it apart.

``io`` lists the modules that may do IO; with ``.*`` at its end an entry stands for all modules of a package. Every
other module is pure: it imports only libraries of ``pure_libraries``, and pure modules. So nothing that it can reach
does IO, and a new module is pure until it is listed. An entry without need breaks the contract as well.
"""

from collections.abc import Iterator
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PurityContract(Contract):
    """Keep modules that are not listed free of IO."""

    type_name = "purity"

    io: Any = fields.SetField(subfield=fields.StringField())
    pure_libraries: Any = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  import-linter's call
        """Compare the graph with the lists."""
        problems = list(problems_of(graph, self.io, self.pure_libraries))
        return ContractCheck(kept=not problems, metadata={"problems": problems})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print what is wrong, and what to do."""
        for problem in check.metadata["problems"]:
            output.print_error(problem)


def problems_of(graph: ImportGraph, io: set[str], pure_libraries: set[str]) -> Iterator[str]:
    """Yield a line for each import that a pure module may not have, and for each entry that nothing needs."""
    own = {name for name in graph.modules if not graph.is_module_squashed(name)}
    listed = {name for name in own if name in io or f"{name.rpartition('.')[0]}.*" in io}
    needed: set[str] = set()
    for name in sorted(own):
        imported = graph.find_modules_directly_imported_by(name)
        impure = sorted(other for other in imported if other in listed or other not in own | pure_libraries)
        if impure and name in listed:
            needed |= {name, f"{name.rpartition('.')[0]}.*"}
            continue
        for other in impure:
            line = graph.get_import_details(importer=name, imported=other)[0]["line_number"]
            yield f"{name} imports {other} (line {line}): move what does IO, or list the module in io"
    yield from (f"{entry} needs no IO: remove it from io" for entry in sorted(io - needed))
