"""101 shapes in which secrets stand in a cluster's objects, messages and logs, and as many look-alikes that are none.

No value here is anybody's: each is made of a fixed sequence when the tests run.
"""

import base64
import json
import random
import string
from dataclasses import dataclass

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Shape:
    """``text`` holds the secret; ``key`` and ``value`` are given where a name alone tells that it is one."""

    name: str
    text: str
    secret: str
    key: str = ""


def _made(seed: str, length: int, letters: str = ALNUM) -> str:
    """The same for the same seed; with a digit and both cases where the letters have them."""
    source = random.Random(seed)
    return "".join(source.choice(letters) for _ in range(length))


def _word(seed: str) -> str:
    return f"{_made(seed, 8)}7qZ"


NAMES = (
    "DB_PASSWORD_PROD", "SECRET_KEY_BASE", "JWT_SIGNING_KEY", "OSS_SK", "MYSQL_ROOT_PWD", "PGPASSWORD",
    "redisPass", "smtp_pass", "API_KEY_V2", "encryption_key", "session_secret_old", "_auth", "basicAuth",
    "X-Auth-Token", "signature", "request_sig", "sk", "accessKeySecret", "client_secret_value",
    "private_key_pem", "AccountKey", "SSH_PASSPHRASE", "id_token", "refreshToken", "npm_config__authToken",
    "HMAC_KEY", "数据库密码",
)  # fmt: skip


def _named() -> list[Shape]:
    texts = ("{0}={1}", "{0}: {1}", '{{"zone":"h","{0}":"{1}"}}')
    made = []
    for number, name in enumerate(NAMES):
        secret = _word(name)
        made.append(Shape(f"name {name}", texts[number % 3].format(name, secret), secret, name))
    return made


PREFIXED = {
    "Slack bot token": ("xoxb-{}", 24, ALNUM),
    "Slack user token": ("xoxp-{}", 24, ALNUM),
    "Slack app token": ("xapp-1-{}", 24, ALNUM),
    "GitLab token": ("glpat-{}", 20, ALNUM),
    "GitHub token": ("ghp_{}", 36, ALNUM),
    "GitHub fine-grained token": ("github_pat_{}", 40, ALNUM),
    "OpenAI key": ("sk-{}", 40, ALNUM),
    "Anthropic key": ("sk-ant-{}", 40, ALNUM),
    "Stripe key": ("sk_live_{}", 24, ALNUM),
    "Stripe webhook": ("whsec_{}", 32, ALNUM),
    "Google API key": ("AIza{}", 35, ALNUM),
    "Google OAuth token": ("ya29.{}", 40, ALNUM),
    "Google client secret": ("GOCSPX-{}", 28, ALNUM),
    "npm token": ("npm_{}", 36, ALNUM),
    "PyPI token": ("pypi-AgE{}", 40, ALNUM),
    "Hugging Face token": ("hf_{}", 34, ALNUM),
    "DigitalOcean token": ("dop_v1_{}", 64, HEX),
    "SendGrid key": ("SG.abcdefghij123456.{}", 40, ALNUM),
    "Shopify token": ("shpat_{}", 32, HEX),
    "Docker Hub token": ("dckr_pat_{}", 27, ALNUM),
    "Vault token": ("hvs.{}", 90, ALNUM),
    "Grafana token": ("glsa_{}", 32, ALNUM),
    "Databricks token": ("dapi{}", 32, HEX),
    "Tailscale key": ("tskey-auth-{}", 24, ALNUM),
    "Telegram bot": ("123456789:AA{}", 33, ALNUM),
    "Alibaba key id": ("LTAI5t{}", 18, ALNUM),
    "Alibaba STS id": ("STS.NU7{}", 20, ALNUM),
    "AWS key id": ("AKIA{}", 16, UPPER),
    "Tencent key id": ("AKID7{}", 32, ALNUM),
    "password hash": ("$2y$10${}", 53, ALNUM),
    "Slack webhook": ("https://hooks.slack.com/services/T0000/B0000/{}", 24, ALNUM),
    "Discord webhook": ("https://discord.com/api/webhooks/1234/{}", 60, ALNUM),
    "Feishu webhook": ("https://open.feishu.cn/open-apis/bot/v2/hook/{}", 36, HEX),
}


def _prefixed() -> list[Shape]:
    made = []
    for name, (form, length, letters) in PREFIXED.items():
        secret = form.format(_made(name, length, letters))
        made.append(Shape(name, f"started with {secret} on node worker-1", secret.rpartition("/")[2]))
    return made


