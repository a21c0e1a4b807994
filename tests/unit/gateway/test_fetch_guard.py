"""Where a caller's URL may lead: every spelling of an address that is not public comes to nothing."""

import pytest

from trunkline.gateway.fetch_guard import URL_CHARS_MAX, AddressGuard, GuardedResolver, LookupThreads, target_of_url
from trunkline.gateway.transport.resolver import Found, look_up_in_loop
from trunkline.providers.upstream import UpstreamFailed

HOSTILE_ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::1111%1",
    "not an address",
]

HOSTILE_SPELLINGS = [
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.0.1./",
    "http://0/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://ｌｏｃａｌｈｏｓｔ/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
]

NO_URLS = [
    "ftp://example.com/a.png",
    "file:///etc/passwd",
    "gopher://example.com/",
    "//example.com/a.png",
    "http:///a.png",
    "http://",
    "http://user@example.com/",
    "http://user:password@example.com/",
    "http://:password@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://exa\nmple.com/",
    "http://example.com/\r\nhost: 127.0.0.1",
    "http://example.com:port/",
    "http://example.com:70000/",
    "http://[::1",
    "http://[fe80::1%25eth0]/",
    "http://127.0.0.1%00.example.com/",
    "http://%31%32%37.0.0.1/",
    "http://ex ample.com/",
    "http://" + "ä" * 300 + ".example/",
    "http://example.com/" + "a" * URL_CHARS_MAX,
]


async def system(host: str) -> Found:
    return await look_up_in_loop(host)


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_address_that_is_not_public_is_refused(address: str) -> None:
    assert not AddressGuard(()).permits(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
)
def test_public_address_is_permitted(address: str) -> None:
    assert AddressGuard(()).permits(address)


@pytest.mark.parametrize(
    ("address", "permitted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("64:ff9b::10.1.2.3", True),
        ("fd12::9", True),
        ("11.0.0.1", True),
        ("127.0.0.1", False),
        ("fd13::9", False),
        ("fd12::9%eth0", False),
    ],
)
def test_networks_of_the_operator_are_permitted_and_no_others(address: str, permitted: bool) -> None:
    assert AddressGuard(("10.0.0.0/8", "fd12::/16")).permits(address) is permitted


@pytest.mark.parametrize("url", HOSTILE_SPELLINGS)
async def test_spelling_of_a_host_hides_nothing(url: str) -> None:
    resolver = GuardedResolver(AddressGuard(()), system)
    target = target_of_url(url)
    assert target is not None
    with pytest.raises(UpstreamFailed) as caught:
        await resolver.addresses(target.origin.host)
    assert caught.value.kind == "dns"


@pytest.mark.parametrize("url", NO_URLS)
def test_what_is_no_plain_web_address_leads_nowhere(url: str) -> None:
    assert target_of_url(url) is None


def test_international_url_is_brought_into_ascii() -> None:
    target = target_of_url("https://bücher.example:8443/straße/ä b.png?größe=1&x=%20")
    assert target is not None
    assert (target.origin.secure, target.origin.host, target.origin.port) == (True, "xn--bcher-kva.example", 8443)
    assert target.host_header == "xn--bcher-kva.example:8443"
    assert target.path == "/stra%C3%9Fe/%C3%A4%20b.png?gr%C3%B6%C3%9Fe=1&x=%20"


async def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    async def mixed(host: str) -> Found:
        return [(2, "1.1.1.1"), (2, "10.0.0.1")]

    with pytest.raises(UpstreamFailed):
        await GuardedResolver(AddressGuard(()), mixed).addresses("mixed.example")


async def test_names_are_looked_up_in_threads_of_their_own() -> None:
    lookup = LookupThreads()
    assert "127.0.0.1" in [address for _, address in await lookup("localhost")]
    lookup.close()
