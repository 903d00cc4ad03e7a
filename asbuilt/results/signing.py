"""Signs a recording: an in-toto statement about it in a DSSE envelope, which the file carries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from asbuilt.evidence import TargetError
from asbuilt.recording import Recording, read, statement, write

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def private_key(path: Path) -> Any:
    """The Ed25519 private key in a PEM file without a password. Raises `TargetError` for another file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise TargetError(f"{path} is no private key ({error}): {_MAKE}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise TargetError(f"{path} is no Ed25519 key: {_MAKE}")
    return key


_MAKE = "make one with openssl genpkey -algorithm ed25519 -out key.pem"


def public_key(path: Path) -> Any:
    """The Ed25519 public key in a PEM file, also of a file with the private key. Raises `TargetError` for another."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        text = path.read_bytes()
        key = private_key(path).public_key() if b"PRIVATE KEY" in text else load_pem_public_key(text)
    except (OSError, ValueError) as error:
        raise TargetError(f"{path} is no public key ({error}): openssl pkey -in key.pem -pubout writes one") from None
    if not isinstance(key, Ed25519PublicKey):
        raise TargetError(f"{path} is no Ed25519 public key: openssl pkey -in key.pem -pubout writes one")
    return key


def sign(path: Path, key: Path) -> str:
    """Sign a recording in place; an earlier signature is replaced. Returns the key's id.

    Raises `TargetError` for a file that was changed since it was recorded, and for a key that cannot be used.
    """
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer._crypto_signer import CryptoSigner

    found, signer = read(path), CryptoSigner(private_key(key))
    envelope = Envelope(_payload(found), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    write(path, found.manifest, found.snapshots, envelope.to_dict(), found.schema)
    return str(signer.public_key.keyid)


def signed_by(found: Recording) -> list[str]:
    """The ids of the keys that the envelope names; they prove nothing before `problems` was asked with a key."""
    envelope = found.envelope or {}
    return [str(one.get("keyid", "")) for one in envelope.get("signatures", ()) if isinstance(one, dict)]


def problems(found: Recording, key: Path) -> list[str]:
    """Why the signature does not prove that the owner of the key signed this recording; none where it does."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer._key import SSlibKey

    known = SSlibKey.from_crypto(public_key(key))
    if not found.envelope:
        return ["it is not signed"]
    try:
        envelope = Envelope.from_dict(json.loads(json.dumps(found.envelope)))
        envelope.verify([known], 1)
    except VerificationError:
        return [f"no signature of it is by the key {known.keyid} in {key}"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [f"its envelope is broken: {error}"]
    if envelope.payload_type != PAYLOAD_TYPE or envelope.payload != _payload(found):
        return ["the signature is of another recording"]
    return []


def _payload(found: Recording) -> bytes:
    return json.dumps(statement(found), sort_keys=True, separators=(",", ":")).encode()