# In each, {0} is the secret; {id} is the id of a cloud's access key.
AROUND = {
    "flag and blank": "server --token {0} --port 80",
    "flag with =": "server --db-password={0} --port 80",
    "flag with a quoted value": "server --password 'two {0} words' -v",
    "flags in JSON": '["server","--api-token","{0}","--port","80"]',
    "mysql -p": "mysql -h db -u root -p{0} shop",
    "sshpass": "sshpass -p {0} ssh root@worker-1",
    "redis-cli -a": "redis-cli -h cache -a {0} ping",
    "docker login": "docker login -u ops -p {0} registry.example.com",
    "curl -u": "curl -s -u admin:{0} https://example.com/health",
    "curl --user": "curl --user 'admin:{0}' https://example.com/health",
    "curl Authorization": "curl -H 'Authorization: token {0}' https://example.com",
    "curl X-Api-Key": 'curl -H "X-Api-Key: {0}" https://example.com',
    "curl Cookie": "curl -H 'Cookie: theme=dark; sid={0}' https://example.com",
    "openssl pass": "openssl rsa -passin pass:{0} -in a.pem",
    "Basic": "sent header Basic b3BzOjc{0}==",
    "Bearer": "sent header Bearer {0}.7abcdef",
    "header in Go's map": "map[Accept:[*/*] Authorization:[Bearer {0}] Host:[db]]",
    "MySQL address": "mysql://root:{0}@db:3306/shop",
    "Redis address": "redis://:{0}@cache:6379/0",
    "Go's MySQL DSN": "dsn is root:{0}@tcp(db:3306)/shop?parseTime=true",
    "DSN without a scheme": "opened shop:{0}@db:5432/orders",
    "token as user": "https://oauth7{0}abcd@git.example.com/shop.git",
    "JDBC": "jdbc:postgresql://db/shop?user=ops&password={0}&ssl=true",
    "connection string": "Server=db;User Id=ops;Password={0};Encrypt=true",
    "signed OSS address": "https://b.oss.example.com/a?Expires=1&OSSAccessKeyId=x&Signature={0}",
    "signed S3 address": "https://b.s3.example.com/a?X-Amz-Expires=60&X-Amz-Signature={0}&x=1",
    "signed Azure address": "https://b.blob.example.com/a?sv=2022&sig={0}&se=2026",
    "key in an address": "https://qy.example.com/send?key={0}ab",
    "acs signature": "acs {id}:{0}",
    "key behind its id": "using {id} {0} for the region",
    "Go's struct of a key": "client &{{{id} {0}}} made",
    "XML": "<server><password>{0}</password></server>",
    "SQL": "CREATE USER ops IDENTIFIED BY '{0}'",
    "netrc": "machine git.example.com login ops password {0}",
}  # fmt: skip
WHOLE = ("docker auths", "docker auths in base64", "PEM", "PEM in base64", "JSON Web Token", "a Secret", "YAML block")


def _around() -> list[Shape]:
    made = []
    for name, form in AROUND.items():
        secret = _word(name)
        made.append(Shape(name, form.format(secret, id=f"LTAI5t{_made(name, 16)}"), secret))
    return made


def _whole() -> list[Shape]:
    secrets = {name: _made(name, 40) for name in WHOLE}
    auths = json.dumps({"auths": {"registry.example.com": {"auth": secrets["docker auths"]}}})
    config = json.dumps({"auths": {"registry.example.com": {"auth": secrets["docker auths in base64"]}}})
    encoded = base64.b64encode(config.encode()).decode()
    pem = "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----"
    pem_encoded = base64.b64encode(pem.format(secrets["PEM in base64"]).encode()).decode()
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    secret_object = {"kind": "Secret", "metadata": {"name": "db"}, "data": {"note": secrets["a Secret"]}}
    texts = {
        "docker auths": auths,
        "docker auths in base64": f".dockerconfig {encoded}",
        "PEM": pem.format(secrets["PEM"]),
        "PEM in base64": f"cert {pem_encoded}",
        "JSON Web Token": f"got {head}.eyJzdWIiOiJ4In0abc.{secrets['JSON Web Token']}",
        "a Secret": json.dumps(secret_object),
        "YAML block": f"tls.key: |\n  {secrets['YAML block']}\n  more\nzone: h",
    }
    shown = {**secrets, "docker auths in base64": encoded[-40:], "PEM in base64": pem_encoded[-40:]}
    return [Shape(name, texts[name], shown[name]) for name in WHOLE]


SHAPES = [*_named(), *_prefixed(), *_around(), *_whole()]


