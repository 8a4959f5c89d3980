"""What tests/ci/portal stands on: a workspace in a bare remote, an inbox, `postmerge serve`, a proxy with TLS, a browser."""

import datetime
import email
import email.policy
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

from aiosmtpd.controller import Controller

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("POSTMERGE", f"{os.environ.get('CARGO_TARGET_DIR', ROOT / 'target')}/debug/postmerge")
HOST = "correo.camara.example"

SETTINGS = """\
organisation:
  name: Cámara de Exportadores del Valle
  postal_address: ["Avenida del Puerto 4-18, piso 6", "760045 Cali, Valle del Cauca", Colombia]
  zone: UTC
  locale: es
  website: https://camara.example
people:
  ana: {{github: ana, email: ana@camara.example, roles: [staff, administrator], lists: [noticias, socios]}}
senders:
  eventos:
    name: Cámara de Exportadores
    address: eventos@camara.example
    relay: local
    dkim: [{{domain: camara.example, selector: ci, algorithm: rsa-sha256, key_env: POSTMERGE_DKIM}}]
relays:
  local: {{host: 127.0.0.1, port: {port}, tls: none}}
windows:
  noon: {{opens: "12:00", open_for: 8h}}
notice: {{business_days: 0}}
policy:
  preflight: {{fatal: []}}
  brand: {{colours: ["#0b4f4a"], logo: logo.png}}
pace: {{enabled: false, look_up_mx: false}}
bounces: {{address: rebotes@camara.example}}
unsubscribe: {{address: bajas@camara.example}}
portal: {{url: "https://correo.camara.example", privacy: "https://camara.example/privacidad"}}
"""

NOTICIAS = """\
title: Noticias de la Cámara
owner: ana
purpose: Convocatorias, ferias y cursos para las empresas de la región.
consent: {basis: consent, column: acepta}
columns:
  nombre: {type: text, required: true, title: Nombre, editable: true}
  empresa: {type: text, title: Empresa, editable: true}
  idioma: {type: text, values: [es, it, en]}
  acepta: {type: bool, required: true}
  temas: {type: topics}
topics:
  ferias: {title: Ferias y ruedas de negocios}
  becas: {title: Becas y cursos}
  mercados: {title: Informes de mercado}
language_column: idioma
joining:
  public: true
  ask: [nombre, empresa, temas]
  consent:
    es: Quiero recibir las noticias de la Cámara. Puedo darme de baja en cualquier momento.
    it: Voglio ricevere le notizie della Camera. Posso annullare l'iscrizione in ogni momento.
    en: I want the chamber's news. I can leave at any time.
"""

NOTICIAS_ROWS = """\
email,nombre,empresa,idioma,acepta,temas
carla@casa.example,Carla Ñáñez,Café Alto,es,true,ferias;becas;mercados
dario@casa.example,Dario D'Alò,Lavorazioni Meccaniche di Precisione Fratelli D'Alò S.r.l.,it,true,ferias;becas
emma@casa.example,Emma,Smith & Sons,en,true,ferias;becas;mercados
"""

SOCIOS = """\
title: Socios
owner: ana
purpose: Actas y convocatorias para los socios.
consent: {basis: contract}
columns:
  nombre: {type: text, required: true}
  telefono: {type: text, title: Teléfono, editable: true}
  empleados: {type: number, title: Empleados, editable: true}
  aniversario: {type: date, title: Aniversario de la empresa, editable: true}
  revista: {type: bool, title: Recibe la revista en papel, editable: true}
  sector: {type: text, values: [agro, textil, servicios], title: Sector, editable: true}
"""

SOCIOS_ROWS = "email,nombre,telefono,empleados,aniversario,revista,sector\ncarla@casa.example,Carla,+57 602 555 0142,12,1998-05-04,true,agro\n"

CAMPAIGN = """\
subject: "{salute}{title}"
sender: eventos
template: plain
locale: es
audience: {audience}
send: {{date: {date}, window: noon}}
"""

LAYOUT = """\
<!doctype html>
<html lang="{{ locale }}"><head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body>{{ content }}<p>{{ organisation.name }}, {{ organisation.postal_address }}</p><p><a href="{{ unsubscribe_url }}">Darse de baja</a>
<a href="{{ preferences_url }}">Elegir qué recibir</a> <a href="{{ view_url }}">Ver en el navegador</a></p></body></html>
"""


