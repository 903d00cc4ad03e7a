"""Settings of the shell and of AWS's configuration files never decide whose evidence is read."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import socket
import subprocess
import sys

import jsonschema
import pytest

from asbuilt.evidence import TargetError
from asbuilt.problems.regions import api_domains
from asbuilt.results.record import SCHEMA
from asbuilt.sources import ambient
from asbuilt.sources.aws_session import AwsClients
from asbuilt.sources.credentials import open_session
from asbuilt.targets import Target, without_password
from tests.accounts import ROOT
from tests.aws_stand_in import ACCOUNT, aws
from tests.programs import asbuilt, verify

FACT = ("campushub360", "--variant", "tier1", "-k", "database.multi_az")
PROFILES = """
[profile compliance]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = not-a-secret
[profile elsewhere]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = not-a-secret
endpoint_url = {url}
[profile through-elsewhere]
source_profile = elsewhere
role_arn = arn:aws:iam::123456789012:role/reader
[profile services]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = not-a-secret
services = stand-ins
[services stand-ins]
rds =
  endpoint_url = {url}
[profile second-factor]
source_profile = compliance
role_arn = arn:aws:iam::123456789012:role/reader
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile empty]
region = us-east-1
[profile ended]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = not-a-secret
aws_session_token = token
x_security_token_expires = {past}
[profile ending]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = not-a-secret
aws_session_token = token
x_security_token_expires = {soon}
"""
DATABASES = "<DescribeDBInstancesResult><DBInstances></DBInstances></DescribeDBInstancesResult>"


@pytest.fixture(scope="module")
def stand_in():
    """An endpoint that answers everything that these facts need; each test looks at the end of its notes only."""
    with aws({"DescribeDBInstances": DATABASES}) as server:
        yield server


@pytest.fixture
def run(tmp_path, stand_in):
    """Verify one fact of an account with these lines in accounts.toml, and these variables set."""
    now = datetime.datetime.now(datetime.UTC)
    config = tmp_path / "config"
    past, soon = now - datetime.timedelta(hours=1), now + datetime.timedelta(seconds=100)
    config.write_text(PROFILES.format(url=stand_in.url, past=past.isoformat(), soon=soon.isoformat()))

    def verified(account, *arguments, env=None, command=FACT):
        (tmp_path / "accounts.toml").write_text(f"[accounts.production]\n{account}\n")
        stand_in.asked.clear()
        given = {"AWS_CONFIG_FILE": str(config), **(env or {})}
        return verify(tmp_path, *command, "--account", "production", "--once", *arguments, env=given)

    return verified


@pytest.fixture
def dead_port():
    """A port that refuses connections while the test runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_RDS"])