LOOK_ALIKES = (  # texts as they stand in objects, events and logs: each stays as it is
    "secretName: web-tls", "imagePullSecrets: [regcred]", "existingSecret: db",
    "secretKeyRef: {name: db, key: pass-1}", "key: node-role", "topologyKey: kubernetes.io/hostname",
    "keepalive: 30", "keepalive=65", "public_key: abc", "partition_key: user-1", "sort_key=created",
    "primary-key: id", "cache_key=shop:1", "group_key: ns", "monkey: 1", "token expired",
    "the token has expired", "token is invalid", "invalid token: signature is invalid",
    "failed to get token: not found", "authorization: access denied", "Unauthorized", "authentication failed",
    "author: netclinic", "authority: example.com", "authenticator: x509", "bypass=1", "compass: north", "PASS",
    "max_tokens: 100", "tokens_per_second: 5", "completion_tokens=7", "tokenizer: fast",
    "tokenExpirationSeconds: 3607", "automountServiceAccountToken: false", "token_ttl=1h",
    "token-path=/var/run/token", "tokenPolicy: strict", "auth_enabled=true", "auth-mode: rbac",
    "auth-url: https://sso.example.com/start", "auth_type: basic", "auth: none",
    "--authorization-mode=Node,RBAC", "--authentication-token-webhook-cache-ttl=2m", "--anonymous-auth=false",
    "--client-ca-file=/etc/kubernetes/pki/ca.crt", "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
    "--service-account-signing-key-file=/etc/kubernetes/pki/sa.key",
    "client-key: /etc/kubernetes/pki/client.key", "--kubeconfig=/var/lib/kube-proxy/kubeconfig",
    "docker login --password-stdin registry.example.com", "password_file: /run/secrets/db",
    "DB_PASSWORD_FILE=/run/secrets/db", "passwordPolicy: strict", "secretary: bob", "secret_type: Opaque",
    "secretNamespace: shop", "PWD_MODE=0700", "credentials_path: /var/addon/token-config",
    'secret "web-tls" not found',
    'MountVolume.SetUp failed for volume "web-secret" : secret "web-tls" not found',
    "couldn't find key password in Secret shop/db", "references non-existent secret key: tls.crt",
    "image: registry.example.com/shop/web:1.0@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "nginx:1.25@sha256:abababababababababababababababababababababababababababababababab",
    "sha256:0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c",
    "uid: 5f3a4c1e-8d2b-4a7e-9c61-0b8f2d7e4a13",
    "checksum/secret: ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12", "web-7d9c6b8f54-4hpxk",
    "auth-7d9c6b8f54-4hpxk: Back-off restarting failed container", "task-runner-0: started",
    "token-service:8080", "auth-server.shop.svc:443 refused", "lookup auth.shop.svc: no such host",
    "disk: full", "secret-store-csi-x7k2p: probe failed", "sk-learn-worker-7d9c6b8f54-4hpxk", "risk: low",
    "pypi-mirror-6d5f8-x2x7k", "npm_config_registry=https://registry.example.com", "hf_model: bert",
    "npm_lifecycle", "STS.GetCallerIdentity", "gh_pages: on", "AIza", "sketch: 1", "design: new",
    "signal: killed", "signature verification failed", "signature_version: v4", "cookie-max-age: 3600",
    "session-cookie-name: route", "sessionAffinity: ClientIP", "mailto:ops@example.com:25/",
    "ssh://git@example.com/shop.git", "https://example.com:8443/a@b", "git@example.com:a/b",
    "12:30:01 user@node joined", "docker run -p 8080:80 web", "ssh -p 22 worker-1", "mysqld is ready -v 3",
    "curl -s https://example.com/health", "Basic authentication failed", "Bearer authentication required",
    "LTAI is disabled", "key id LTAI", "$1.00$ a day", "v1.2.3-aliyun.1",
    "registry-vpc.cn-beijing.aliyuncs.com", "requestID: 2C8AD1B4-1111-5222-8333-444455556666",
    "vsw-2zeaaa has not enough IpAddress", "eyJ.a.b",
    "continue: eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTIzNDU2LCJzdGFydCI6InAwNDk5XHUwMDAwIn0", "&key=short",
    "kubernetes.io/service-account-token",
    "type: kubernetes.io/tls", "operator: Exists", "password policy is strict",
    "tokens: 42", "secrets: 3", "auth: failed", "auth-keepalive: 60", "rbac.authorization.k8s.io: forbidden",
    'failed to fetch token: Post "https://10.0.0.1:443/api": dial tcp', 'failed to fetch token: pod "x" not found',
    "may require authorization: server message: insufficient_scope", "pass=true", "donkey: x", "cred-helper: keychain",
)  # fmt: skip
