"""What is installed: the wheel holds all it needs, and its pytest plugin works in a project that is not this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = """
import sys
from hatchling.build import build_sdist, build_wheel
print(build_wheel(sys.argv[1]), build_sdist(sys.argv[1]))
"""
RUN_EACH = """
import sys, pytest
for project in sys.argv[1:]:
    pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", project, project])
"""
USERS_TEST = """
async def test_my_bot_buys_the_dip(local_exchange, spot_client):
    local_exchange.quote("BTCUSDT", bids=[("59000", "1")], asks=[("59001", "1")])
    before = local_exchange.truth.balances()["BTC"][0]
    await spot_client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.5")
    assert local_exchange.truth.balances()["BTC"][0] > before


def test_it_is_the_wheel():
    import binance_wsapi
    assert {folder!r} in binance_wsapi.__file__
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build both distributions; return the files."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    wheel, sdist = done.stdout.split()[-2:]
    return folder / wheel, folder / sdist


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    package = ROOT / "sdk"
    expected = {
        str(path.relative_to(package))
        for path in (package / "binance_wsapi").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in zipfile.ZipFile(built[0]).namelist() if ".dist-info/" not in name}
    assert held == expected
    assert "binance_wsapi/py.typed" in held
    assert any(name.endswith(".lua") for name in held)


def test_a_wheel_can_be_built_from_the_sdist(built: tuple[Path, Path], tmp_path: Path) -> None:
    with tarfile.open(built[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=source, check=True, capture_output=True)
    (again,) = tmp_path.glob("*.whl")
    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(built[0]).namelist()


def test_the_plugin_works_in_a_users_own_project(built: tuple[Path, Path], tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(built[0]).extractall(installed)
    projects = []
    for mode in ("auto", "strict"):
        project = tmp_path / mode
        project.mkdir()
        text = USERS_TEST.replace("{folder!r}", repr(str(installed)))
        if mode == "strict":
            text = text.replace("async def test", "import pytest\n\n\n@pytest.mark.asyncio\nasync def test", 1)
        (project / f"test_bot_{mode}.py").write_text(text)
        (project / "pytest.ini").write_text(f"[pytest]\nasyncio_mode = {mode}\n")
        projects.append(str(project))
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH, *projects],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("2 passed") == 2, done.stdout + done.stderr


def test_the_same_source_makes_the_same_bytes_again(built: tuple[Path, Path], tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    for each in built:
        assert (tmp_path / each.name).read_bytes() == each.read_bytes()


def test_the_sdist_holds_what_its_makefile_and_its_reader_need(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"Makefile", "requirements.lock", "pyproject.toml", ".ci/run", ".ci/sbom.py", "examples/quickstart.py"}
    assert (
        needed | {"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "tests/conftest.py"} <= held
    )


def test_the_bill_of_materials_names_every_pin_with_its_hashes_and_is_the_same_each_time() -> None:
    made = [
        subprocess.run([sys.executable, ".ci/sbom.py", "1.2.3"], cwd=ROOT, check=True, capture_output=True)
        for _ in "ab"
    ]
    assert made[0].stdout == made[1].stdout
    bill = json.loads(made[0].stdout)
    pins = [line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line[:60]]
    assert (bill["bomFormat"], len(bill["components"])) == ("CycloneDX", len(pins))
    assert all(each["externalReferences"][0]["hashes"] for each in bill["components"])
    assert bill["metadata"]["component"]["purl"] == "pkg:pypi/binance-wsapi@1.2.3"
    assert any(each.startswith("pkg:pypi/websockets@") for each in bill["dependencies"][0]["dependsOn"])