def wait_for(what, seconds=60):
    """What `what()` gives, once it gives something: other programs are waited for, nothing is slept through."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what.__name__} did not come about")


class Mail:
    """A mail as it arrived."""

    def __init__(self, to, content):
        self.to, self.content = to, content
        self.parsed = email.message_from_bytes(content, policy=email.policy.default)

    def header(self, name):
        return re.sub(r"\r?\n[ \t]*", " ", str(self.parsed[name] or ""))

    def html(self):
        return self.parsed.get_body(("html",)).get_content()

    def links(self):
        """Every address of the portal in it: in its page, and in its headers."""
        found = re.findall(r'(?:href|src)="(https://[^"]+)"', self.html()) + re.findall(r"<(https://[^>]+)>", self.header("List-Unsubscribe"))
        return [it.replace("&amp;", "&") for it in dict.fromkeys(found) if it.startswith(f"https://{HOST}/")]

    def link(self, kind):
        return next(it for it in self.links() if it.startswith(f"https://{HOST}/{kind}/"))


class Inbox:
    """A real SMTP server that keeps what it takes."""

    def __init__(self):
        self.mails = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()
        self.port = self.controller.port

    async def handle_DATA(self, _server, _session, envelope):
        for to in envelope.rcpt_tos:
            self.mails.append(Mail(to, envelope.original_content))
        return "250 2.0.0 Ok: taken"

    def stop(self):
        if self.controller:
            self.controller.stop()
        self.controller = None

    def to(self, address, subject=""):
        return [it for it in self.mails if it.to == address and subject in it.header("Subject")]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy(http.server.ThreadingHTTPServer):
    """Takes TLS off and says who asks. Who that is can be chosen: `client`."""

    daemon_threads = True

    def __init__(self, folder, portal):
        super().__init__(("127.0.0.1", 0), Passing)
        self.portal, self.client = portal, "198.51.100.1"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A browser that closes a connection is no news."""

    def ask(self, method, url, body=None, client="203.0.113.9", **headers):
        """Asks past the browser, as mail programs and scanners do. Status and text."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.server_port, context=context, timeout=60)
        path = url.removeprefix(f"https://{HOST}")
        headers = {"Host": HOST, "X-Client": client, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, text


class Passing(http.server.BaseHTTPRequestHandler):
    """Hands a request on."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "x-client", "x-forwarded-for")}
        headers["X-Forwarded-For"] = self.headers.get("X-Client") or self.server.client
        connection = http.client.HTTPConnection("127.0.0.1", self.server.portal, timeout=60)
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    def log_message(self, *_):
        """Nothing: what goes wrong is seen by whom it concerns."""

    do_GET = do_HEAD = do_POST = hand_on


class Browser:
    """A Chromium that is told what to do, a line of JSON at a time. Its pages run no script."""

    def __init__(self, proxy, modules, chrome):
        command = ["node", str(ROOT / "tests/tools/browser.mjs"), modules, chrome, HOST, str(proxy.server_port)]
        self.node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.wrong, self.looks, self.kinds = [], 0, set()

    def tell(self, do, **what):
        self.node.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.node.stdin.flush()
        line = self.node.stdout.readline()
        assert line, "the browser is gone"
        answer = json.loads(line)
        assert "trouble" not in answer, (do, what, answer["trouble"])
        return answer

    def open(self, url, language="es"):
        return self.tell("open", url=url, language=language)

    def keys(self, *steps):
        return self.tell("keys", steps=steps)

    def look(self, kind, schemes=("light", "dark"), widths=(360, 1200)):
        """Looks hard at the page that is open."""
        answer = self.tell("look", kind=kind, schemes=schemes, widths=widths)
        self.wrong += answer["wrong"]
        self.looks += answer["looks"]
        self.kinds.add(kind)

    def end(self):
        self.node.stdin.close()
        self.node.wait(30)


