"""A Windows that nobody minds: tests that write to the registry run in Wine only (`make test-windows`)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from scanner.parsers.reg_render import render_reg
from scanner.registry_key import RegistryKey


def require_throwaway_windows() -> None:
    """Skip the module that calls this anywhere else than in Wine."""
    if sys.platform == "win32":
        import ctypes

        if hasattr(ctypes.windll.ntdll, "wine_get_version"):
            return
    pytest.skip("runs inside Wine: make test-windows", allow_module_level=True)


def system(*command: str) -> None:
    """Run a program of the system's, which must succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done)


def import_keys(keys: Sequence[RegistryKey], folder: Path) -> None:
    """Write the keys into the registry, by way of reg.exe."""
    file = folder / "keys.reg"
    file.write_bytes(render_reg(keys))
    system("reg", "import", str(file))


@contextmanager
def denied(path: str) -> Iterator[None]:
    """Nobody, not even an administrator, may open the key below HKEY_LOCAL_MACHINE."""
    assert sys.platform == "win32"
    import winreg

    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_ALL_ACCESS) as key:
        _protect(key.handle, "D:P(D;;KA;;;WD)")
        try:
            yield
        finally:
            _protect(key.handle, "D:P(A;;KA;;;WD)")


def _protect(handle: int, descriptor: str) -> None:
    assert sys.platform == "win32"
    import ctypes

    api, security, dacl = ctypes.windll.advapi32, ctypes.c_void_p(), 4
    read = api.ConvertStringSecurityDescriptorToSecurityDescriptorW
    assert read(descriptor, 1, ctypes.byref(security), None)
    assert api.RegSetKeySecurity(ctypes.c_void_p(handle), dacl, security) == 0
