"""KINDS: secrets of every kind, by their form and by their name. All are made up.

Each row is (id, name of the variable or "", value, the part of the value that is secret). Without a name, the value
alone is a secret, whatever the variable is called.
"""

from __future__ import annotations

import re

from asbuilt.sources.secrets.values import VALUES, SecretKind

_RANDOM = "x7Kp2Vq9Rw4Tz8Ly3Nb6Qs1D"


def _secret_of(kind: SecretKind) -> str:
    match = next(re.finditer(kind.pattern.replace(" | ", "|"), kind.example))
    return match["secret"] if "secret" in match.re.groupindex else match[0]


BY_FORM = [(kind.id, "", kind.example, _secret_of(kind)) for kind in VALUES]
BY_NAME = [
    (name, name, value, value)
    for name, value in [
        ("DB_PASS", "xK9#mL2p"),
        ("DB_PWD", "pwd-xK9#mL2p"),
        ("MYSQL_PWD", "mysql-xK9#mL2p"),
        ("MYSQL_ROOT_PASSWORD", "only-four-words"),
        ("dbPassword", "camel-xK9#mL2p"),
        ("spring.datasource.password", "dots-xK9#mL2p"),
        ("mysqlpassword", "joined-xK9#mL2p"),
        ("SMTP_PASSWD", "smtp-xK9#mL2p"),
        ("KEY_PASSPHRASE", "open-sesame-42"),
        ("REDIS_PW", "redis-xK9#mL2p"),
        ("JWT_SECRET", "jwt-made-up"),
        ("DJANGO_SECRET_KEY", "django-made-up"),
        ("CLIENT_SECRET", "client-made-up"),
        ("API_KEY", "api-made-up"),
        ("apiKey", "camel-made-up"),
        ("X-Api-Key", "dash-made-up"),
        ("AUTH_TOKEN", "auth-made-up"),
        ("REFRESH_TOKEN", "9d4c1f00-refresh"),
        ("AWS_SECRET_ACCESS_KEY", "aws-made-up"),
        ("AWS_SESSION_TOKEN", "session-made-up"),
        ("ENCRYPTION_KEY", "c2VjcmV0LWtleS1mb3ItYWVz"),
        ("SIGNING_KEY", "7d1f0e1c9a"),
        ("PRIVATE_KEY", "private-made-up"),
        ("MASTER_KEY", "master-made-up"),
        ("SESSION_KEY", "session-key-made-up"),
        ("LICENSE_KEY", "LIC-1234-5678"),
        ("PASSWORD_SALT", "salt-made-up"),
        ("HASH_PEPPER", "pepper-made-up"),
        ("APP_KEY", "base64:2hQ0m1q9vG7yq8w0b4lV6g=="),
        ("SERVICE_CREDENTIALS", "creds-made-up"),
        ("REGISTRY_AUTH", "auth4made-up"),
        ("SESSION_COOKIE", "cookie4made-up"),
        ("WEBHOOK_URL", "https://hooks.example.org/in/made-up"),
        ("OTP_SEED", "seed-otp-made-up"),
        ("KUBECONFIG", "kube-made-up"),
    ]
]
# recognised in a variable for their randomness alone
BY_RANDOMNESS = [
    ("random letters and digits", "", _RANDOM + _RANDOM[::-1], _RANDOM + _RANDOM[::-1]),
    ("random hexadecimal digits", "", "9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad015"),
    ("base64 of a secret", "", "UEFTU1dPUkQ9eEs5I21MMnAhIQ==", "UEFTU1dPUkQ9eEs5I21MMnAhIQ=="),
]
WITHIN = [
    ("ODBC", "", "Server=db;User Id=sa;Password=Hunter2!odbc;", "Hunter2!odbc"),
    ("ODBC Pwd", "", "Driver={ODBC};Server=db;Uid=sa;Pwd=Hunter2!pwd;", "Hunter2!pwd"),
    ("JDBC", "", "jdbc:postgresql://db/web?user=app&password=hunter2jdbc", "hunter2jdbc"),
    ("redis without user", "", "redis://:hunter2redis@cache:6379/0", "hunter2redis"),
    ("MongoDB", "", "mongodb+srv://app:hunter2mongo@cluster.example.org/app", "hunter2mongo"),
    ("AMQP", "", "amqps://app:hunter2amqp@mq.example.org", "hunter2amqp"),
    ("an @ in a password", "", "postgres://app:hunter2p@ss@db/app", "hunter2p@ss"),
    ("JSON", "", '{"spring.datasource.password": "hunter2json"}', "hunter2json"),
    ("YAML", "", "db:\n  password: hunter2yaml\n", "hunter2yaml"),
    ("properties", "", "db.user=app\ndb.password=hunter2properties\n", "hunter2properties"),
    ("a flag", "", "serve --db-password hunter2flag --port 80", "hunter2flag"),
    ("a flag with =", "", "serve --token=hunter2equals --port 80", "hunter2equals"),
    ("a header", "", "curl -H 'X-Api-Key: hunter2header' https://example.org", "hunter2header"),
    ("a query", "", "https://example.org/cb?access_token=hunter2query&state=1", "hunter2query"),
    ("a sentence", "", "the password is kept here, password: hunter2sentence", "hunter2sentence"),
]
KINDS = [*BY_FORM, *BY_NAME, *WITHIN]

