"""Read spec.toml, validate it against the checks, and report all its mistakes together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asbuilt import content
from asbuilt.check import SEVERITIES, all_checks
from asbuilt.problems import nearest
from asbuilt.problems.file import InputFile
from asbuilt.problems.parsing import text_of, toml
from asbuilt.problems.regions import regions
from asbuilt.problems.rules import ANY, LINE, NAMES, TABLE, TABLES, TEXT, TEXTS, Rule, is_name
from asbuilt.spec.claims import CLAIM, Scope, read_claims
from asbuilt.spec.model import Spec, SpecError
from asbuilt.spec.subjects import read_subjects

ARCHITECTURE = {
    "name": Rule(LINE, needed=True),
    "document": Rule(LINE, needed=True),
    "region": Rule(LINE, needed=True, choices=regions),
    "variants": Rule(NAMES),
}
_SPEC = {
    "architecture": Rule(TABLE, needed=True, keys=ARCHITECTURE),
    "subjects": Rule(TABLE, needed=True),
    "claim": Rule(ANY),
}
_CONTRADICTION = {
    "id": Rule(LINE, needed=True),
    "where": Rule(TEXT, needed=True),
    "what": Rule(TEXT, needed=True),
    "reading": Rule(TEXT, needed=True),
    "severity": Rule(LINE, needed=True, choices=SEVERITIES),
    "claims": Rule(TEXTS),
}
_CONTRADICTIONS = {"contradiction": Rule(TABLES, each=Rule(TABLE, keys=_CONTRADICTION))}


def find_spec(named: str) -> Path:
    """The spec file for an argument of the command line: the name of a shipped system, or a path.

    A folder stands for the `spec.toml` in it. Raises `SpecError` where there is no such system or file.
    """
    shipped = content.shipped_specs()
    path = Path(named)
    if named in shipped:
        return shipped[named]
    if path.is_dir():
        if (path / "spec.toml").is_file():
            return path / "spec.toml"
        raise SpecError([f"{path}: the folder holds no spec.toml: name the file of the spec"])
    if path.is_file():
        return path
    raise SpecError([f"no spec is called {named!r} and no file is there: {nearest(named, shipped)}"])


def load(path: Path, strict: bool = False) -> Spec:
    """Load a spec and the contradictions.toml beside it.

    `strict` judges the stricter of two readings where the document has two. Raises `SpecError` with every mistake in
    both files, or in the user's own checks.
    """
    _load_checks()
    file = toml(text_of(path, SpecError), path, SpecError)
    file.no_control_characters()
    contradictions, problems = _contradictions(path.with_name("contradictions.toml"))
    read = file.table((), _SPEC, file.data)
    about = read.get("architecture", {})
    variants = _variants(file.data)
    listed = read.get("subjects")
    scope = Scope(
        variants=variants,
        variants_known=bool(variants) or "variants" not in (file.data.get("architecture") or ()),
        subjects=read_subjects(file, listed, variants, frozenset(CLAIM)) if listed is not None else None,
        contradictions=frozenset(entry["id"] for entry in contradictions) if not problems else None,
        strict=strict,
    )
    facts = read_claims(file, file.data.get("claim", []), scope)
    if not file.data.get("claim", []):
        file.wrong(("claim",), "there is no [[claim]]: a spec needs one or more")
    elif not facts and file.is_right:
        file.wrong(("claim",), "no claim states a fact: write <subject>.<check> = <expectation> in one")
    _finish(file, problems)
    return Spec(
        path=path,
        system=_system(path),
        name=about["name"],
        document=about["document"],
        region=about["region"],
        variants=variants,
        subjects=scope.subjects or {},
        facts=tuple(facts),
        contradictions=contradictions,
    )


def _load_checks() -> None:
    try:
        all_checks()
    except content.OwnChecksError as error:
        raise SpecError(error.problems) from None


def _system(path: Path) -> str:
    """The name of a spec's system: that of its folder for a `spec.toml`, else that of the file."""
    return path.resolve().parent.name if path.name == "spec.toml" else path.stem


def _variants(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The valid variants, so that a mistake in their list gives no further mistakes in the claims."""
    about = data.get("architecture")
    listed = about.get("variants") if isinstance(about, dict) else None
    names = listed if isinstance(listed, list) else [listed]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and is_name(name)))


def _finish(file: InputFile, problems: list[str]) -> None:
    try:
        file.finish()
    except SpecError as error:
        raise SpecError([*error.problems, *problems]) from None
    if problems:
        raise SpecError(problems)


def _contradictions(path: Path) -> tuple[tuple[Mapping[str, Any], ...], list[str]]:
    """The entries of a contradictions.toml, and the mistakes in it. Both are empty where there is no such file."""
    if not path.exists():
        return (), []
    try:
        file = toml(text_of(path, SpecError), path, SpecError)
        file.no_control_characters()
        found = file.table((), _CONTRADICTIONS, file.data).get("contradiction", [])
        file.finish()
    except SpecError as error:
        return (), error.problems
    return tuple(found), []
