"""Runs the Windows tests inside the Windows that build.py made, on a registry as it was new.

    run.py FOLDER [PYTEST ARGUMENT...]

Drive D: is the disk of the sample server. The exit code is pytest's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from build import PROJECT, wine_environment

DISK_OF_THE_SERVER = PROJECT / "samples" / "compliant-core" / "config" / "D"
PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/windows")
SECONDS = 600  # a minute is usual


def renew(folder: Path) -> None:
    """End what still runs in the prefix, and take back what earlier runs did to its registry and drives."""
    prefix = folder / "prefix"
    subprocess.run(["wineserver", "-k"], env={**os.environ, **wine_environment(prefix)}, check=False)
    for hive in (folder / "registry").glob("*.reg"):
        shutil.copy(hive, prefix)
    drive = prefix / "dosdevices" / "d:"
    drive.unlink(missing_ok=True)
    drive.symlink_to(DISK_OF_THE_SERVER)


def run(folder: Path, *arguments: str) -> int:
    """Run C:\\Py\\python.exe with these arguments from the project's folder, and pass on what it says."""
    environment = {
        **os.environ,
        **wine_environment(folder / "prefix"),
        "PYTHONPYCACHEPREFIX": "C:\\pycache",  # the Linux interpreter's own lie beside the sources
        "PYTHONUTF8": "1",
    }
    command = ["wine", r"C:\Py\python.exe", *arguments]
    # Wine 8 gives Python no standard streams unless all of them are pipes
    done = subprocess.run(
        command,
        env=environment,
        cwd=PROJECT,
        input=b"",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    sys.stdout.buffer.write(done.stdout)
    sys.stdout.buffer.flush()
    return done.returncode


def main(folder: Path, *arguments: str) -> int:
    renew(folder)
    try:
        return run(folder, *PYTEST, *arguments)
    finally:
        environment = {**os.environ, **wine_environment(folder / "prefix")}
        subprocess.run(["wineserver", "-k"], env=environment, check=False)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
