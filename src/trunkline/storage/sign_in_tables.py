"""Tables of people who sign in at the site (site.md 12)."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from trunkline.storage.metadata import metadata

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(40), nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("used_at_ms", BigInteger),
)

# Browsers that are signed in. The cookie holds the token, this table only its hash.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("account_id", String(40), nullable=False),
    Column("method", String(12), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("last_used_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("address", Text),
    Column("user_agent", Text),
    Index("ix_sessions_account_id", "account_id"),
)

# Argon2id, with its parameters and salt in the text.
passwords = Table(
    "passwords",
    metadata,
    Column("account_id", String(40), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("changed_at_ms", BigInteger, nullable=False),
)

# `credential`: the public key and its id, as WebAuthn's `attestedCredentialData` has them.
passkeys = Table(
    "passkeys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("account_id", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("last_used_at_ms", BigInteger),
    Index("ix_passkeys_account_id", "account_id"),
)
