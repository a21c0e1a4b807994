from collections.abc import Mapping
from pathlib import Path

import pytest

from trunkline.configuration.errors import ConfigurationInvalid
from trunkline.configuration.load import Loaded, load

OP_23 = """\
[providers.openai]
base_url = "http://127.0.0.1:9001/v1"
api_key = "test"

[[endpoints]]
model = "acme/rocket-1"          # a model unknown to the catalog is created from this
provider = "acme"                # a provider unknown to the catalog is created from this
protocol = "openai-chat"
base_url = "http://127.0.0.1:9002/v1"
api_key = "${ACME_KEY:-none}"
upstream_model = "rocket-1-large"
context_length = 32768
pricing = { prompt = "0.000001", completion = "0.000002" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(folder: Path, text: str = "", environ: Mapping[str, str] | None = None) -> Loaded:
    file = folder / "trunkline.toml"
    file.write_text(text, encoding="utf-8")
    return load({"TRUNKLINE_HOME": str(folder / "home"), **(environ or {})}, None, {})


def problems(folder: Path, text: str = "", environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationInvalid) as raised:
        loaded(folder, text, environ)
    return str(raised.value).replace(str(folder), "HERE").splitlines()


def test_without_any_configuration_everything_has_its_default(folder: Path) -> None:
    result = load({"TRUNKLINE_HOME": "~/somewhere"}, None, {})
    assert result.path is None
    assert result.settings.home == Path.home() / "somewhere"
    assert result.settings.public_url == "http://127.0.0.1:8080"
    assert result.settings.database_url == f"sqlite:///{Path.home()}/somewhere/trunkline.db"


def test_the_documented_example_loads_as_it_stands(folder: Path) -> None:
    settings = loaded(folder, OP_23).settings
    assert settings.providers["openai"].base_url == "http://127.0.0.1:9001/v1"
    assert settings.endpoints[0]["api_key"] == "none"
    assert settings.endpoints[0]["pricing"] == {"prompt": "0.000001", "completion": "0.000002"}
    assert loaded(folder, OP_23, {"ACME_KEY": "k"}).settings.endpoints[0]["api_key"] == "k"


def test_a_named_file_goes_before_the_one_here_and_that_before_the_one_at_home(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    for path, port in ((folder / "a.toml", 1), (folder / "b.toml", 2), (home / "trunkline.toml", 4)):
        path.write_text(f"[server]\nport = {port}\n")
    environ = {"TRUNKLINE_HOME": str(home)}
    assert load(environ, None, {}).settings.server.port == 4
    (folder / "trunkline.toml").write_text("[server]\nport = 3\n")
    assert load(environ, None, {}).settings.server.port == 3
    environ["TRUNKLINE_CONFIG"] = "b.toml"
    assert load(environ, None, {}).settings.server.port == 2
    assert load(environ, Path("a.toml"), {}).settings.server.port == 1


def test_a_named_file_that_is_not_there_stops_the_start(folder: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"--config: there is no file .*/no\.toml"):
        load({}, Path("no.toml"), {})


def test_command_line_beats_environment_beats_file_and_each_value_knows_its_source(folder: Path) -> None:
    (folder / "trunkline.toml").write_text('[server]\nport = 1\nhost = "a"\nworkers = 1\n')
    environ = {"TRUNKLINE_HOME": str(folder), "TRUNKLINE_SERVER__PORT": "2", "TRUNKLINE_SERVER__HOST": "b"}
    result = load(environ, None, {("server", "port"): 3})
    assert (result.settings.server.port, result.settings.server.host) == (3, "b")
    assert result.source(("server", "port")).where == "--port"
    assert result.source(("server", "host")).where == "TRUNKLINE_SERVER__HOST"
    assert result.source(("server", "workers")).where == f"{folder}/trunkline.toml:4"
    assert result.source(("server", "drain_seconds")).kind == "default"


@pytest.mark.parametrize(
    ("variable", "text", "section", "name", "value"),
    [
        ("SERVER__DRAIN_SECONDS", "2.5", "server", "drain_seconds", 2.5),
        ("SERVER__PUBLIC_URL", "https://x.example", "server", "public_url", "https://x.example"),
        ("DISCOVERY__LOCAL_ENGINES", "false", "discovery", "local_engines", False),
        ("BILLING__KEY_LIMIT_STATUS", "403", "billing", "key_limit_status", 403),
        ("BILLING__MODE", "prepaid", "billing", "mode", "prepaid"),
    ],
)
def test_every_kind_of_setting_can_come_from_the_environment(
    folder: Path, variable: str, text: str, section: str, name: str, value: object
) -> None:
    settings = loaded(folder, environ={f"TRUNKLINE_{variable}": text}).settings
    assert getattr(getattr(settings, section), name) == value


@pytest.mark.parametrize("text", ['{"X-A": "1"}', '{ "X-A" = "1" }'])
def test_tables_in_the_environment_are_json_or_toml_and_slugs_have_underscores(folder: Path, text: str) -> None:
    settings = loaded(folder, environ={"TRUNKLINE_PROVIDERS__AMAZON_BEDROCK__HEADERS": text}).settings
    assert settings.providers["amazon-bedrock"].headers == {"X-A": "1"}


def test_endpoints_can_come_from_the_environment(folder: Path) -> None:
    settings = loaded(folder, environ={"TRUNKLINE_ENDPOINTS": '[{ model = "a/b" }]'}).settings
    assert settings.endpoints == ({"model": "a/b"},)


def test_an_empty_variable_counts_as_absent(folder: Path) -> None:
    assert loaded(folder, environ={"TRUNKLINE_SERVER__PORT": ""}).settings.server.port == 8080


def test_variables_of_a_container_platform_are_not_ours(folder: Path) -> None:
    loaded(folder, environ={"TRUNKLINE_PORT_8080_TCP": "tcp://10.0.0.1:8080", "TRUNKLINE_SERVICE_HOST": "10.0.0.1"})


def test_numbers_may_come_out_of_variables_in_the_file(folder: Path) -> None:
    assert loaded(folder, '[server]\nport = "${PORT:-9000}"\n').settings.server.port == 9000
    assert loaded(folder, '[server]\nport = "${PORT:-9000}"\n', {"PORT": "7"}).settings.server.port == 7


def test_text_is_no_number_where_nothing_was_expanded(folder: Path) -> None:
    assert problems(folder, '[server]\nport = "9000"\n') == [
        'HERE/trunkline.toml:2: server.port: expected a whole number, got text; it is "9000"'
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[server]\nprot = 1\n", '2: server.prot: unknown setting; did you mean "port"?'),
        ("[sevrer]\n", '1: sevrer: unknown section; did you mean "server"?'),
        ("server = 1\n", "1: server: must be a table, not a whole number"),
        ('[billing]\nmode = "x"\n', '2: billing.mode: "x" is none of postpaid, prepaid'),
        ("[server]\nport = 70000\n", "2: server.port: expected a whole number <= 65535; it is 70000"),
        ('[providers.openai]\napi_key = "${NOPE}"\n',
         "2: providers.openai.api_key: the environment variable NOPE is not set; set it, or write ${NOPE:-default}"),
        ('[server]\nhost = "${no"\n',
         "2: server.host: `${` begins no ${NAME} or ${NAME:-default}; write `$${` for the text"),
        ('[[providers]]\n', "1: providers: must be tables [providers.<slug>], not a list"),
        ('[endpoints]\n', "1: endpoints: must be a list of tables: write [[endpoints]] with two brackets"),
        ('[providers.x]\napi_keys = [{ weight = 1 }]\n', '2: providers.x.api_keys[0]: "key" is missing'),
        ('[providers.x]\nbase_url = "ftp://x"\n',
         "2: providers.x.base_url: must be an address that begins with http:// or https:// and names a host"),
        ('[database]\nurl = "mysql://x"\n',
         '2: database.url: "mysql" is no database; use sqlite:///file or postgresql://host/name'),
        ("a = [1,\n\n", "3: is not valid TOML: Invalid value (at end of document)"),
        ('[fetching]\nallow_networks = ["10.0.0.1/8"]\n',
         '2: fetching.allow_networks: "10.0.0.1/8" is no network; write an address and the length of its prefix: '
         "10.0.0.0/8"),
        ("a = 1\na = 2\n", "2: is not valid TOML: Cannot overwrite a value"),
    ],
)  # fmt: skip
def test_a_fault_in_the_file_is_named_with_line_key_and_what_is_possible(folder: Path, text: str, line: str) -> None:
    assert problems(folder, text) == [f"HERE/trunkline.toml:{line}"]


def test_a_file_that_is_not_text_is_refused_by_name(folder: Path) -> None:
    (folder / "trunkline.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigurationInvalid, match="is not UTF-8 text: byte 5"):
        load({}, None, {})


@pytest.mark.parametrize(
    ("variable", "line"),
    [
        ("SERVER__PROT", 'there is no setting prot in server; did you mean "port"?'),
        ("SEVRER__PORT", 'there is no section sevrer; did you mean "server"?'),
        ("SERVER_PORT", "has one underscore between section and name; did you mean TRUNKLINE_SERVER__PORT?"),
        ("PROVIDERS__OPENAI", "a provider's setting is spelled TRUNKLINE_PROVIDERS__<SLUG>__<NAME>"),
    ],
)
def test_a_fault_in_a_variables_name_is_told_with_the_nearest(folder: Path, variable: str, line: str) -> None:
    assert problems(folder, environ={f"TRUNKLINE_{variable}": "1"}) == [f"TRUNKLINE_{variable}: {line}"]


def test_all_faults_are_told_at_once(folder: Path) -> None:
    text = "[server]\nprot = 1\n[billing]\nmode = 1\n"
    assert len(problems(folder, text, {"TRUNKLINE_SERVER__PORT": "x"})) == 3


def test_several_workers_without_redis_refuse_to_start_with_the_reason(folder: Path) -> None:
    (line,) = problems(folder, "[server]\nworkers = 2\n")
    assert line.startswith("HERE/trunkline.toml:2: server.workers: 2 workers need Redis")


def test_a_key_that_stands_in_an_error_is_not_printed(folder: Path) -> None:
    (line,) = problems(folder, '[providers.x]\nheaders = { A = 5 }\napi_key = "sk-very-secret"\n')
    assert "sk-very-secret" not in line
    (line,) = problems(folder, environ={"TRUNKLINE_PROVIDERS__X__API_KEYS": '[{ key = "sk-very-secret", w = 1 }]'})
    assert "sk-very-secret" not in line


def test_settings_of_a_bucket_that_cannot_work_stop_the_start(folder: Path) -> None:
    text = '[files]\ns3_bucket = "b"\ns3_endpoint_url = "minio:9000"\ns3_access_key_id = "AKIA"\n'
    found = problems(folder, text)
    assert len(found) == 2
    assert "files.s3_endpoint_url: must be an address that begins with http:// or https://" in found[0]
    assert "files.s3_access_key_id: s3_access_key_id and s3_secret_access_key go together" in found[1]
