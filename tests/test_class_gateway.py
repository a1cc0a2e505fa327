"""The nginx of docs/how-to/class-gateway.md, as it is printed there, on loopback before a TLS server with one key."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from isolation import ROOT
from neosantara_magic.cli import main
from neosantara_magic.demo.server import DemoServer
from wire.server import ScriptedServer

PAGES = ("docs/how-to/class-gateway.md", "docs/how-to/class-gateway.id.md")
PROGRAMS = [
    name
    for name in ("nginx", "openssl")
    if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:" + os.defpath) is None
]
KEY = "nsk_" + "5ec2e7" * 5 + "42"
TOKENS = {f"S{at:03}": f"token-of-{at}" for at in range(1, 13)}
NAMES = 'Ani Putri\n\n  Budi \nNur\'aini "Aini" $x; {y}\nÉlan Ωmega\nsari@sekolah.id\nM.-Yusuf\n'
ASK = {"model": "nusantara-base", "input": "Halo", "stream": True}


def printed(begin: str = "```nginx", page: str = PAGES[0]) -> str:
    """Return a block of a page, by default the configuration."""
    found = re.search(rf"^{begin}\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def make_tokens(folder: Path, names: str, page: str = PAGES[0]) -> subprocess.CompletedProcess[str]:
    """Run the page's script beside a list of names."""
    (folder / "names.txt").write_text(names, "utf-8-sig")
    words = [sys.executable, "-c", printed("# make_tokens.py", page)]
    return subprocess.run(words, cwd=folder, check=False, capture_output=True, text=True, timeout=30)


def pupils(folder: Path) -> dict[str, str]:
    """Return the tokens, as the hub reads them."""
    return dict(csv.reader((folder / "pupils.csv").read_text("utf-8").splitlines()))


def put(text: str, old: str, new: str) -> str:
    """Replace what must differ on this machine; it must be there."""
    assert old in text, old
    return text.replace(old, new)


def certificate(folder: Path, name: str, issuer: str = "") -> None:
    """Make a certificate, signed by ``issuer`` or by itself."""
    alt = "subjectAltName=DNS:localhost" if issuer else "basicConstraints=critical,CA:TRUE"
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    words += ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", "-addext", alt]
    words += ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key"] if issuer else []
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=30)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Gateway:
    """A running gateway, and the service behind it."""

    address: str
    upstream: ScriptedServer
    folder: Path

    def ask(self, path: str = "/v1/responses", token: str | None = TOKENS["S001"], **more: Any) -> httpx2.Response:
        """Ask as a pupil does."""
        headers = {"Authorization": f"Bearer {token}", "Cookie": "a=b"} if token is not None else {}
        return httpx2.request("POST", self.address + path, headers=headers, json=ASK | more, timeout=20)

    def log(self) -> list[dict[str, Any]]:
        """Return the log's lines."""
        return [json.loads(line) for line in (self.folder / "class.log").read_text().splitlines()]


@pytest.fixture
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    """Start nginx as the page says; its parameter names who signed the service's certificate."""
    if PROGRAMS:
        missing = f"not installed: {', '.join(PROGRAMS)} (apt-get install nginx-light openssl)"
        pytest.fail(missing) if os.environ.get("CI") and os.geteuid() == 0 else pytest.skip(missing)
    certificate(tmp_path, "ca")
    certificate(tmp_path, "stranger")
    certificate(tmp_path, "service", getattr(request, "param", "ca"))
    assert make_tokens(tmp_path, NAMES).returncode == 0
    with (tmp_path / "pupils.map").open("a") as tokens:
        tokens.writelines(f'"Bearer {token}" {name};\n' for name, token in TOKENS.items())
    upstream = ScriptedServer(DemoServer(pace=0).handle)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "service.pem", tmp_path / "service.key")
    upstream._http.socket = tls.wrap_socket(upstream._http.socket, server_side=True)
    port = free_port()
    text = re.sub(r"\n    ssl_certificate.*", "", put(printed(), "listen 443 ssl;", f"listen 127.0.0.1:{port};"))
    text = put(text, "https://api.neosantara.xyz;", f"https://localhost:{upstream.port};")
    text = put(text, "/etc/ssl/certs/ca-certificates.crt", str(tmp_path / "ca.pem"))
    text = put(text, "/etc/nginx/pupils.map", str(tmp_path / "pupils.map"))
    text = put(text, "/var/log/nginx/class.log", str(tmp_path / "class.log"))
    text = put(text, "nsk_...", KEY)
    temp = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}} http {{ {temp} {text} }}"
    )
    words = [
        shutil.which("nginx", path="/usr/sbin:/usr/bin") or "nginx",
        "-p",
        str(tmp_path),
        "-c",
        f"{tmp_path}/nginx.conf",
    ]
    with upstream, subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as nginx:
        try:
            for _ in range(200):
                if nginx.poll() is not None:
                    pytest.fail(nginx.stderr.read() if nginx.stderr else "")
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield Gateway(f"http://127.0.0.1:{port}", upstream, tmp_path)
        finally:
            nginx.terminate()


