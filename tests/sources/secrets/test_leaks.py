"""No kind of secret, at no place of an account's answers, stays in what is read of it."""

from __future__ import annotations

import collections
import copy
import datetime
import re

import pytest
from botocore.exceptions import ClientError

from asbuilt.evidence import search
from asbuilt.sources.reader import Reader
from asbuilt.sources.row import Plan
from asbuilt.sources.table import rows_by_kind
from tests.sources.secrets.kinds import KINDS
from tests.sources.secrets.places import PLACES

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


class Client:
    """Answers operations from a dictionary; a pair is an error's code and message."""

    def __init__(self, answers):
        self._answers = answers
        self.asked = []
        names = {operation: operation.title().replace("_", "") for operation in answers}
        self.meta = type("Meta", (), {"method_to_api_mapping": collections.defaultdict(str, names)})

    def can_paginate(self, operation):
        return False

    def __getattr__(self, operation):
        def ask(**params):
            self.asked.append(params)
            answer = self._answers.get(operation, ("AccessDenied", "no"))
            if isinstance(answer, tuple):
                raise ClientError({"Error": {"Code": answer[0], "Message": answer[1]}}, operation)
            return _whole(copy.deepcopy(answer), operation, params)

        return ask


def _whole(answer, operation, params):
    """The answer with what its rows need to be whole, as AWS gives it: what was asked for, ids and counts."""
    for row in (row for rows in rows_by_kind().values() for row in rows if row.operation == operation):
        plain = row.records.partition("[?")[0]
        found = search(plain + "[]" * (plain != row.records), answer)
        records = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
        for number, record in enumerate(records):
            for name, path in row.echoes.items():
                asked = params.get(name)
                _set(record, path, asked[number] if isinstance(asked, list) else asked)
            for path in row.whole:
                _set(record, path, "x")
            for path in re.findall(r"[A-Za-z]\w*(?:\.\w+)*(?![\w(])", row.ids or row.names or row.arn)[:1]:
                _set(record, path, f"x{number}")
        if row.witness and found is not None:
            _set(answer, row.witness, len(records) if search(row.witness, answer) is None else None)
    return answer


def _set(record, path, value):
    """Set a field that the record lacks."""
    *above, last = path.split(".")
    for name in above:
        record = record.setdefault(name, {})
        if not isinstance(record, dict):
            return
    if record.get(last) is None:
        record[last] = value


def _read(kind, answers):
    client = Client(answers)
    snapshot = Reader(lambda service, region: client, NOW, workers=1).read(Plan(frozenset({kind})))
    return snapshot, client


def _shown(secret):
    """The forms in which a text can stand in JSON."""
    return {secret, secret.replace("\n", "\\n"), secret.replace('"', '\\"'), re.sub(r"(.)\n.*", r"\1", secret)}


def test_the_tables_are_large_enough():
    """At least fifty kinds and forty-five places, each named once."""
    for table, least in ((KINDS, 50), (PLACES, 45)):
        assert len({row[0] for row in table}) == len(table) >= least


@pytest.mark.parametrize(("place", "kind", "plant"), PLACES, ids=[place for place, _, _ in PLACES])
def test_no_kind_of_secret_stays_of_a_place(place, kind, plant):
    """Every kind is planted at the place, read, and sought in all that was kept: records, names, calls, reasons."""
    leaked, unread = [], []
    for called, name, value, secret in KINDS:
        snapshot, _ = _read(kind, plant(name, value))
        kept = snapshot.dumps()
        unread += [called] * ("[redacted: " not in kept and "[digest: " not in kept)
        leaked += [called] * any(form in kept for form in _shown(secret))
    assert (leaked, unread) == ([], [])


@pytest.mark.parametrize(("place", "kind", "plant"), PLACES, ids=[place for place, _, _ in PLACES])
def test_a_text_without_secrets_leaves_no_mark(place, kind, plant):
    """The marks that the other test finds come from the secrets. Payloads are kept as digests in either case."""
    snapshot, _ = _read(kind, plant("", "plain-words"))
    wholly_secret = place in ("client secret of a listener's rule", "secret token of a webhook")
    assert ("[redacted: " in snapshot.dumps()) == wholly_secret


def test_a_resource_named_with_a_secret_is_asked_for_by_its_name():
    """Its details are read with the name that AWS knows, while the record of the call has the mark."""
    token = "ghp_" + "x7Kp2Vq9Rw4Tz8Ly3Nb6x7Kp2Vq9Rw4Tz8Ly"
    group = {"logGroupName": token, "arn": f"arn:aws:logs:us-east-1:1:log-group:{token}:*"}
    answers = {"describe_log_groups": {"logGroups": [group]}, "describe_metric_filters": {"metricFilters": []}}
    snapshot, client = _read("logs:log-group.filters", answers)
    assert {"logGroupName": token} in client.asked
    [entry] = snapshot.entries("logs:log-group")
    assert entry.arn == f"arn:aws:logs:us-east-1:1:log-group:{entry.ids[0]}:*"
    assert snapshot.of("logs:log-group.filters", entry.id) == []
    assert entry.ids[0] in snapshot.dumps()
