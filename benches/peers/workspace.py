"""Writes what is sent: a postmerge workspace with its bare remote, and mailmerge's files.

Everybody sends personalised HTML and text of about 13 KB to addresses over several domains.
"""

import datetime
import subprocess

DOMAINS = ["uno.example", "due.example", "three.example", "cuatro.test", "cinque.test", "six.test"]
NAMES = ["María Ñáñez", "Giuseppe D'Alò", "Anne-Sofie Bjørk", "José Peña", "Zoë O'Neill"]
PARAGRAPH = (
    "The regional round of business meetings brings buyers from five countries together with exporters "
    "of fresh fruit, coffee, cocoa and flowers; each meeting takes twenty minutes, in the language that "
    "both sides prefer, and the agenda is drawn up from what {name} told us in the registration form. "
    "Samples are welcome, customs papers for them are ours to arrange, and the hall opens at eight."
)
# Paragraphs in the body: with layout and both parts the mails have about 13 KB.
PARAGRAPHS = 13


def member(number):
    name = NAMES[number % len(NAMES)]
    return f"member{number}@{DOMAINS[number % len(DOMAINS)]}", name, f"Company {number} S.A.", "agro" if number % 2 else "flowers"


def body(name):
    return "\n\n".join(PARAGRAPH.format(name=name) for _ in range(PARAGRAPHS))


def git(folder, *words):
    identity = ["-c", "user.name=Bench", "-c", "user.email=bench@camara.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def postmerge(folder, count, port, signature):
    """A checkout on main with one campaign to one list of `count`, pushed to a bare remote beside it."""
    checkout, remote = folder / "checkout", folder / "remote.git"
    checkout.mkdir()
    dkim = ""
    if signature:
        algorithm = {"rsa": "rsa-sha256", "ed25519": "ed25519-sha256"}[signature]
        dkim = f"\n    dkim:\n      - {{domain: camara.example, selector: bench, algorithm: {algorithm}, key_env: POSTMERGE_DKIM}}"
    write(checkout / "postmerge.yaml", SETTINGS.format(port=port, dkim=dkim))
    write(checkout / "lists" / "buyers.yaml", LIST)
    with open(checkout / "lists" / "buyers.csv", "w", encoding="utf-8") as rows:
        rows.write("email,name,company,sector\n")
        rows.writelines(",".join(member(number)) + "\n" for number in range(count))
    write(checkout / "templates" / "plain" / "template.yaml", "title: Plain\n")
    write(checkout / "templates" / "plain" / "layout.html", LAYOUT_HTML)
    write(checkout / "templates" / "plain" / "layout.txt", LAYOUT_TEXT)
    write(checkout / "templates" / "plain" / "style.css", STYLE)
    campaign = checkout / "campaigns" / "bench"
    write(campaign / "campaign.yaml", CAMPAIGN.format(date=datetime.date.today().isoformat()))
    text = "Dear {{ name }} of **{{ company }}**,\n\n" + body("{{ name }}")
    write(campaign / "body.md", text + "\n\n[The programme](https://camara.example/programme?sector={{ sector }})\n")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
    git(checkout, "init", "-q", "-b", "main")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "A campaign to measure with")
    git(checkout, "remote", "add", "origin", str(remote))
    git(checkout, "push", "-q", "-u", "origin", "main")
    return checkout


def mailmerge(folder, count, port):
    """mailmerge's three files."""
    config = f"[smtp_server]\nhost = 127.0.0.1\nport = {port}\n"
    write(folder / "mailmerge_server.conf", config)
    with open(folder / "mailmerge_database.csv", "w", encoding="utf-8") as rows:
        rows.write("email,name,company,sector\n")
        rows.writelines(",".join(member(number)) + "\n" for number in range(count))
    paragraphs = body("{{ name }}")
    html = "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs.split("\n\n"))
    write(
        folder / "mailmerge_template.txt",
        "TO: {{ email }}\nFROM: eventos@camara.example\nSUBJECT: {{ name }}: business meetings\n"
        "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"bench\"\n\n"
        "--bench\nContent-Type: text/plain; charset=utf-8\n\n"
        f"Dear {{{{ name }}}} of {{{{ company }}}},\n\n{paragraphs}\n\n"
        "--bench\nContent-Type: text/html; charset=utf-8\n\n"
        f"<html><body><p>Dear {{{{ name }}}} of {{{{ company }}}},</p>\n{html}</body></html>\n--bench--\n",
    )


SETTINGS = """\
organisation:
  name: Cámara de Exportadores
  postal_address: ["Calle 1 # 2-3", Bogotá]
  zone: America/Bogota
  locale: en
people:
  ana: {{github: ana, email: ana@camara.example, roles: [staff, administrator], lists: [buyers]}}
senders:
  eventos:
    name: Eventos
    address: eventos@camara.example
    relay: local{dkim}
relays:
  local: {{host: 127.0.0.1, port: {port}, tls: none, connections: 8, mails_per_connection: 1000000}}
windows:
  noon: {{opens: "12:00", open_for: 8h}}
notice: {{business_days: 0}}
policy: {{preflight: {{fatal: []}}}}
pace: {{enabled: false, look_up_mx: false}}
ledger: {{claim_at_most: 8000}}
bounces: {{address: bounces@camara.example}}
unsubscribe: {{address: leave@camara.example}}
"""

LIST = """\
title: Buyers
owner: ana
purpose: Invitations to business meetings
consent: {basis: contract}
columns:
  name: {type: text, required: true}
  company: {type: text}
  sector: {type: text, values: [agro, flowers]}
"""

CAMPAIGN = """\
subject: "{{{{ name }}}}: business meetings"
preheader: Twenty minutes each
sender: eventos
template: plain
locale: en
audience: {{lists: [buyers]}}
send: {{date: {date}, window: noon}}
"""

LAYOUT_HTML = """\
<!doctype html>
<html lang="{{ locale }}">
<head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body>
<table role="presentation" width="100%"><tr><td class="page">
{{ content }}
<p class="small">{{ organisation.name }} · <a href="{{ unsubscribe_url }}">leave this list</a></p>
</td></tr></table>
</body>
</html>
"""

LAYOUT_TEXT = """\
{{ content }}

-- 
{{ organisation.name }}
{{ unsubscribe_url }}
"""

STYLE = "p { margin: 0 0 12px; font: 16px/1.5 sans-serif; color: #222 }\n.page { padding: 16px }\n.small { font-size: 12px }\n"
