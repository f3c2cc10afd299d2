"""Builds a Windows under Wine with a genuine Windows CPython in it, from packages of PyPI and Debian alone.

    build.py FOLDER

The interpreter's DLLs come from the panda3d wheel, the standard library from the Python that runs this, and
python.exe, python3.dll and bcryptprimitives.dll are compiled here. FOLDER/prefix is then the Wine prefix with
C:\\Py, FOLDER/registry its registry as it was new.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
VERSION = f"{sys.version_info.major}{sys.version_info.minor}"
MINGW = "x86_64-w64-mingw32-"
INTERPRETER = "panda3d==1.10.16"
# pip asks for markers of the machine it runs on, so what only Windows needs is named here
FOR_WINDOWS_ONLY = ("colorama",)
NOT_ON_THE_LIVE_PATH = re.compile(r"weasyprint\b")  # needs Pango's DLLs, which no package brings
BESIDE_PYTHON = re.compile(r"python3\d+\.dll|vcruntime140\.dll", re.IGNORECASE)
EXTENSION = re.compile(r"\w+\.pyd|lib(ffi|crypto|ssl)-\d\.dll|sqlite3\.dll", re.IGNORECASE)
NOT_OURS_TO_COPY = ("site-packages", "lib-dynload", "test", "idlelib", "tkinter", "ensurepip", "__pycache__")


def wine(prefix: Path, *command: str) -> None:
    """Run a command in the prefix. Raises CalledProcessError where it fails."""
    environment = {**os.environ, **wine_environment(prefix)}
    subprocess.run(["wine", *command], env=environment, check=True, stdin=subprocess.DEVNULL)


def wine_environment(prefix: Path) -> dict[str, str]:
    """What Wine must be told: where it lives, to be quiet, and to ask for nothing."""
    return {
        "WINEPREFIX": str(prefix.resolve()),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
        "WINEARCH": "win64",
        "DISPLAY": "",
    }


def download(wheels: Path) -> None:
    dependencies = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = [each for each in dependencies if not NOT_ON_THE_LIVE_PATH.match(each)]
    _pip(wheels / "interpreter", "--no-deps", INTERPRETER)
    _pip(wheels / "packages", *wanted, "pytest", *FOR_WINDOWS_ONLY)


def _pip(folder: Path, *arguments: str) -> None:
    target = ("--platform", "win_amd64", "--only-binary", ":all:", "--python-version", VERSION)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download")
    subprocess.run([*pip, "--dest", str(folder), *target, *arguments], check=True)


def lay_out(wheels: Path, python: Path) -> None:
    """C:\\Py: the DLLs, the standard library, the packages."""
    site_packages = python / "Lib" / "site-packages"
    for folder in (python / "DLLs", site_packages):
        folder.mkdir(parents=True, exist_ok=True)
    (wheel,) = (wheels / "interpreter").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            path = PurePosixPath(member)
            if path.parent.name != "deploy_libs":
                continue
            if BESIDE_PYTHON.fullmatch(path.name):
                (python / path.name).write_bytes(archive.read(member))
            elif EXTENSION.fullmatch(path.name):
                (python / "DLLs" / path.name).write_bytes(archive.read(member))
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(
        library, python / "Lib", ignore=shutil.ignore_patterns(*NOT_OURS_TO_COPY), dirs_exist_ok=True
    )
    for wheel in (wheels / "packages").glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site_packages)


def compile_programs(python: Path, system32: Path, work: Path) -> None:
    dll = f"python{VERSION}.dll"
    resource, forwards = work / "python.o", work / "python3.def"
    _mingw("windres", HERE / "python.rc", resource)
    define = f'-DPYTHON_DLL=L"{dll}"'
    _mingw("gcc", "-O1", "-municode", define, HERE / "python.c", resource, "-o", python / "python.exe")
    # the stable ABI: every name of python3.dll leads to the same name of the DLL of this version
    names = exported(python / dll)
    forwards.write_text("EXPORTS\n" + "".join(f"{name}={dll[:-4]}.{name}\n" for name in names))
    _mingw("gcc", "-shared", "-nostdlib", "-Wl,--entry=0", forwards, "-o", python / "python3.dll")
    source = HERE / "bcryptprimitives.c"
    _mingw("gcc", "-shared", "-O1", source, "-ladvapi32", "-o", system32 / "bcryptprimitives.dll")


def exported(dll: Path) -> list[str]:
    listing = subprocess.run([f"{MINGW}objdump", "-p", dll], check=True, capture_output=True, text=True)
    table = listing.stdout.partition("[Ordinal/Name Pointer] Table")[2].partition("\n\n")[0]
    return re.findall(r"\]\s+(?:\+base\[\s*\d+\]\s+[0-9a-f]+\s+)?(\w+)$", table, re.MULTILINE)


def _mingw(tool: str, *arguments: str | Path) -> None:
    subprocess.run([MINGW + tool, *map(str, arguments)], check=True)


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    prefix, wheels = folder / "prefix", folder / "wheels"
    folder.mkdir(parents=True)
    download(wheels)
    wine(prefix, "wineboot", "-i")
    wine(prefix, "winecfg", "-v", "win10")
    drive = prefix / "drive_c"
    lay_out(wheels, drive / "Py")
    compile_programs(drive / "Py", drive / "windows" / "system32", folder)
    subprocess.run(["wineserver", "-w"], env={**os.environ, **wine_environment(prefix)}, check=True)
    (folder / "registry").mkdir()
    for hive in prefix.glob("*.reg"):
        shutil.copy(hive, folder / "registry")
    shutil.rmtree(wheels)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
