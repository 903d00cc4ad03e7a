"""HTTP/1.1 responses are parsed whole or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asbuilt.load.http.response import CHUNK, CHUNKED, UNTIL_CLOSE, Chunks, MalformedError, Memory, field, fields, head


def _answer(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode() + body


def test_a_plain_answer_says_where_its_body_is() -> None:
    """Status, length and begin of the body; the connection stays open."""
    data = _answer("Content-Length: 5", body=b"hello")
    found = head(data)
    assert found is not None
    assert (found.status, found.length, data[found.body :], found.close) == (200, 5, b"hello", False)


@given(st.integers(min_value=0, max_value=60))
def test_any_part_of_a_head_is_incomplete_and_never_wrong(length: int) -> None:
    """However a head is cut by the network, it is read once it is whole."""
    data = _answer("Server: x", "content-LENGTH:  2", body=b"ok")
    whole = data.index(b"\r\n\r\n") + 4
    assert (head(data[:length]) is None) == (length < whole)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_what_is_no_answer_is_an_error(data: bytes) -> None:
    """Not a short body, not a success."""
    with pytest.raises(MalformedError):
        head(data)


def test_interim_answers_are_passed_over() -> None:
    """100 Continue comes before the answer, and is none."""
    found = head(b"HTTP/1.1 100 Continue\r\n\r\n" + _answer("Content-Length: 0"))
    assert found is not None
    assert found.status == 200


@pytest.mark.parametrize(
    ("data", "to_head", "length", "close"),
    [
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", False, 0, False),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", False, 0, False),
        (_answer("Content-Length: 9"), True, 0, False),
        (_answer("Transfer-Encoding: chunked"), False, CHUNKED, False),
        (_answer("Server: x"), False, UNTIL_CLOSE, True),
        (_answer("Content-Length: 0", "Connection: close"), False, 0, True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False, 0, True),
    ],
)
def test_where_a_body_ends(data: bytes, to_head: bool, length: int, close: bool) -> None:
    """By its length, by its chunks, by the end of the connection, or not at all."""
    found = head(data, to_head)
    assert found is not None
    assert (found.length, found.close) == (length, close)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), st.data())
def test_chunks_are_joined_however_they_arrive(parts: list[bytes], data: st.DataObject) -> None:
    """The body is the chunks' content, and its end is known exactly."""
    text = b"".join(b"%x;name=value\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    cut = data.draw(st.integers(min_value=0, max_value=len(text) - 1))
    chunks = Chunks(0)
    assert not chunks.feed(text[:cut])
    assert chunks.feed(text)
    assert (b"".join(chunks.parts), chunks.end) == (b"".join(parts), len(text))


@pytest.mark.parametrize("text", [b"zz\r\nab\r\n0\r\n\r\n", b"-2\r\nab\r\n", b"2\r\nabc\r\n0\r\n\r\n"])
def test_broken_chunks_are_an_error(text: bytes) -> None:
    """A size that is none, or that is not kept to."""
    with pytest.raises(MalformedError):
        Chunks(0).feed(text)


def test_headers_are_found_by_name() -> None:
    """Whatever their case; several of a name in order."""
    found = head(_answer("Set-Cookie: a=1", "set-cookie: b=2", "Location: /x", "Content-Length: 0"))
    assert found is not None
    assert field(found.raw, b"location") == b"/x"
    assert fields(found.raw, b"set-cookie") == [b"a=1", b"b=2"]


DATES = st.sampled_from([b"Sat, 21 Nov 2026 13:00:00 GMT", b"Sun, 22 Nov 2026 13:00:00 GMT", b"a shorter date"])
PARTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 500 NO",
        b"\r\nContent-Length: 2",
        b"\r\nContent-Length: 3",
        b"\r\nX: y",
        b"\r\n\r\n",
    ]
)


@st.composite
def _answers(draw):
    """Whole, cut off and broken answers, many of them alike."""
    date = draw(DATES)
    rest = b"".join(draw(st.lists(PARTS, max_size=3)))
    body = draw(st.sampled_from([b"", b"ok", b"no!", b"ok\r\n"]))
    return b"HTTP/1.1 200 OK\r\nDate: " + date + rest + b"\r\nContent-Length: 2\r\n\r\n" + body


@given(_answers(), _answers())
def test_a_remembered_head_is_what_reading_would_give(first, second):
    """Recognised or read, an answer has the same status, framing and body."""
    memory = Memory()
    try:
        found = head(first)
    except MalformedError:
        return
    if found is None:
        return
    memory.learn(first, found)
    if memory.is_again(second):
        read = head(second)
        assert (read.status, read.length, read.body, read.close) == (found.status, found.length, found.body, False)
        assert second[memory.body :] == second[read.body :]
        assert len(second) == read.body + read.length


def test_an_answer_like_the_last_is_recognised():
    """And one with another status, length or cookie is not."""
    memory, answer = Memory(), _answer("Date: Sat, 21 Nov 2026 13:00:00 GMT", "Content-Length: 2") + b"ok"
    memory.learn(answer, head(answer))
    assert memory.is_again(answer.replace(b"13:00", b"14:59").replace(b"\r\n\r\nok", b"\r\n\r\nno"))
    for other in (answer.replace(b"200", b"201"), answer + b"!", answer[:-1], answer.replace(b": 2", b": 3")):
        assert not memory.is_again(other)
    closing = _answer("Content-Length: 2", "Connection: close") + b"ok"
    memory.learn(closing, head(closing))
    assert not memory.is_again(closing)


def test_it_asks_the_socket_for_one_byte_more_than_the_longest_answer():
    """So that what is longer than it says is noticed; and for a whole buffer where lengths are not told."""
    memory = Memory()
    assert memory.enough == CHUNK
    for body in (b"ok", b"longer", b"ok", b"x" * 2 * CHUNK):
        answer = _answer(f"Content-Length: {len(body)}") + body
        memory.learn(answer, head(answer))
        assert memory.enough >= min(CHUNK, len(answer) + 1)
    short = Memory()
    answer = _answer("Content-Length: 2") + b"ok"
    short.learn(answer, head(answer))
    assert short.enough == len(answer) + 1
    chunked = _answer("Transfer-Encoding: chunked") + b"0\r\n\r\n"
    short.learn(chunked, head(chunked))
    assert short.enough == CHUNK
