"""Tables of callers' own provider keys (accounts-and-governance.md 8)."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from trunkline.storage.metadata import metadata

# `sealed` is the secret, encrypted under a key that is not in the database; it is wiped when the credential is deleted,
# and the row stays for history (BY-05, BY-06). The lists are JSON arrays of text.
provider_credentials = Table(
    "provider_credentials",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(40), nullable=False),
    Column("workspace_id", String(36)),
    Column("provider", String(100), nullable=False),
    Column("name", Text),
    Column("label", Text, nullable=False),
    Column("sealed", Text),
    Column("disabled", Boolean, nullable=False),
    Column("is_fallback", Boolean, nullable=False),
    Column("always_use", Boolean, nullable=False),
    Column("sort_order", Integer, nullable=False),
    Column("allowed_models", Text),
    Column("allowed_api_key_hashes", Text),
    Column("allowed_user_ids", Text),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("deleted_at_ms", BigInteger),
    # What providers said of it last, and how often in a row they rejected it (BY-22).
    Column("error_status", Integer),
    Column("error_type", String(40)),
    Column("error_at_ms", BigInteger),
    Column("rejections", Integer, nullable=False),
    Index("ix_provider_credentials_account_id", "account_id"),
)

# A day of one credential: list price of what was paid to the provider directly, and the fee on it.
credential_usage = Table(
    "credential_usage",
    metadata,
    Column("credential_id", String(36), primary_key=True),
    Column("day", Integer, primary_key=True),  # days since 1970-01-01, UTC
    Column("list_nanousd", BigInteger, nullable=False),
    Column("fee_nanousd", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
)
