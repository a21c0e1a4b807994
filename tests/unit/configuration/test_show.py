from pathlib import Path

import pytest

from trunkline.configuration.load import load
from trunkline.configuration.show import MASK, effective

TEXT = """\
[server]
metrics_token = "metrics-secret"
[database]
url = "postgresql://user:db-secret@host/name"
[providers.openai]
api_key = "sk-secret"
headers = { "X-Org" = "header-secret" }
api_keys = []
[[endpoints]]
model = "a/b"
api_key = "endpoint-secret"
"""


def test_effective_settings_have_values_and_sources_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trunkline.toml").write_text(TEXT)
    environ = {"TRUNKLINE_HOME": str(tmp_path), "TRUNKLINE_PROVIDERS__GROQ__API_KEYS": '[{ key = "weighted-secret" }]'}
    rows = {row.name: row for row in effective(load(environ, None, {("server", "port"): 1}))}
    assert "secret" not in repr([row.value for row in rows.values()])
    assert rows["providers.openai.api_key"].value == MASK
    assert rows["database.url"].value == f"postgresql://user:{MASK}@host/name"
    assert rows["endpoints[0]"].value == {"model": "a/b", "api_key": MASK}
    assert rows["providers.groq.api_keys"].source.where == "TRUNKLINE_PROVIDERS__GROQ__API_KEYS"
    assert rows["server.port"].value == 1
    assert rows["server.host"].source.kind == "default"
    assert "providers.openai.name" not in rows
