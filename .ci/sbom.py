"""Write the bill of materials (CycloneDX 1.6, JSON) of what `requirements.lock` pins; the same lock gives the same bytes.

python .ci/sbom.py VERSION > dist/binance_wsapi-VERSION.cdx.json
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?: *; *([^\\]+?))? *\\?$")
_HASH = re.compile(r"^ +--hash=sha256:([0-9a-f]{64})")


def pinned(lock: str) -> list[dict[str, object]]:
    """Return a component for each pin of a lock file."""
    found: list[dict[str, object]] = []
    hashes: list[dict[str, str]] = []
    for line in lock.splitlines():
        if pin := _PIN.match(line):
            name, version, marker = pin.groups()
            purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
            hashes = []
            found.append({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
            if marker:
                found[-1]["properties"] = [{"name": "python:marker", "value": marker.strip()}]
            found[-1]["externalReferences"] = [{"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/",
                                                "hashes": hashes}]  # fmt: skip
        elif digest := _HASH.match(line):
            hashes.append({"alg": "SHA-256", "content": digest[1]})
    return found


def bill(version: str) -> dict[str, object]:
    """Return the bill of materials of a version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text()
    components = pinned(lock)
    own = f"pkg:pypi/{project['name']}@{version}"
    needed = {re.split(r"[\[<>=~! ;]", each)[0].lower() for each in project["dependencies"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own + lock)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": own,
                "name": project["name"],
                "version": version,
                "purl": own,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": components,
        "dependencies": [
            {
                "ref": own,
                "dependsOn": sorted(str(each["purl"]) for each in components if str(each["name"]).lower() in needed),
            }
        ],
    }


if __name__ == "__main__":
    print(json.dumps(bill(sys.argv[1]), indent=2))
