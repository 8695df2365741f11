"""Print the packages of a folder as a CycloneDX SBOM (1.5), without a date: the same packages give the same text.

usage: sbom.py SITE-PACKAGES
"""

import json
import sys
from importlib.metadata import Distribution, distributions


def component(found: Distribution) -> dict[str, object]:
    """Return what CycloneDX calls a component."""
    name, version = found.metadata["Name"].lower().replace("_", "-"), found.version
    given = found.metadata.json
    licence = str(given.get("license_expression") or given.get("license") or "see its dist-info")
    return {
        "type": "application" if name == "haproxy-agentx" else "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "licenses": [{"license": {"name": licence.splitlines()[0][:120]}}],
    }


def main(folder: str) -> None:
    """Print it."""
    found = sorted((component(each) for each in distributions(path=[folder])), key=lambda each: str(each["bom-ref"]))
    own = next(each for each in found if each["name"] == "haproxy-agentx")
    others = [each for each in found if each is not own]
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": others,
    }
    print(json.dumps(bom, indent=2))


if __name__ == "__main__":
    main(sys.argv[1])
