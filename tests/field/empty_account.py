"""An account that holds only what a test creates, and asbuilt's findings about it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from botocore.client import BaseClient

from asbuilt.judging.judge import Finding
from asbuilt.mock.account import account_of
from asbuilt.results.record import fact_record
from asbuilt.spec.loading import load
from asbuilt.targets import MOCK
from asbuilt.verification import read
from asbuilt_content.fixtures.aws import Aws

OWN = "123456789012"
Answer = dict[str, Any]
Change = Callable[[Answer, Mapping[str, Any]], Answer]


class EmptyAccount:
    """`aws` builds the account; `ask` judges one fact; `reply` and `amend` set answers that the mock cannot give."""

    def __init__(self, session: Any, folder: Path) -> None:
        self.aws = Aws(session)
        self._session, self._folder = session, folder
        self._replies: dict[tuple[str, str], Answer] = {}
        self._changes: dict[tuple[str, str], Change] = {}
        self.results = ""

    def forget(self) -> None:
        """Remove all replies and changes."""
        self._replies.clear()
        self._changes.clear()

    def reply(self, service: str, operation: str, answer: Answer) -> None:
        """Set the answer of an operation for all calls."""
        self._replies[service, operation] = answer

    def amend(self, service: str, operation: str, change: Change) -> None:
        """Change the answers of an operation by a function of the answer and of the call's parameters."""
        self._changes[service, operation] = change

    def answered(self, client: Any, operation: str, asked: Mapping[str, Any], ask: Callable[[], Answer]) -> Answer:
        """The answer of a call, with the replies and changes of the test."""
        called = (client.meta.service_model.service_name, operation)
        answer = self._replies[called] if called in self._replies else ask()
        return self._changes[called](answer, asked) if called in self._changes else answer

    def ask(self, kind: str, name: str, fact: str, expected: Any, **others: tuple[str, str]) -> Finding:
        """The finding on `it.<fact> = <expected>`, where `it` is the resource; `others` are further subjects.

        Sets `results` to the fact's text in results.json.
        """
        spec = load(self._spec({"it": (kind, name), **others}, fact, expected))
        now, [asked] = datetime.datetime.now(datetime.UTC), spec.facts
        verdict = read(spec, "", MOCK, now, session=self._session).judge(asked)
        self.results = json.dumps(fact_record(spec, verdict, "", strict=False))
        return verdict.findings[0]

    def _spec(self, subjects: Mapping[str, tuple[str, str]], fact: str, expected: Any) -> Path:
        head = f'[architecture]\nname = "It"\ndocument = "It"\nregion = "{self.aws.region}"\n[subjects]\n'
        lines = [
            f'{subject} = {{ kind = "{kind}"' + (f', name = "{name}"' if name else "") + " }\n"
            for subject, (kind, name) in subjects.items()
        ]
        claim = f'[[claim]]\nsection = "1"\nsays = "So it is."\nit.{fact} = {json.dumps(expected)}\n'
        path = self._folder / "it" / "spec.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(head + "".join(lines) + claim, encoding="utf-8")
        return path


@contextmanager
def empty_account(folder: Path, region: str = "us-east-1") -> Iterator[EmptyAccount]:
    """A fresh account in a region, within the block; the folder is for its spec."""
    holding = SimpleNamespace(ACCOUNT_ID=OWN, REGION=region, VARIANTS=("",), build=lambda session, variant: None)
    with account_of(holding, "") as session:
        account, send = EmptyAccount(session, folder), BaseClient._make_api_call

        def call(client: Any, operation: str, asked: Mapping[str, Any]) -> Answer:
            return account.answered(client, operation, asked, lambda: send(client, operation, asked))

        with mock.patch.object(BaseClient, "_make_api_call", call):
            yield account


def policy(*statements: Answer) -> str:
    """A policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
