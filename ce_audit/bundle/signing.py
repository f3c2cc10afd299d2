"""Ed25519 signatures over a bundle's manifest; the extra `sign` (cryptography) is imported only on use."""

from __future__ import annotations

import base64
import binascii
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scanner.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = "manifest.json.sig"
_KEY_TYPES = "cryptography.hazmat.primitives.asymmetric.ed25519"
_READERS = "cryptography.hazmat.primitives.serialization"
_NO_EXTRA = "signatures need the package cryptography: pip install 'ce-audit[sign]'"


def private_key(path: Path) -> Ed25519PrivateKey:
    """The unencrypted Ed25519 private key in the PEM file `path`. Raises ConfigError for anything else."""
    read = _imported(_READERS).load_pem_private_key
    return _key(path, lambda data: read(data, None), "PrivateKey")  # type: ignore[no-any-return]


def public_key(path: Path) -> Ed25519PublicKey:
    """The Ed25519 public key in the PEM file `path`. Raises ConfigError for anything else."""
    return _key(path, _imported(_READERS).load_pem_public_key, "PublicKey")  # type: ignore[no-any-return]


def signature(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """What goes into SIGNATURE: base64 of the signature over exactly these bytes, and a line feed."""
    return base64.b64encode(key.sign(manifest)) + b"\n"


def signature_fault(manifest: bytes, signed: bytes | None, key: Ed25519PublicKey) -> str:
    """What is wrong with the signature `signed` over `manifest`; empty where it is the key's own."""
    if signed is None:
        return "a signature is required, and the bundle has none"
    try:
        key.verify(base64.b64decode(signed.strip(), validate=True), manifest)
    except binascii.Error:
        return "not the base64 text of a signature"
    except _imported("cryptography.exceptions").InvalidSignature:
        return "the signature was not made over this manifest with the key that is required"
    return ""


def _key(path: Path, read: Any, kind: str) -> Any:  # noqa: ANN401 - cryptography is typed only where installed
    data = path.read_bytes()
    try:
        key = read(data)
    except TypeError as error:
        raise ConfigError(f"{path}: the key is encrypted; give a key file without a password") from error
    except (ValueError, _imported("cryptography.exceptions").UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path}: not an Ed25519 key in PEM: {str(error)[:200]}") from error
    if not isinstance(key, getattr(_imported(_KEY_TYPES), f"Ed25519{kind}")):
        raise ConfigError(f"{path}: a key of another kind; an Ed25519 key in PEM is needed")
    return key


def _imported(module: str) -> Any:  # noqa: ANN401
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(_NO_EXTRA) from error