# names and values that are no secrets, though they resemble some
PLAIN = [
    ("SECURITY_TOKEN_SERVICE", "sts.amazonaws.com"),
    ("VAPID_PUBLIC_KEY", "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"),
    ("LOG_LEVEL", "info"),
    ("PORT", "8080"),
    ("DB_HOST", "app.c9akciq32.us-east-1.rds.amazonaws.com"),
    ("TOKEN_TTL", "3600"),
    ("TOKEN_EXPIRY_SECONDS", "900"),
    ("AUTH_HEADER_NAME", "X-Auth"),
    ("DB_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"),
    ("DB_PASSWORD", "arn:aws:ssm:us-east-1:123456789012:parameter/db/password"),
    ("SECRET_NAME", "campus/prod/db"),
    ("PASSWORD_MIN_LENGTH", "12"),
    ("SECRETS_PROVIDER", "aws-secrets-manager"),
    ("SECRETS_BACKEND", "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"),
    ("PASSWORD_AUTHENTICATION", "true"),
    ("REQUIRE_PASSWORD", "yes"),
    ("HAS_TOKEN", "maybe"),
    ("TOKEN_FILE", "/run/secrets/token"),
    ("SSH_PRIVATE_KEY", "/home/app/.ssh/id_rsa"),
    ("GOOGLE_APPLICATION_CREDENTIALS", "/srv/app/service-account.json"),
    ("DB_PASSWORD", "{{resolve:secretsmanager:db:SecretString:password}}"),
    ("DB_PASSWORD", "${DB_PASSWORD_FROM_SECRET}"),
    ("DB_PASSWORD", "$DB_PASSWORD"),
    ("API_TOKEN", "/campus/prod/api-token"),
    ("DB_PASSWORD", ""),
    ("SECRETS_BUCKET", "campus-secrets-bucket"),
    ("PUBLIC_KEY", "ssh-rsa AAAAB3NzaC1yc2E"),
    ("JWT_PUBLIC_KEY", "MFkwEwYHKoZIzj0CAQY"),
    ("KMS_KEY_ID", "1234abcd-12ab-34cd-56ef-1234567890ab"),
    ("ENCRYPTION_KEY", "alias/campus"),
    ("KEY_PAIR", "operator"),
    ("PARTITION_KEY", "tenant_id"),
    ("SORT_KEY", "created"),
    ("CACHE_KEY", "session"),
    ("KEYBOARD_LAYOUT", "us"),
    ("COMPASS_URL", "https://compass.example.org"),
    ("PASSENGER_POOL_SIZE", "6"),
    ("BYPASS_CACHE", "true"),
    ("PWD", "/srv/web"),
    ("AUTH", "basic"),
    ("AUTH_PROVIDER", "oidc"),
    ("AUTH_URL", "https://login.example.org/oauth2/authorize"),
    ("TOKEN_URL", "https://login.example.org/oauth2/token"),
    ("SESSION_COOKIE_NAME", "sid"),
    ("SESSION_COOKIE_SECURE", "True"),
    ("CSRF_COOKIE_SAMESITE", "Lax"),
    ("GIT_SHA", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"),
    ("COMMIT", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"),
    ("IMAGE", "123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:" + "9f86d081" * 8),
    ("IMAGE_DIGEST", "sha256:" + "9f86d081" * 8),
    ("BUILD_ID", "x7Kp2Vq9Rw4Tz8Ly3Nb6Qs1D"),
    ("TRACE", "1-67891233-abcdef012345678912345678"),
    ("CONSUMER", "9a1b2c3d-1234-4abc-8def-0123456789ab"),
    ("QUEUE", "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"),
    ("ROLE", "arn:aws:iam::123456789012:role/campus-web"),
    ("CLUSTER", "production-campus-cluster-2"),
    ("BALANCER", "app/production-apranova-alb/c89cedb8a8ce8d29"),
    ("DATABASE_URL", "postgres://web@db/web"),
    ("REDIS_URL", "rediss://cache.example.org:6379/0"),
    ("UPSTREAM", "https://web.example.org:8443/@scope/pkg"),
    ("CONN", "Server=db;Integrated Security=true;"),
    ("GREETING", "SGVsbG8sIGhlbGxvLCBoZWxsbyB0aGVyZSE="),
    ("WORKER_CLASS", "uvicorn.workers.UvicornWorker"),
    ("SUBNETS", "subnet-0a1b2c3d4e5f60718,subnet-0f1e2d3c4b5a69788"),
    ("SPRING_APPLICATION_JSON", '{"spring.datasource.url": "jdbc:postgresql://db/web"}'),
    ("FEATURES", '{"token_ttl": 3600, "password_policy": "strict"}'),
    ("JAVA_OPTS", "-Xmx512m -Djavax.net.ssl.trustStore=/etc/pki/java/cacerts"),
    ("MONITORING", "Basic monitoring of 5 minutes"),
    ("NOTE", "The bearer of this note may pass"),
]