@pytest.mark.parametrize("account", ['profile = "compliance"', 'role_arn = "arn:aws:iam::123456789012:role/reader"'])
def test_an_endpoint_of_the_shell_is_refused(run, stand_in, variable, account):
    """Neither the mock that the variable names is read, nor AWS."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIASHELL", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
    ended = run(account, env={variable: stand_in.url, **keys})
    assert ended.code == 4
    assert f"{variable} names an endpoint of the AWS API, and the account has no endpoint_url" in ended.err
    assert stand_in.asked == []
    assert not (ended.folder / "out" / "results.json").exists()


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("elsewhere", "endpoint_url of profile 'elsewhere' in "),
        ("through-elsewhere", "endpoint_url of profile 'elsewhere' in "),
        ("services", "endpoint_url of rds in [services stand-ins] of profile 'services' in "),
    ],
)
def test_an_endpoint_of_a_profile_is_refused(run, stand_in, tmp_path, profile, said):
    """Also that of a profile from which it takes its credentials, and of one service; the message names the file."""
    ended = run(f'profile = "{profile}"')
    assert ended.code == 4
    assert f"{said}{tmp_path / 'config'} names an endpoint" in ended.err
    assert stand_in.asked == []


def test_an_endpoint_that_accounts_toml_names_as_well_is_read(run, stand_in, dead_port):
    """The same URL in the shell and in the profile changes nothing; another one is refused."""
    account = f'profile = "elsewhere"\nendpoint_url = "{stand_in.url}/"'
    ended = run(account, env={"AWS_ENDPOINT_URL": stand_in.url})
    assert (ended.code, stand_in.actions) == (1, ["GetCallerIdentity", "DescribeDBInstances"]), ended.err
    ended = run(account, env={"AWS_ENDPOINT_URL_RDS": f"http://127.0.0.1:{dead_port}"})
    assert ended.code == 4
    assert (
        "AWS_ENDPOINT_URL_RDS names an endpoint of the AWS API, and the account has another endpoint_url" in ended.err
    )


def test_nothing_else_of_the_shell_decides(run, stand_in, dead_port, tmp_path):
    """Proxies, certificates, regions, keys and switches of the shell change no request; their names are recorded."""
    proxy = f"http://127.0.0.1:{dead_port}"
    given = {
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), proxy),
        **dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(tmp_path / "none.pem")),
        **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "eu-west-1"),
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_ACCESS_KEY_ID": "AKIASHELL",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_PROFILE": "elsewhere",
        "AWS_MAX_ATTEMPTS": "0",
        "AWS_STS_REGIONAL_ENDPOINTS": "legacy",
        "AWS_DATA_PATH": str(tmp_path),
    }
    ended = run(f'profile = "compliance"\nendpoint_url = "{stand_in.url}"\naccount_id = "{ACCOUNT}"', env=given)
    assert ended.code == 1, ended.err
    assert stand_in.asked == [("GetCallerIdentity", "AKIAPROFILE"), ("DescribeDBInstances", "AKIAPROFILE")]
    assert set(given) <= set(ended.results["deployments"][0]["target"]["ambient"]["ignored"])
    assert "HTTPS_PROXY" in next(line for line in ended.out.splitlines() if line.startswith("ignored "))
    assert "not-a-secret" not in (tmp_path / "out" / "results.json").read_text()


def test_results_and_summary_say_whose_evidence_it_is(run, stand_in):
    """Account, caller, partition, endpoint and the credentials' source stand in both."""
    ended = run(f'profile = "compliance"\nendpoint_url = "{stand_in.url}"\naccount_id = "{ACCOUNT}"')
    target = ended.results["deployments"][0]["target"]
    assert target["endpoint"] == stand_in.url
    assert (target["partition"], target["pinned"]) == ("aws", ACCOUNT)
    assert target["credentials"] == {"profile": "compliance", "method": "config-file", "role": "", "expires": ""}
    assert target["ambient"]["used"] == ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]
    line = next(line for line in ended.out.splitlines() if line.startswith("CampsHub360"))
    caller = f"account {ACCOUNT} as assumed-role/asbuilt-reader/asbuilt, aws, us-east-1, endpoint {stand_in.url}"
    assert f"(production, {caller}, 2 API calls)" in line
    jsonschema.validate(ended.results, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_client_that_assumes_a_role_obeys_as_well(run, stand_in, dead_port):
    """It asks the endpoint of accounts.toml, without a proxy of the shell, with the profile's keys."""
    role = "arn:aws:iam::123456789012:role/reader"
    account = f'profile = "compliance"\nrole_arn = "{role}"\nendpoint_url = "{stand_in.url}"'
    ended = run(account, env={"HTTP_PROXY": f"http://127.0.0.1:{dead_port}"})
    assert ended.code == 1, ended.err
    assert stand_in.asked[:2] == [("AssumeRole", "AKIAPROFILE"), ("GetCallerIdentity", "ASIAASSUMED")]
    credentials = ended.results["deployments"][0]["target"]["credentials"]
    assert (credentials["role"], credentials["expires"]) == (role, "2999-01-01T00:00:00+00:00")


def test_credentials_of_the_shell_for_a_role_are_recorded(run, stand_in):
    """An account without a profile takes them, as documented, and results name the variables."""
    account = f'role_arn = "arn:aws:iam::123456789012:role/reader"\nendpoint_url = "{stand_in.url}"'
    ended = run(account, env={"AWS_ACCESS_KEY_ID": "AKIASHELL", "AWS_SECRET_ACCESS_KEY": "not-a-secret"})
    assert stand_in.asked[0] == ("AssumeRole", "AKIASHELL")
    target = ended.results["deployments"][0]["target"]
    assert (target["credentials"]["profile"], target["credentials"]["method"]) == ("", "env")
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= set(target["ambient"]["used"])


def test_a_proxy_is_used_where_accounts_toml_names_one(run, stand_in, dead_port):
    """The summary says so, without the proxy's password."""
    proxy = stand_in.url.replace("://", "://user:secret@")
    ended = run(f'profile = "compliance"\nendpoint_url = "http://127.0.0.1:{dead_port}"\nproxy = "{proxy}"')
    assert stand_in.actions == ["GetCallerIdentity", "DescribeDBInstances"], ended.err
    assert f"through the proxy {stand_in.url}" in ended.out
    assert ended.results["deployments"][0]["target"]["proxy"] == stand_in.url


def test_only_the_certificates_of_accounts_toml_are_trusted(run, tmp_path):
    """AWS_CA_BUNDLE makes no endpoint trusted, whoever signed its certificate; ca_bundle does."""
    pem = _certificate(tmp_path)
    with aws({"DescribeDBInstances": DATABASES}, certificate=pem) as server:
        account = f'profile = "compliance"\nendpoint_url = "{server.url}"\naccount_id = "{ACCOUNT}"'
        ended = run(account, env=dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"), str(pem)))
        assert (ended.code, server.asked) == (4, [])
        assert "which account answers is not known" in ended.err
        ended = run(f'{account}\nca_bundle = "{pem}"')
        assert (ended.code, server.actions) == (1, ["GetCallerIdentity", "DescribeDBInstances"])


def test_another_account_than_the_pinned_one_reads_nothing(run, stand_in):
    """The identity is the only call; no result is written."""
    ended = run(f'profile = "compliance"\nendpoint_url = "{stand_in.url}"\naccount_id = "999999999999"')
    assert (ended.code, stand_in.actions) == (4, ["GetCallerIdentity"])
    assert f"account_id is 999999999999, and the credentials are of account {ACCOUNT}" in ended.err
    assert not (ended.folder / "out" / "results.json").exists()


def test_who_can_confirms_the_account_as_well(run, stand_in, tmp_path):
    """The other command that reads accounts asks for the identity first."""
    run(f'profile = "compliance"\nendpoint_url = "{stand_in.url}"\naccount_id = "999999999999"')
    stand_in.asked.clear()
    asked = ("who-can", f"arn:aws:iam::{ACCOUNT}:role/r", "s3:GetObject", "arn:aws:s3:::x/y", "--account", "production")
    ended = asbuilt(tmp_path, "iam", *asked, env={"AWS_CONFIG_FILE": str(tmp_path / "config")})
    assert (ended.code, stand_in.actions) == (4, ["GetCallerIdentity"]), ended.out + ended.err


def test_credentials_of_another_partition_read_nothing(tmp_path):
    """A region of China is not read with the credentials of an account elsewhere."""
    from asbuilt.evidence import Entry
    from asbuilt.snapshot import Answer, Snapshot
    from asbuilt.sources.identity import confirm

    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/asbuilt"
    entry = Entry("1", "aws:account", "sts:GetCallerIdentity", {"Account": ACCOUNT, "Arn": arn})
    snapshot = Snapshot({"aws:account": {"": [Answer(entries=(entry,))]}})
    confirm(Target("account", "production", region="us-east-1"), snapshot, {"partition": "aws"})
    with pytest.raises(TargetError, match=r"of partition aws .*, and the region that is read is one of aws-cn"):
        confirm(Target("account", "production", region="cn-north-1"), snapshot, {"partition": "aws-cn"})


def test_a_second_factor_is_told_before_the_reading(run, stand_in):
    """Nobody is asked for a code; the message says how to sign in."""
    ended = run(f'profile = "second-factor"\nendpoint_url = "{stand_in.url}"')
    assert (ended.code, stand_in.asked) == (4, [])
    assert "profile 'second-factor' wants a second factor" in ended.err


def test_a_profile_without_credentials_gets_no_others(run, stand_in, tmp_path):
    """Those of a container or an instance, which botocore would take next, are not the profile's."""
    given = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{stand_in.url}/keys"}
    ended = run(f'profile = "empty"\nendpoint_url = "{stand_in.url}"', env=given)
    assert (ended.code, stand_in.asked) == (4, [])


def test_credentials_that_have_ended_read_nothing(run, stand_in):
    """Where the profile says when its token ends, no call is made after that."""
    ended = run(f'profile = "ended"\nendpoint_url = "{stand_in.url}"')
    assert (ended.code, stand_in.asked) == (4, [])
    assert "the credentials ended at " in ended.err


def test_credentials_that_end_soon_are_told(run, stand_in):
    """The warning is shown; the run goes on."""
    ended = run(f'profile = "ending"\nendpoint_url = "{stand_in.url}"')
    assert "the credentials end in " in ended.err
    assert stand_in.actions == ["GetCallerIdentity", "DescribeDBInstances"]
    assert ended.results["deployments"][0]["target"]["credentials"]["expires"]


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId"])
def test_credentials_that_end_in_mid_run_leave_the_rest_unknown(run, code):
    """What was read stays; the reason says when they ended; the exit code is 6 and not 4."""
    with aws({"DescribeDBInstances": DATABASES}, otherwise=code) as server:
        account = f'profile = "compliance"\nendpoint_url = "{server.url}"'
        ended = run(account, command=(*FACT[:-1], "database.multi_az or load_balancer.scheme"))
    assert ended.code in (1, 6), ended.err
    assert ended.statuses["database.multi_az[tier1]"] == "failed"
    lost = next(fact for fact in ended.results["facts"] if fact["subject"] == "load_balancer")
    assert lost["status"] == "unknown"
    assert "DescribeLoadBalancers was not read, since at 20" in lost["reason"]


def test_credentials_that_never_worked_are_exit_code_4(run):
    """Nothing could be read with them."""
    with aws() as server:
        del server.answers["GetCallerIdentity"]
        ended = run(f'profile = "compliance"\nendpoint_url = "{server.url}"')
        assert (ended.code, server.actions) == (4, ["GetCallerIdentity"])
    assert "the credentials have expired" in ended.err


def test_clients_take_nothing_from_the_machine(monkeypatch, tmp_path):
    """Proxies, certificates and endpoints of every client of the session are those of the target."""
    config = tmp_path / "config"
    config.write_text(
        "[profile p]\naws_access_key_id = a\naws_secret_access_key = b\nca_bundle = /none\nregion = eu-west-1\n"
    )
    given = {"HTTPS_PROXY": "http://127.0.0.1:1", "AWS_CA_BUNDLE": "/none", "REQUESTS_CA_BUNDLE": "/none"}
    given |= {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_RETRY_MODE": "legacy"}
    for name, value in {
        **given,
        "AWS_CONFIG_FILE": str(config),
        "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "legacy",
    }.items():
        monkeypatch.setenv(name, value)
    target = Target("account", "production", profile="p")
    session, _ = open_session(target, "us-east-1")
    for client in (session.client("sts"), AwsClients(target, "us-east-1").client("sts", "")):
        assert client.meta.endpoint_url == "https://sts.us-east-1.amazonaws.com"
        http = client._endpoint.http_session
        assert (http._verify, http._proxy_config._proxies) == (True, {})


def test_a_request_to_another_host_is_not_sent(monkeypatch, tmp_path, stand_in):
    """Whatever leads there, the keys of an account do not go with it."""
    config = tmp_path / "config"
    config.write_text("[profile p]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    session, _ = open_session(Target("account", "production", profile="p"), "us-east-1")
    stand_in.asked.clear()
    with pytest.raises(TargetError, match=r"to '127\.0\.0\.1' was not sent"):
        session.client("sts", endpoint_url=stand_in.url).get_caller_identity()
    assert stand_in.asked == []
    assert {".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} <= set(api_domains())


def test_credentials_that_need_a_proxy_say_so(monkeypatch, tmp_path):
    """A sign-in that cannot be reached names the variables that were ignored, and what to write instead."""
    from botocore.exceptions import EndpointConnectionError

    from asbuilt.sources import credentials

    def unreachable(*_):
        raise EndpointConnectionError(endpoint_url="https://portal.sso.us-east-1.amazonaws.com")

    monkeypatch.setattr(credentials, "_with_credentials", unreachable)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@127.0.0.1:1")
    with pytest.raises(TargetError) as caught:
        open_session(Target("account", "production", profile="p"), "us-east-1")
    assert 'HTTPS_PROXY was ignored: write proxy = "http://..."' in str(caught.value)
    assert "secret" not in str(caught.value)


def test_credentials_that_cannot_be_renewed_are_no_denied_read():
    """AWS's refusal to renew them, in the midst of a call, does not say that the call was denied."""
    from botocore.exceptions import ClientError

    from asbuilt.sources.errors import explain
    from asbuilt.sources.table import rows_by_kind

    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
    with pytest.raises(TargetError, match="could not be renewed: AssumeRole answered AccessDenied"):
        explain(error, rows_by_kind()["rds:db"][0], "DescribeDBInstances")


def test_only_names_of_variables_are_recorded():
    """What a target takes is told apart from what it ignores; an account's credentials count where no profile is."""
    environment = {"AWS_PROFILE": "x", "AWS_CONFIG_FILE": "x", "HTTPS_PROXY": "x", "HOME": "x", "AWS_REGION": ""}
    role = Target("account", "a", role_arn="arn:aws:iam::123456789012:role/reader")
    assert ambient.record(role, environment) == {"used": ["AWS_CONFIG_FILE", "AWS_PROFILE"], "ignored": ["HTTPS_PROXY"]}
    profile = Target("account", "a", profile="p")
    said = {"used": ["AWS_CONFIG_FILE"], "ignored": ["AWS_PROFILE", "HTTPS_PROXY"]}
    assert ambient.record(profile, environment) == said
    assert ambient.record(Target("mock", "m"), environment) == {"used": [], "ignored": []}


def test_a_chain_of_profiles_can_lead_back():
    """A profile that takes its credentials from itself ends the search."""
    config = {"profiles": {"a": {"source_profile": "b"}, "b": {"source_profile": "a", "endpoint_url": "http://x"}}}
    assert [name for name, _ in ambient.profile_chain(config, "a")] == ["a", "b"]
    assert ambient.endpoint_settings(config, "a", "") == [("b", "endpoint_url of profile 'b'")]
    assert ambient.endpoint_settings(config, "a", "http://x/") == []


@pytest.mark.parametrize("url", ["http://user:pass@host:1/p", "http://user@host:1/p", "http://host:1/p"])
def test_urls_are_shown_without_a_password(url):
    """Nothing but user and password is left out."""
    assert without_password(url) == "http://host:1/p"


def test_settings_of_pytest_change_no_verdict(tmp_path):
    """Conftest files above a spec, options and plugins of the shell do not reach `asbuilt verify`."""
    folder = _with_hostile_pytest(tmp_path)
    given = {"PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "hostile", "LOCUST_HOST": "x"}
    given["PYTHONPATH"] = os.pathsep.join((str(folder), str(ROOT)))
    ended = verify(tmp_path, "campushub360/spec.toml", *FACT[1:], env=given)
    assert (ended.code, ended.statuses) == (0, {"database.multi_az[tier1]": "passed"}), ended.out + ended.err
    found = ended.results["deployments"][0]["target"]["ambient"]
    assert found["ignored"] == ["LOCUST_HOST", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"]
    assert (found["conftest_files"], "hostile" in found["plugins"]) == ([], False)


def test_plain_pytest_records_what_it_cannot_keep_away(tmp_path):
    """Its results name the conftest files, the plugins and the variables."""
    folder = _with_hostile_pytest(tmp_path)
    given = {**os.environ, "PYTEST_ADDOPTS": "-p hostile", "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "campushub360/spec.toml",
        *FACT[1:],
        "--out",
        "out",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    found = results["deployments"][0]["target"]["ambient"]
    assert found["conftest_files"] == [str(tmp_path / "conftest.py")], done.stdout
    assert "hostile" in found["plugins"]
    assert "PYTEST_ADDOPTS" in found["used"]


def test_options_of_locust_do_not_reach_the_generator(monkeypatch):
    """`asbuilt load` decides them."""
    from asbuilt.load.run.processes import environment

    monkeypatch.setenv("LOCUST_HOST", "http://198.51.100.1")
    assert "LOCUST_HOST" not in environment()


def _with_hostile_pytest(tmp_path):
    """A folder with a spec, a conftest file and a plugin that make every fact fail. Returns the plugin's folder."""
    shutil.copytree(ROOT / "specs" / "campushub360", tmp_path / "campushub360")
    hostile = "import pytest\ndef pytest_runtest_call(item):\n    pytest.fail('hostile')\n"
    (tmp_path / "conftest.py").write_text(hostile, encoding="utf-8")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "hostile.py").write_text(hostile, encoding="utf-8")
    return tmp_path / "plugins"


def _certificate(folder):
    """A self-signed certificate of 127.0.0.1 with its key, in one PEM file."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "loopback.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*plain))
    return file
