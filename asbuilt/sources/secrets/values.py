"""Forms of secrets: one row a kind, in the manner of detect-secrets and gitleaks.

A row of `TOKENS` matches where a word begins, and all of the match is secret; ` | ` separates its forms, each of which
begins with a plain character, by which the rows are tried. A row of `CONTEXTS` matches anywhere, and
the part after `(?P<secret>` is secret, or all of the match where its expression has no such part. Forms end where
the secret's characters end, so that no end of a secret stays; what comes before a fixed text has an upper length, since
the search would else take quadratic time. A kind of value is added as a row here, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

# parts of examples; a whole example stands nowhere in one piece, so that scanners of source code do not report it
_LOW, _UP, _MIX = "k3v9q2w8e7r1t6y4u5i0", "Q7ZT4KX2MD9RV3HC", "x7Kp2Vq9Rw4Tz8Ly3Nb6"
_HEX = "7d1f0e1c9a5b3c2e"


@dataclass(frozen=True)
class SecretKind:
    """A form of secrets.

    - `id`: its name in marks and messages.
    - `pattern`: its regular expression.
    - `example`: a made-up secret of this form.
    - `hints`: for a context, lower-case texts of which every match has one; they select the rows to try.
    """

    id: str
    pattern: str
    example: str
    hints: tuple[str, ...] = ()


TOKENS: tuple[SecretKind, ...] = (
    # AWS
    SecretKind(
        "aws-access-key-id",
        r"AKIA[A-Z0-9]{16,} | ASIA[A-Z0-9]{16,} | ABIA[A-Z0-9]{16,} | ACCA[A-Z0-9]{16,} | A3T[A-Z0-9]{17,}",
        "AKIA" + _UP,
    ),
    SecretKind(
        "aws-session-token",
        r"IQoJb3JpZ2luX2[\w/+=-]+ | FwoGZXIvYXdz[\w/+=-]+ | FQoGZXIvYXdz[\w/+=-]+",
        "IQoJb3JpZ2luX2" + _MIX * 3,
    ),
    SecretKind("aws-bedrock-key", r"ABSK[\w+/=-]{30,} | bedrock-api-key-[\w+/=-]{30,}", "ABSK" + _MIX * 2),
    # other clouds
    SecretKind("google-api-key", r"AIza[\w-]{35,}", "AIza" + _MIX + "S5dF1gH2jK3lZ9x"),
    SecretKind("google-oauth-secret", r"GOCSPX-[\w-]{20,}", "GOCSPX-" + _MIX + "aB1"),
    SecretKind("google-oauth-token", r"ya29\.[\w-]{20,}", "ya29." + _MIX * 2),
    SecretKind("digitalocean-token", r"do[opr]_v1_[a-f0-9]{64,}", "dop_v1_" + _HEX * 4),
    SecretKind("alibaba-access-key", r"LTAI[A-Za-z0-9]{16,}", "LTAI" + _MIX),
    SecretKind("heroku-api-key", r"HRKU-[\w-]{30,}", "HRKU-" + _MIX * 2),
    SecretKind(
        "cloudflare-token", r"cfut_[\w-]{40,} | cfat_[\w-]{40,} | cfk_[\w-]{40,} | v1\.0-[\w-]{40,}", "cfut_" + _MIX * 2
    ),
    SecretKind("fly-token", r"fo1_[\w/+=,-]{30,} | fm[12][ar]?_[\w/+=,-]{30,}", "fm2_" + _MIX * 2),
    SecretKind("vercel-token", r"vc[pkiar]_[A-Za-z0-9]{24,}", "vcp_" + _MIX * 2),
    SecretKind("netlify-token", r"nf[pcobu]_[A-Za-z0-9]{30,}", "nfp_" + _MIX * 2),
    # source code, builds and packages
    SecretKind("github-token", r"gh[opsur]_[A-Za-z0-9_]{30,}", "ghp_" + _MIX + "S5dF1gH2jK3lZ9xC"),
    SecretKind("github-fine-grained-token", r"github_pat_\w{30,}", "github_pat_" + _MIX * 4),
    SecretKind("gitlab-token", r"gl(?:pat|ptt|dt|rt|soat|oas|cbt|ft|imt|agent|ffct)-[\w.-]{20,}", "glpat-" + _MIX),
    SecretKind("bitbucket-token", r"ATBB[\w=-]{24,} | ATCTT3[\w=-]{24,}", "ATBB" + _MIX * 2),
    SecretKind("atlassian-token", r"ATATT3[\w=-]{30,}", "ATATT3" + _MIX * 3),
    SecretKind("npm-token", r"npm_[A-Za-z0-9]{30,}", "npm_" + _MIX + "S5dF1gH2jK3lZ9xC"),
    SecretKind("pypi-token", r"pypi-[\w-]{30,}", "pypi-" + "AgEIcHlwaS5vcmc" + _MIX * 3),
    SecretKind("rubygems-token", r"rubygems_[a-f0-9]{48,}", "rubygems_" + _HEX * 3),
    SecretKind("docker-token", r"dckr_(?:pat|oat)_[\w-]{20,}", "dckr_pat_" + _MIX + "aB1cD2e"),
    SecretKind("nuget-key", r"oy2[a-z0-9]{43,}", "oy2" + _LOW * 2 + "abc"),
    SecretKind("circleci-token", r"CCI(?:PAT|PRJ)_[\w-]{30,}", "CCIPAT_" + _MIX * 2),
    SecretKind("buildkite-token", r"bk[au]a_[a-z0-9]{40,}", "bkua_" + _LOW * 2),
    SecretKind("sonar-token", r"sq[upa]_[a-z0-9]{40,}", "squ_" + _LOW * 2),
    SecretKind("artifactory-key", r"AKCp[A-Za-z0-9]{60,}", "AKCp" + _MIX * 4),
    # payments and shops
    SecretKind(
        "stripe-key",
        r"sk_(?:live|test|prod)_[A-Za-z0-9]{16,} | rk_(?:live|test|prod)_[A-Za-z0-9]{16,}",
        "sk_live_" + _MIX + "aB1c",
    ),
    SecretKind("stripe-webhook-secret", r"whsec_[\w/+=-]{20,}", "whsec_" + _MIX * 2),
    SecretKind("square-token", r"sq0[a-z]{3}-[\w-]{22,} | EAAA[\w-]{56,}", "sq0atp-" + _MIX + "aB"),
    SecretKind(
        "paypal-braintree-token",
        r"access_token\$(?:production|sandbox)\$\S+",
        "access_token$production$" + _LOW[:16] + "$" + _HEX * 2,
    ),
    SecretKind("shopify-token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32,}", "shpat_" + _HEX * 2),
    SecretKind("flutterwave-key", r"FLWSECK(?:_TEST)?-[\w-]{12,}", "FLWSECK-" + _MIX),
    # messages and mail
    SecretKind("slack-token", r"xox[abeoprs](?:\.xox[bp])?-[\w-]{10,}", "xoxb-" + "123456789012-" + _MIX),
    SecretKind("slack-app-token", r"xapp-\d-[\w-]{10,}", "xapp-" + "1-A0B1C2D3E4-" + _MIX),
    SecretKind(
        "discord-token",
        r"M[\w-]{22,27}\.[\w-]{6}\.[\w-]{27,} | N[\w-]{22,27}\.[\w-]{6}\.[\w-]{27,}",
        "MTA" + _LOW + "a.GmAdEx." + _MIX + "aB1cD2eF",
    ),
    SecretKind("twilio-key", r"SK[a-f0-9]{32,}", "SK" + _HEX * 2),
    SecretKind("sendgrid-key", r"SG\.[\w-]{16,}\.[\w-]{16,}", "SG." + _MIX + "aB." + _MIX * 2),
    SecretKind("mailgun-key", r"key-[a-f0-9]{32,} | pubkey-[a-f0-9]{32,}", "key-" + _HEX * 2),
    SecretKind("brevo-key", r"xkeysib-[a-f0-9]{40,}[\w-]*", "xkeysib-" + _HEX * 4 + "-" + _MIX[:16]),
    SecretKind("postman-key", r"PMAK-[a-f0-9]{24,}-[a-f0-9]{30,}", "PMAK-" + _HEX + _HEX[:8] + "-" + _HEX * 2 + "ab"),
    # observation and on-call
    SecretKind("newrelic-key", r"NR(?:AK|II|JS|RA|AL)[-A-Z0-9]{20,}", "NRAK-" + _UP + "AB12CD34EF5"),
    SecretKind("sentry-token", r"sntry[su]_[\w/+=-]{30,}", "sntrys_" + _MIX * 3),
    SecretKind("grafana-token", r"glc_[\w/+=-]{30,} | glsa_[\w/+=-]{30,}", "glsa_" + _MIX * 2 + "_7d1f0e1c"),
    SecretKind(
        "dynatrace-token", r"dt0[a-z]\d{2}\.[A-Z0-9]{20,}\.[A-Z0-9]{50,}", "dt0c01." + _UP + "AB12CD34." + _UP * 4
    ),
    SecretKind("datadog-app-key", r"ddapp_[A-Za-z0-9]{30,}", "ddapp_" + _MIX * 2),
    SecretKind("honeycomb-key", r"hc[abdimx](?:ik|lk)?_[A-Za-z0-9]{30,}", "hcaik_" + _LOW * 2),
    # models
    SecretKind("anthropic-key", r"sk-ant-[\w-]{20,}", "sk-ant-" + "api03-" + _MIX * 4),
    SecretKind("openai-key", r"sk-(?:proj-|svcacct-|admin-|None-)?[\w-]{32,}", "sk-" + "proj-" + _MIX * 2),
    SecretKind(
        "huggingface-token", r"hf_[A-Za-z]{30,} | api_org_[A-Za-z]{30,}", "hf_" + "xKpVqRwTzLyNbQsDfGhJkLmPoIuYtReWq"
    ),
    SecretKind("replicate-token", r"r8_[A-Za-z0-9]{30,}", "r8_" + _MIX * 2),
    SecretKind("groq-key", r"gsk_[A-Za-z0-9]{40,}", "gsk_" + _MIX * 3),
    SecretKind("perplexity-key", r"pplx-[A-Za-z0-9]{40,}", "pplx-" + _MIX * 3),
    SecretKind("xai-key", r"xai-[A-Za-z0-9]{60,}", "xai-" + _MIX * 4),
    # work and data
    SecretKind("airtable-token", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{60,}", "pat" + _MIX[:14] + "." + _HEX * 4),
    SecretKind("airtable-key", r"key[A-Z][A-Za-z0-9]{13}(?![A-Za-z0-9])", "key" + "A7Kp2Vq9Rw4Tz8"),
    SecretKind("linear-key", r"lin_(?:api|oauth)_[A-Za-z0-9]{30,}", "lin_api_" + _MIX * 2),
    SecretKind("notion-token", r"ntn_[A-Za-z0-9]{40,} | secret_[A-Za-z0-9]{40,}", "ntn_" + _MIX * 3),
    SecretKind(
        "asana-token",
        r"1/\d{12,}(?:/\d{12,})?:[a-f0-9]{32,} | 2/\d{12,}(?:/\d{12,})?:[a-f0-9]{32,}",
        "2/" + "1234567890123/1234567890123:" + _HEX * 2,
    ),
    SecretKind("figma-token", r"fig[dou]_[\w-]{30,}", "figd_" + _MIX * 2),
    SecretKind("okta-token", r"00[\w-]{40}(?![\w-])", "00" + _MIX * 2),
    SecretKind("frameio-token", r"fio-u-[\w=-]{40,}", "fio-u-" + _MIX * 3),
    SecretKind("typeform-token", r"tfp_[\w.-]{40,}", "tfp_" + _MIX * 3),
    SecretKind("contentful-token", r"CFPAT-[\w-]{40,}", "CFPAT-" + _MIX * 3),
    SecretKind(
        "hubspot-token", r"pat-(?:na|eu)\d-[a-f0-9-]{30,}", "pat-" + "na1-" + "7d1f0e1c-9a5b-3c2e-8f4d-7d1f0e1c9a5b"
    ),
    SecretKind("supabase-key", r"sbp_[a-f0-9]{40,} | sb_secret_[\w-]{20,}", "sbp_" + _HEX * 2 + _HEX[:8]),
    SecretKind("planetscale-token", r"pscale_(?:tkn|pw|oauth)_[\w=.-]{30,}", "pscale_pw_" + _MIX * 2),
    SecretKind("databricks-token", r"dapi[a-f0-9]{32,}(?:-\d)?", "dapi" + _HEX * 2),
    SecretKind("snowflake-token", r"ver:\d+-hint:\d+-[\w/+=-]{30,}", "ver:" + "1-hint:1234-" + _MIX * 2),
    # infrastructure
    SecretKind("vault-token", r"hv[sbr]\.[\w-]{20,}", "hvs." + _MIX * 2),
    SecretKind("vault-old-token", r"s\.[A-Za-z0-9]{24}(?![\w.-])", "s." + _MIX + "aB1c"),
    SecretKind("pulumi-token", r"pul-[a-f0-9]{40,}", "pul-" + _HEX * 2 + _HEX[:8]),
    SecretKind("doppler-token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{20,}", "dp.pt." + _MIX * 2),
    SecretKind("infracost-key", r"ico-[A-Za-z0-9]{30,}", "ico-" + _MIX * 2),
    SecretKind("onepassword-token", r"ops_eyJ[\w/+=-]{30,} | A3-[A-Z0-9]{6}-[A-Z0-9-]{30,}", "ops_eyJ" + _MIX * 4),
    SecretKind("tailscale-key", r"tskey-[a-z]+-[\w-]{10,}", "tskey-auth-" + _MIX),
    SecretKind(
        "launchdarkly-key",
        r"sdk-[a-f0-9]{8}-(?:[a-f0-9]{4}-){3}[a-f0-9]{12,} | mob-[a-f0-9]{8}-(?:[a-f0-9]{4}-){3}[a-f0-9]{12,}",
        "sdk-" + "7d1f0e1c-9a5b-3c2e-8f4d-7d1f0e1c9a5b",
    ),
    SecretKind(
        "age-key", r"AGE-SECRET-KEY-1[A-Z0-9]{50,} | age-secret-key-1[a-z0-9]{50,}", "AGE-SECRET-KEY-1" + _UP * 4
    ),
    SecretKind(
        "jwt", r"ey[JI][\w=-]{8,2000}(?:\.[\w=-]*){1,4}", "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiJtYWRlIn0." + _MIX * 2
    ),
)

CONTEXTS: tuple[SecretKind, ...] = (
    SecretKind(
        "azure-client-secret", r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,}", "abc8Q~" + _MIX + "S5dF1gH2jK3lZ9xC", ("q~",)
    ),
    SecretKind(
        "telegram-bot-token", r"(?<!\d)\d{8,10}:AA[\w-]{32,}", "123456789:AA" + _MIX + "aB1cD2eF3gH4i", (":aa",)
    ),
    SecretKind("mailchimp-key", r"(?<![a-f0-9])[a-f0-9]{32}-us\d{1,2}", _HEX * 2 + "-us12", ("-us",)),
    SecretKind(
        "terraform-cloud-token",
        r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}",
        _MIX[:14] + ".atlasv1." + _MIX * 4,
        (".atlasv1.",),
    ),
    SecretKind(
        "aws-encoded-message",
        r"(?i)encoded authorization failure message:\s*(?P<secret>[\w/+=-]{20,})",
        "Encoded authorization failure message: " + _MIX * 3,
        ("encoded authorization",),
    ),
    SecretKind(
        "aws-signed-url",
        r"(?i)x-amz-(?:signature|security-token|credential)=(?P<secret>[^&\s\"']+)",
        "https://bucket.example.org/key?X-Amz-Signature=" + _HEX * 4,
        ("x-amz-",),
    ),
    SecretKind(
        "azure-storage-key",
        r"(?i)(?:AccountKey|SharedAccessKey|AccessKey)=(?P<secret>[\w/+=-]{20,})",
        "DefaultEndpointsProtocol=https;AccountName=made;AccountKey=" + _MIX * 4 + "==",
        ("accesskey=", "accountkey="),
    ),
    SecretKind(
        "azure-sas",
        r"[?&;]sig=(?P<secret>[\w%/+=-]{20,})",
        "https://made.blob.core.windows.net/c?sv=2022-11-02&sp=r&sig=" + _MIX * 2 + "%3D",
        ("sig=",),
    ),
    SecretKind(
        "slack-webhook",
        r"hooks\.slack\.com/(?P<secret>(?:services|workflows|triggers)/[\w/+-]+)",
        "https://hooks.slack.com/services/T00MADE00/B00MADE00/" + _MIX,
        ("hooks.slack.com",),
    ),
    SecretKind(
        "teams-webhook",
        r"webhook\.office\.com/(?P<secret>\S+)",
        "https://made.webhook.office.com/webhookb2/" + _HEX + "@made/IncomingWebhook/" + _HEX * 2,
        ("webhook.office.com",),
    ),
    SecretKind(
        "discord-webhook",
        r"discord(?:app)?\.com/api/webhooks/(?P<secret>[\w/-]+)",
        "https://discord.com/api/webhooks/123456789012345678/" + _MIX * 3,
        ("/api/webhooks/",),
    ),
    SecretKind(
        "telegram-bot-url",
        r"api\.telegram\.org/bot(?P<secret>[\w:-]+)",
        "https://api.telegram.org/bot123456789:" + _MIX,
        ("api.telegram.org/bot",),
    ),
    SecretKind(
        "sentry-dsn",
        r"https?://(?P<secret>[a-f0-9]{32}(?::[a-f0-9]{32})?)@",
        "https://" + _HEX * 2 + "@o123.ingest.sentry.example/4567",
        ("://",),
    ),
    # keys, tokens and hashes of standards
    SecretKind(
        "private-key",
        r"-----BEGIN[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
        "-----BEGIN OPENSSH PRIVATE " + "KEY-----\n" + _MIX * 4 + "\n-----END OPENSSH PRIVATE " + "KEY-----",
        ("private key",),
    ),
    SecretKind(
        "putty-key", r"PuTTY-User-Key-File-\d(?s:.*)", "PuTTY-User-Key-File-3: ed25519 " + _MIX, ("putty-user-key",)
    ),
    SecretKind(
        "password-hash",
        r"\$(?:2[abxy]?\$\d\d|[156y]|apr1|argon2(?:id?|d)?|scrypt|pbkdf2[\w-]*|7)\$[\w./$,=+-]{20,}",
        "$2b$12$" + _MIX * 2 + "aB1cD2eF3gH4i",
        ("$",),
    ),
    SecretKind(
        "django-password-hash",
        r"(?:pbkdf2_sha\d+|bcrypt_sha256|argon2|scrypt)\$[\w$./+=,-]{20,}",
        "pbkdf2_sha256$260000$" + _MIX + "$" + _MIX * 2 + "=",
        ("pbkdf2_", "bcrypt", "argon2$", "scrypt$"),
    ),
    SecretKind("ldap-password-hash", r"\{S?(?:SHA|MD5|SSHA\d*)\}[\w/+=]{16,}", "{SSHA}" + _MIX * 2, ("sha}", "md5}")),
    # command lines
    SecretKind(
        "mysql-password",
        r"(?i)\b(?:mysql|mariadb)[\w-]*(?:\s[^|;&]{0,200}?)?\s-p(?P<secret>[^\s\"']+)",
        "mysqladmin ping -uroot -p" + _MIX,
        ("mysql", "mariadb"),
    ),
    SecretKind(
        "redis-password",
        r"(?i)redis-cli\s[^|;&]{0,200}?-a\s+(?P<secret>[^\s\"']+)",
        "redis-cli -h cache -a " + _MIX + " ping",
        ("redis-cli",),
    ),
    SecretKind(
        "curl-password",
        r"(?i)curl\s[^|;&]{0,200}?(?:-u|--user)\s+[\"']?[^\s:\"']+:(?P<secret>[^\s\"']+)",
        "curl -u app:" + _MIX + " https://example.org",
        ("curl",),
    ),
    SecretKind(
        "login-password",
        r"(?i)\b(?:(?:docker|podman|helm|az|skopeo|buildah)\s[^|;&]{0,200}?login|sshpass)\s(?:[^|;&]{0,200}?\s)?-p\s*"
        r"(?P<secret>[^\s\"']+)",
        "docker login -u app -p " + _MIX + " registry.example.org",
        ("login", "sshpass"),
    ),
    SecretKind(
        "openssl-password",
        r"(?i)\bopenssl\s[^|;&]{0,200}?(?:pass:|\s-k\s+)(?P<secret>[^\s\"']+)",
        "openssl rsa -in key.pem -passin pass:" + _MIX,
        ("openssl",),
    ),
    SecretKind(
        "piped-password",
        r"(?i)\becho\s(?:-\w+\s+)?[\"']?(?P<secret>[^\s\"'|$][^\s\"'|]{0,400})[\"']?\s*\|[^|;&]{0,200}?"
        r"(?:--password-stdin|\bchpasswd\b)",
        "echo 'root:" + _MIX + "' | chpasswd",
        ("password-stdin", "chpasswd"),
    ),
    SecretKind(
        "sql-password",
        r"(?i)\b(?:identified\s+by|(?:with|encrypted)\s+password)\s+[\"'](?P<secret>[^\"']{1,400})",
        "CREATE USER app IDENTIFIED BY '" + _MIX + "'",
        ("identified", "password"),
    ),
    SecretKind(
        "netrc-password",
        r"(?i)\blogin\s+\S{1,200}\s+password\s+(?P<secret>\S+)",
        "machine git.example.org login app password " + _MIX,
        ("password",),
    ),
    SecretKind(
        "aws-configured-secret",
        r"(?i)aws_(?:secret_access_key|session_token)\s+(?P<secret>[\w/+=-]{16,})",
        "aws configure set aws_secret_access_key " + _MIX * 2,
        ("aws_secret_access_key", "aws_session_token"),
    ),
    SecretKind(
        "powershell-password",
        r"(?i)convertto-securestring\s+(?:-string\s+)?[\"']?(?P<secret>[^\s\"'$-][^\s\"']*)",
        "ConvertTo-SecureString '" + _MIX + "' -AsPlainText -Force",
        ("convertto-securestring",),
    ),
    # URLs and headers
    SecretKind(
        "url-token",
        r"://(?P<secret>(?=[^/\s:@]{0,400}\d)[\w.~%+-]{16,400})@(?=[\w.-])",
        "https://" + _MIX + "@git.example.org/app.git",
        ("://",),
    ),
    SecretKind(
        "url-key",
        r"(?i)[?&](?:key|apikey|code|auth|signature|subscription-key)=(?P<secret>(?=[^&\s]{0,400}\d)[\w%/+=.~-]{16,})",
        "https://maps.example.org/api?key=" + _MIX * 2,
        ("key=", "code=", "auth=", "signature="),
    ),
    SecretKind(
        "url-password",
        r"://[^/\s:@\"'<>?#{}]*:(?!\d{1,5}[/?#]|\$\{|\{\{|%\()(?P<secret>[^\s@\"'<>]{1,400}(?:@[^\s@\"'<>/]{1,100})*?)@(?=[\w.\[-])",
        "postgres://app:" + _MIX + "@db.example.org:5432/app",
        ("://",),
    ),
    SecretKind(
        "oracle-password",
        r"(?i)jdbc:oracle:\w+:\w+/(?P<secret>[^@\s\"']{1,200})@",
        "jdbc:oracle:thin:app/" + _MIX + "@db.example.org:1521:app",
        ("jdbc:oracle:",),
    ),
    SecretKind(
        "basic-header",
        r"(?i)\bbasic\s+(?P<secret>(?=\S*[\d=])[\w/+-]{8,}={0,2})",
        "Authorization: Basic bWFkZTp1cC1wYXNzd29yZA==",
        ("basic",),
    ),
    SecretKind(
        "bearer-header",
        r"(?i)\bbearer\s+(?P<secret>(?=\S*\d)[\w./+=~-]{16,})",
        "Authorization: Bearer " + _MIX * 2,
        ("bearer",),
    ),
    SecretKind(
        "token-header",
        r"(?i)authorization[\"']?\s*[:=]\s*[\"']?(?:token|apikey|key)\s+(?P<secret>[\w./+=~-]{8,})",
        "Authorization: Token " + _MIX,
        ("authorization",),
    ),
)

VALUES = (*TOKENS, *CONTEXTS)