class House:
    """All of it."""

    def __init__(self, folder):
        self.folder = folder
        self.inbox = Inbox()
        self.keys()
        self.environment = dict(os.environ, POSTMERGE_KEY="k" * 40, POSTMERGE_DKIM=(folder / "dkim.pem").read_text())
        self.remote, self.desk = folder / "remote.git", folder / "desk"
        self.workspace()
        self.runner, self.clone = folder / "runner", folder / "portal"
        for clone in (self.runner, self.clone):
            subprocess.run(["git", "clone", "-q", str(self.remote), str(clone)], check=True)
            self.git(clone, "config", "user.name", "Runner")
            self.git(clone, "config", "user.email", "runner@camara.example")
        self.port, self.server = free_port(), None
        self.today = datetime.datetime.now(datetime.timezone.utc).date()
        self.serve()
        self.proxy = Proxy(folder, self.port)

    def keys(self):
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        where = self.folder
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
                "-keyout", str(where / "tls.key"), "-out", str(where / "tls.pem"))
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(where / "dkim.pem"))
        public = subprocess.run(["openssl", "pkey", "-in", str(where / "dkim.pem"), "-pubout"], check=True, capture_output=True, text=True).stdout
        key = "".join(public.splitlines()[1:-1])
        (where / "records").write_text(f"ci._domainkey.camara.example v=DKIM1; k=rsa; p={key}\n")

    def git(self, folder, *words):
        identity = ["-c", "user.name=Ana", "-c", "user.email=ana@camara.example", "-c", "commit.gpgsign=false"]
        run = subprocess.run(["git", "-C", str(folder), *identity, *words], text=True, capture_output=True)
        assert run.returncode == 0, (words, run.stderr)
        return run.stdout

    def write(self, name, text):
        path = self.desk / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def workspace(self):
        self.desk.mkdir()
        self.write("postmerge.yaml", SETTINGS.format(port=self.inbox.port))
        for name, text in {"noticias.yaml": NOTICIAS, "noticias.csv": NOTICIAS_ROWS, "socios.yaml": SOCIOS, "socios.csv": SOCIOS_ROWS}.items():
            self.write(f"lists/{name}", text)
        self.write("templates/plain/template.yaml", "title: Plain\n")
        self.write("templates/plain/layout.html", LAYOUT)
        self.write("templates/plain/layout.txt", "{{ content }}\n\n-- \n{{ organisation.name }}\n{{ unsubscribe_url }}\n")
        self.write("templates/plain/style.css", "p { margin: 0 0 12px }\n")
        (self.desk / "assets").mkdir()
        shutil.copy(ROOT / "assets" / "logo.png", self.desk / "assets")
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.remote)], check=True)
        self.git(self.desk, "init", "-q", "-b", "main")
        self.git(self.desk, "remote", "add", "origin", str(self.remote))
        self.push("A workspace")

    def push(self, message):
        self.git(self.desk, "add", "-A")
        self.git(self.desk, "commit", "-q", "-m", message)
        self.git(self.desk, "push", "-q", "-u", "origin", "main")

    def campaign(self, name, audience, more="", body="Hola {{ nombre | default('') }}:\n\n¿Qué tal?\n", salute="{{ nombre | default('Hola') }}: "):
        """Merges a campaign and sends it; who got it."""
        title = f"Noticia {name}"
        self.write(f"campaigns/{name}/campaign.yaml", CAMPAIGN.format(title=title, salute=salute, audience=audience, date=self.today.isoformat()) + more)
        self.write(f"campaigns/{name}/body.md", body)
        self.push(title)
        self.said = self.postmerge("send", "--now")
        return {it.to for it in self.inbox.mails if title in it.header("Subject")}

    def postmerge(self, *words, codes=(0,)):
        run = subprocess.run([BINARY, "-C", str(self.runner), *words], text=True, capture_output=True, env=self.environment, timeout=300)
        assert run.returncode in codes, (words, run.returncode, run.stdout, run.stderr)
        return run.stdout

    def next_quarter(self):
        """From now on it is some days into the next quarter, for whatever of postmerge's runs."""
        self.stop()
        month = (self.today.month - 1) // 3 * 3 + 4
        begins = datetime.date(self.today.year + (month > 12), (month - 1) % 12 + 1, 1)
        days = (begins - self.today).days + 5
        library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        self.environment |= {"LD_PRELOAD": str(library), "FAKETIME": f"+{days}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.today += datetime.timedelta(days=days)
        self.serve()

    def serve(self):
        listen = f"127.0.0.1:{self.port}"
        self.server = subprocess.Popen(
            [BINARY, "-C", str(self.clone), "serve", "--listen", listen, "--every", "1s"],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=open(self.folder / "portal.log", "a"))

        def portal_answers():
            assert self.server.poll() is None, (self.folder / "portal.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_for(portal_answers)

    def metric(self, name):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        return int(re.search(rf"^postmerge_portal_{name} (\d+)$", text, re.M).group(1))

    def carried(self):
        """Waits until all that was asked for is on the ledger."""

        def everything_is_on_the_ledger():
            return self.metric("spool_bytes") == 0

        wait_for(everything_is_on_the_ledger)

    def ledger(self):
        """What people asked for, as the ledger's branch has it: the objects of both folders."""
        run = subprocess.run(["git", "-C", str(self.remote), "ls-tree", "-r", "postmerge-ledger", "--", "wishes", "suppressions"],
                             text=True, capture_output=True)
        return run.stdout

    def stop(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            assert self.server.wait(120) == 0, (self.folder / "portal.log").read_text()
            self.server = None

    def end(self):
        self.stop()
        self.proxy.shutdown()
        self.inbox.stop()