def test_both_pages_print_the_same_configuration() -> None:
    """What is tried is what is read, in both languages."""
    assert printed() in (ROOT / PAGES[1]).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_name_is_a_line(page: str, tmp_path: Path) -> None:
    """Whatever stands in it; a name that stands twice ends the script before it writes."""
    made = make_tokens(tmp_path, NAMES, page)
    assert made.returncode == 0, made.stderr
    tokens = pupils(tmp_path)
    assert [*tokens] == ["Ani_Putri", "Budi", "Nur_aini_Aini_x_y_", "Élan_Ωmega", "sari@sekolah.id", "M.-Yusuf"]
    assert len({*tokens.values()}) == len(tokens)
    before = (tmp_path / "pupils.map").read_text("utf-8")
    again = make_tokens(tmp_path, "Ani Putri\nBudi\nAni  'Putri\n", page)
    assert again.returncode == 1
    assert again.stderr.endswith("names.txt: {'Ani_Putri'}\n")
    assert (tmp_path / "pupils.map").read_text("utf-8") == before
    assert pupils(tmp_path) == tokens


def test_every_token_of_the_script_opens(gateway: Gateway) -> None:
    """Also of names with signs; the log has the names of the list."""
    tokens = pupils(gateway.folder)
    assert [gateway.ask(token=token).status_code for token in tokens.values()] == [200] * len(tokens)
    assert [line["pupil"] for line in gateway.log()] == [*tokens]


def test_the_service_gets_the_one_key_and_the_pupil_an_answer(gateway: Gateway) -> None:
    """Streamed, over verified TLS; neither the pupil's token nor a cookie goes further."""
    answer = gateway.ask()
    assert answer.status_code == 200
    assert "response.completed" in answer.text
    [seen] = gateway.upstream.requests
    assert seen.header("Authorization") == f"Bearer {KEY}"
    assert seen.header("Host") == "api.neosantara.xyz"
    assert TOKENS["S001"] not in str(seen.headers)
    assert seen.header("Cookie") is None
    assert KEY not in answer.text + str(answer.headers)


def test_other_paths_and_tokens_go_nowhere(gateway: Gateway) -> None:
    """Refused by the gateway itself; a token that is no whole one, and none, too."""
    for path in (
        "/v1/responses/resp_1",
        "/v1/files",
        "/v1/models/x",
        "/v1/../v1/keys",
        "/",
        "/v1/responses%2Fresp_1",
        "//x",
    ):
        assert gateway.ask(path).status_code == 404, path
    for token in (None, "wrong", "token-of-", "token-of-1 x", KEY):
        refused = gateway.ask(token=token)
        assert refused.status_code == 401, token
        assert "class list" in refused.json()["error"]["message"]
    assert gateway.upstream.requests == []
    assert {line["pupil"] for line in gateway.log()} <= {"", "S001"}


def test_who_asks_too_fast_is_told_when_to_come_back(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    """One pupil's limit leaves the others their turn; the log says who; the report reads it."""
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: gateway.ask(), range(7)))
    slow = [answer for answer in answers if answer.status_code == 429]
    assert 3 <= len(slow) < 7
    assert {answer.headers["retry-after"] for answer in slow} == {"10"}
    assert "too fast" in slow[0].json()["error"]["message"]
    assert gateway.ask(token=TOKENS["S002"]).status_code == 200
    assert len(gateway.upstream.requests) == 7 - len(slow) + 1
    assert [line["pupil"] for line in gateway.log()].count("S001") == 7
    report = gateway.folder / "report.csv"
    assert main(["class-report", str(gateway.folder / "class.log"), "--to", str(report)]) == 0
    told = {row.split()[0]: row.split()[1:3] for row in capsys.readouterr().out.splitlines()}
    assert told["S001"] == [str(7 - len(slow)), str(len(slow))]
    assert told["S002"] == ["1", "0"]


def test_a_class_has_its_limit_too(gateway: Gateway) -> None:
    """However many pupils there are; a token whose line is gone opens nothing after a reload."""
    answers = [gateway.ask(token=token).status_code for token in TOKENS.values()]
    assert answers.count(200) >= 6
    assert answers.count(429) >= 3
    assert set(answers) == {200, 429}
    (gateway.folder / "pupils.map").write_text("")
    os.kill(int((gateway.folder / "pid").read_text()), signal.SIGHUP)  # nginx -s reload
    for _ in range(100):
        if gateway.ask().status_code == 401:
            return
        time.sleep(0.1)
    pytest.fail("the token is still good")


@pytest.mark.parametrize("gateway", ["stranger"], indirect=True)
def test_whoever_poses_as_the_service_does_not_get_the_key(gateway: Gateway) -> None:
    """A certificate that the gateway does not trust ends the connection before anything is sent."""
    assert gateway.ask().status_code == 502
    assert gateway.upstream.requests == []
