"""Tables of what accounts allow (accounts-and-governance.md 13)."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from trunkline.storage.metadata import metadata

# An account without a row never said anything: the instance's defaults are its own. `rules` is a JSON object.
account_rules = Table(
    "account_rules",
    metadata,
    Column("account_id", String(40), primary_key=True),
    Column("rules", Text, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
)
