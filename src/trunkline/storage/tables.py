"""All tables, in one place; those of statistics stand in `rollup_tables.py`, of callers' own provider keys in
`credential_tables.py`, of signing in at the site in `sign_in_tables.py`, of what accounts allow in `rule_tables.py`,
of the chat in `chat_tables.py`.

Money is BIGINT nano-dollars, times are BIGINT Unix milliseconds, ids are text. Both databases get the same schema from
the same migrations; a column added here needs one (`storage/migrations`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from trunkline.storage.chat_tables import chat_rooms as chat_rooms
from trunkline.storage.chat_tables import chat_shares as chat_shares
from trunkline.storage.credential_tables import credential_usage as credential_usage
from trunkline.storage.credential_tables import provider_credentials as provider_credentials
from trunkline.storage.metadata import metadata as metadata
from trunkline.storage.rollup_tables import app_days as app_days
from trunkline.storage.rollup_tables import endpoint_days as endpoint_days
from trunkline.storage.rollup_tables import endpoint_hours as endpoint_hours
from trunkline.storage.rollup_tables import endpoint_minutes as endpoint_minutes
from trunkline.storage.rollup_tables import endpoint_prices as endpoint_prices
from trunkline.storage.rollup_tables import model_days as model_days
from trunkline.storage.rollup_tables import rollup_queue as rollup_queue
from trunkline.storage.rollup_tables import session_costs as session_costs
from trunkline.storage.rollup_tables import session_days as session_days
from trunkline.storage.rollup_tables import task_days as task_days
from trunkline.storage.rollup_tables import usage_days as usage_days
from trunkline.storage.rollup_tables import usage_hours as usage_hours
from trunkline.storage.rule_tables import account_rules as account_rules
from trunkline.storage.sign_in_tables import passkeys as passkeys
from trunkline.storage.sign_in_tables import passwords as passwords
from trunkline.storage.sign_in_tables import sessions as sessions
from trunkline.storage.sign_in_tables import sign_in_links as sign_in_links

_Serial = BigInteger().with_variant(Integer, "sqlite")

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("created_at_ms", BigInteger, nullable=False),
    # Cached sums of the ledger, changed only in the transaction that writes the entries (LED-01); `audit` recomputes.
    Column("credits_nanousd", BigInteger, nullable=False, default=0),
    Column("usage_nanousd", BigInteger, nullable=False, default=0),
    Index("ix_accounts_email", "email", unique=True),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(40), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("description", Text),
    Column("default_text_model", Text),
    Column("default_image_model", Text),
    Column("default_provider_sort", String(16)),
    Column("created_by", String(40)),
    Column("updated_at_ms", BigInteger),
    UniqueConstraint("account_id", "slug"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", String(40), nullable=False),
    Column("workspace_id", String(36)),
    Column("kind", String(16), nullable=False),
    Column("label", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("limit_nanousd", BigInteger),
    Column("limit_reset", String(8)),
    Column("include_byok_in_limit", Boolean, nullable=False),
    Column("expires_at_ms", BigInteger),
    Column("creator_user_id", String(40)),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger),
    # Rows stay after deletion so that reports still label the key (KEY-17); a deleted row authenticates nobody.
    Column("deleted_at_ms", BigInteger),
    Index("ix_api_keys_account_id_created_at_ms", "account_id", "created_at_ms"),
)

key_usage = Table(
    "key_usage",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("day", Integer, primary_key=True),  # days since 1970-01-01, UTC
    Column("usage_nanousd", BigInteger, nullable=False),
    Column("byok_nanousd", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("key", String(120), nullable=False, unique=True),
    Column("account_id", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("amount_nanousd", BigInteger, nullable=False),
    Column("reference", String(120), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Index("ix_ledger_account_id_id", "account_id", "id"),
)

generations = Table(
    "generations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", String(40), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("status", String(12), nullable=False),
    Column("model", Text, nullable=False),
    Column("endpoint_id", Text),
    Column("cost_nanousd", BigInteger, nullable=False),
    Column("upstream_cost_nanousd", BigInteger, nullable=False),
    Column("charged", Boolean, nullable=False),
    Column("is_byok", Boolean, nullable=False),
    Column("credential_id", String(36)),
    Column("tokens_prompt", BigInteger, nullable=False),
    Column("tokens_completion", BigInteger, nullable=False),
    # The whole Generation struct as JSON: what is only ever read row by row needs no column of its own.
    Column("record", Text, nullable=False),
    Index("ix_generations_account_id_created_at_ms", "account_id", "created_at_ms"),
    Index("ix_generations_key_hash_created_at_ms", "key_hash", "created_at_ms"),
)

# What callers report about a generation, several times if they like (GEN-18); never its content.
generation_feedback = Table(
    "generation_feedback",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("account_id", String(40), nullable=False),
    Column("generation_id", String(40), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("category", String(20), nullable=False),
    Column("comment", Text),
    Index("ix_generation_feedback_generation_id", "generation_id"),
)

apps = Table(
    "apps",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("origin", String(255), nullable=False, unique=True),
    Column("title", Text),
    Column("categories", Text, nullable=False, default=""),
    Column("created_at_ms", BigInteger, nullable=False),
    # Left out of every public list (routing-and-catalog.md 23).
    Column("is_hidden", Boolean, nullable=False, default=False, server_default=false()),
)

# Uploads and what tools wrote. The id begins with the time, so that its order is that of creation.
files = Table(
    "files",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("workspace_id", String(36), nullable=False),
    Column("account_id", String(40), nullable=False),
    Column("filename", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("purpose", String(24), nullable=False),
    Column("downloadable", Boolean, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index("ix_files_workspace_id_id", "workspace_id", "id"),
)

# Contents that no file names: of an upload until its row is written, of a file once its row is gone. Whoever crashes in
# between leaves a row here, and the sweep takes the content away when it is due.
blob_removals = Table(
    "blob_removals",
    metadata,
    Column("blob_id", String(40), primary_key=True),
    Column("due_at_ms", BigInteger, nullable=False),
    Index("ix_blob_removals_due_at_ms", "due_at_ms"),
)

presets = Table(
    "presets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("workspace_id", String(36), nullable=False),
    Column("slug", String(100), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("status", String(16), nullable=False),
    Column("status_updated_at_ms", BigInteger),
    Column("creator_user_id", String(40)),
    Column("designated_version_id", String(36)),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "slug"),
    Index("ix_presets_workspace_id_updated_at_ms", "workspace_id", "updated_at_ms"),
)

# `config` is the JSON object of request members that the version stands for.
preset_versions = Table(
    "preset_versions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("preset_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("system_prompt", Text),
    Column("config", Text, nullable=False),
    Column("creator_id", String(40), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    UniqueConstraint("preset_id", "version"),
)

# Work that a provider does in its own time (inference.md 25). `record` is the generation as it was known at the
# submission, `due_at_ms` when there is something to do next, and `lease_until_ms` keeps other processes off it.
video_jobs = Table(
    "video_jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", String(40), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("generation_id", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("model", Text, nullable=False),
    Column("endpoint_id", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("upstream_model", Text, nullable=False),
    Column("upstream_id", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("due_at_ms", BigInteger),
    Column("lease_until_ms", BigInteger, nullable=False),
    Column("polls", Integer, nullable=False),
    Column("cost_nanousd", BigInteger, nullable=False),
    Column("charged", Boolean, nullable=False),
    Column("credential_id", String(36)),
    Column("record", Text, nullable=False),
    Column("contents", Text, nullable=False),
    Column("error", Text),
    Column("callback_url", Text),
    Column("callback_attempts", Integer, nullable=False),
    Index("ix_video_jobs_due_at_ms", "due_at_ms"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("account_id", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", Text),
    Index("ix_audit_entries_account_id_id", "account_id", "id"),
)

# One row for each kind of cached state; a change of it bumps the number in the same transaction, and every serving
# process compares numbers once a second (KEY-19: changes take effect within 5 s everywhere).
state_versions = Table(
    "state_versions",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("version", BigInteger, nullable=False),
)

instance = Table(
    "instance",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
