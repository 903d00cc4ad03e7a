"""A valid file with small edits is read, or its mistakes are reported with file and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asbuilt.content import shipped_specs
from tests.problems.files import FILES, problems

SHIPPED = shipped_specs()["studybunny"].read_text(encoding="utf-8")
NAMES = ["x", '"a b"', "where", "kind", "a.b"]
VALUES = [
    "3",
    "-1",
    "0.5",
    "nan",
    '"x"',
    '""',
    "true",
    "[]",
    '["x"]',
    "[[1]]",
    "{}",
    "{ a = 1 }",
    "{ tier1 = [1] }",
    "1979-05-27",
]


@st.composite
def edited(draw: st.DrawFn, good: str) -> str:
    """A valid file with up to three small edits: a line removed or doubled, a value of another type, a key renamed."""
    lines = good.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        key, equals, value = lines[at].partition(": " if good.startswith(("{", "[\n")) else " = ")
        edit = draw(st.sampled_from(["drop", "repeat", "value", "rename", "cut", "brackets"]))
        if edit == "drop":
            lines[at] = ""
        elif edit == "repeat":
            lines.insert(at, lines[at])
        elif edit == "value" and equals:
            lines[at] = f"{key}{equals}{draw(st.sampled_from(VALUES))}"
        elif edit == "rename" and equals:
            lines[at] = f"{draw(st.sampled_from([*NAMES, key + 's']))}{equals}{value}"
        elif edit == "cut":
            lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
        else:
            lines[at] = lines[at].translate(str.maketrans("[]{}", draw(st.sampled_from(["{}[]", "    ", "[[[["]))))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "good"), [*((name, good) for name, (_, good) in FILES.items()), ("spec.toml", SHIPPED)]
)
@given(data=st.data())
def test_any_small_edit_is_read_or_told(
    name: str, good: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Every edit gives a valid file, or lines that begin with the file's name and a line number."""
    read = FILES[name][0]
    path = tmp_path_factory.getbasetemp() / f"edited-{name}" / name
    for problem in problems(read, path, data.draw(edited(good))):
        file, _, message = problem.removeprefix(f"{path.parent}/").partition(":")
        assert file in (name, "spec.toml"), problem
        assert message.partition(":")[0].isdigit(), problem
