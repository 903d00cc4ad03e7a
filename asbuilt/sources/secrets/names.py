"""Names of variables that hold a secret, and names and values that only describe or refer to one.

A name is split into lower-case words at `_`, `-`, `.`, digits and changes of case: `dbPassWord2` and `DB_PASS_WORD`
have the words db, pass, word. Rows are whole words, so that COMPASS and PASSENGER hold no `pass`.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def _rows(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in " ".join(text.split()).split(","))


# Any value of a variable with such a word is a secret, unless it refers to one: even `password` or `1234`.
PASSWORDS = _rows("""
    pass passw passwd password passwords passphrase passcode passkey pwd pw pswd psw pword passwort kennwort
    contrasena secret secrets salt pepper credential credentials creds cred privkey requirepass sshpass pgpass
    userpass userpwd dbpass dbpwd smtppass rootpass
""")
# The same for a word that ends so, written without a change of case: `mysqlpassword`.
PASSWORD_ENDINGS = ("password", "passwd", "passphrase", "secret", "apikey", "privatekey", "secretkey", "accesskey")

# Any value but a number or a switch is a secret: TOKEN=0 is none.
TOKENS = _rows("""
    token tokens pat jwt otp totp apitoken accesstoken authkey authtoken signingkey encryptionkey masterkey
    licensekey sessionkey oauthtoken bearer hmac mnemonic sastoken kubeconfig dockercfg dockerconfigjson
""")
KEYS = _phrases("""
    api key,app secret key,access key,private key,secret key,signing key,sign key,encryption key,encrypt key,
    decryption key,cipher key,crypto key,master key,session key,shared key,storage key,account key,auth key,
    license key,licence key,deploy key,deployment key,ssh key,rsa key,ecdsa key,hmac key,aes key,gpg key,pgp key,
    jwt key,tls key,ssl key,pass word,pass phrase,recovery code,backup code,seed phrase,webhook url,key base,
    functions key,subscription key,aws access key id
""")

# Such a value is a secret where it has letters, digits and a length of eight: these words name much else as well.
DOUBTFUL = _rows("auth authorization authentication cookie cookies session dsn nonce seed code cert")
DOUBTFUL_KEYS = _phrases("""
    app key,service key,client key,host key,data key,admin key,root key,integration key,ingest key,ingestion key,
    write key,read key,routing key,instrumentation key,basic auth
""")

# A name that ends in one of these words describes a secret, or says where it is.
DESCRIBING = _rows("""
    ttl lifetime lifespan expiry expires expire expiration exp age seconds secs minutes mins hours days weeks ms
    millis length len min max minimum maximum count limit limits quota size bytes bits name names header headers arn
    arns id ids file files filename path paths dir directory folder location endpoint endpoints host hostname hosts
    domain port provider providers algorithm alg algo type types policy policies enabled enable disabled disable
    required optional rotation manager store backend bucket table region version versions prefix suffix format
    issuer audience aud iss scope scopes method methods mode interval timeout timeouts attempts retries retry field
    fields label kind class hasher hashers validator validators validation reset page parameter param params ref
    reference refs var variable source sources engine encryption strength complexity history regex pattern charset
    rounds iterations url uri urls mount namespace group role user username email schema title hint message prompt
    template status state server check checks threshold rate window grace skew created updated date time timestamp
    service at by allowed samesite secure httponly alias index column attribute attributes selector usage spec usages
""")
DESCRIBING_PHRASES = _phrases("public key,partition key,sort key,primary key,foreign key,object key,cache key,key pair")
# A name that begins with one of these words asks whether, or how many.
ASKING = _rows("is has use uses enable enabled disable disabled require requires allow allowed max min num show")

# The values of names with one of these words are random by design.
RANDOM_BY_DESIGN = _rows("""
    sha md commit revision rev digest hash checksum etag uuid guid image tag version build arn id ids fingerprint
    thumbprint integrity git ref trace span request correlation region zone host url uri path bucket cluster
""")

# Values that are switches, and values that refer to a secret that is kept elsewhere.
SWITCHES = _rows("true false yes no on off none null nil undefined enabled disabled required optional 0 1 default auto")
REFERENCE = re.compile(
    r"""arn:[\w-]+:[\w-]+:\S*
      | \{\{\s*resolve:.*\}\} | \$\{[^{}]+\} | \$\([^()]+\) | \$?\{\{[^{}]+\}\} | \$[A-Za-z_]\w* | %\(\w+\)s | %\w+%
      | !(?:Ref|Sub|GetAtt|ImportValue)\b.* | \*+
      | (?:secretsmanager|ssm|ssm-secure|vault|op|keyvault|kms|file|env):(?://)?[\w./\#:@+-]+
      | projects/[\w-]+/secrets/[\w-]+(?:/versions/\w+)?
      | alias/[\w/-]+ | mrk-[0-9a-f]+
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
# A path of two or more plain names, as of a file or of a parameter in Parameter Store, or a name with a file's ending.
PATH = re.compile(
    r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][a-zA-Z_.-][\w.-]{0,40}){2,}[/\\]?"
    r"|[\w./~-]*[\w-]\.(?:pem|key|crt|cer|json|ya?ml|txt|conf|env|p12|jks|pub|ini|toml)"
)
PLACEHOLDER = re.compile(r"(?i)change-?me|^your[-_ ]?|yoursecure|example|placeholder|^xxx+|^<.*>$|^password1?2?3?!?$")
SAMPLE = re.compile(r"(?i)<?your[-_ ]")


def words(name: str) -> tuple[str, ...]:
    """The lower-case words of a name: `DB_PASSWORD2`, `dbPassword` and `db.password` give ("db", "password")."""
    return tuple(word.lower() for word in _WORD.findall(name))


def has_phrase(of: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> bool:
    """Whether words hold one of the phrases, word by word."""
    return any(of[start : start + size] in phrases for start in range(len(of)) for size in (2, 3, 4))


def describes(of: tuple[str, ...]) -> bool:
    """Whether the words of a name say that its value describes a secret, or anything about one, and is none."""
    if of[-4:] == ("aws", "access", "key", "id"):
        return False
    return (of[-1] in DESCRIBING and of[-2:] != ("webhook", "url")) or of[0] in ASKING or of[-2:] in DESCRIBING_PHRASES
