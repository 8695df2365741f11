"""Write the packs: `python -m integration.packs [--root OID] [--docs URL] [--to FOLDER] [--check]`."""

import argparse
import sys
from pathlib import Path

from haproxy_agentx.agentx.oid import dotted, parse
from haproxy_agentx.objects import schema
from integration.packs.files import FOLDER, rendered, source
from integration.packs.pack import DOCUMENT, Files


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m integration.packs", description=__doc__)
    parser.add_argument("--root", type=parse, default=schema.ROOT, help="of the MIB, as `root` of config.yaml")
    parser.add_argument("--docs", default=DOCUMENT, metavar="URL", help="where operations.md is, for links")
    parser.add_argument("--check", action="store_true", help="write nothing; list the files that are out of date")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help="where the files are written")
    return parser.parse_args()


def outdated(files: Files, folder: Path) -> list[str]:
    """Return the paths of the files that a folder does not have as they are."""
    return [path for path, text in files.items() if not (folder / path).exists() or (folder / path).read_text() != text]


def main() -> int:
    """Write the files, or compare them."""
    options = arguments()
    files = rendered(source(options.root, options.docs))
    if options.check:
        found = outdated(files, options.to)
        print("\n".join([*found, "out of date: run `make packs-write`"] if found else ["the packs are up to date"]))
        return 1 if found else 0
    for path, text in files.items():
        file = options.to / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    print(f"{len(files)} files in {options.to}, for the root {dotted(options.root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
