#!/usr/bin/env python3
"""Writes the members of the example workspace: lists/*.csv.

Python's standard library only, seeded: the same script writes the same bytes. `--check` compares
with what is committed and writes nothing. Every domain ends in `.example` or `.test`.
"""

import csv
import datetime
import io
import pathlib
import random
import sys
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = 20261123

NAMES = {
    "es": (
        "Lucía Mateo Íñigo Begoña Andrés Sofía Joaquín Marta Rubén Concepción Nicolás Ángela Óscar Núria "
        "Ramón Yolanda Germán Inés Sebastián Pilar Héctor Rocío Tomás Adriana Jesús Mónica Álvaro Belén".split(),
        "Muñoz García Ibáñez Peña Castaño Rincón Zúñiga Ordóñez Restrepo Gómez Núñez Cárdenas Ocampo Vélez "
        "Quiñones Londoño Marín Echeverri Patiño Bermúdez Saldarriaga Ruiz Caicedo Benítez Güell".split(),
    ),
    "it": (
        "Giulia Niccolò Chiara Matteo Lucia Andrea Zoë Gaetano Letizia Piergiorgio Noemi Raffaele".split(),
        "D'Angelo Dell'Acqua Ferrari Rossi Esposito De’Medici Bianchi Colò Grassi Marchetti Dell'Orto Forlì".split(),
    ),
    "en": (
        "Siobhán Patrick Chloë Jürgen Anke Øyvind Zsófia Renée Malcolm Grace Łukasz Ingrid".split(),
        "O'Brien O'Neill McAllister Smith-Jones Müller Groß Ångström Kovács Thompson D'Arcy Nowak Brontë".split(),
    ),
}
COUNTRIES = {
    "es": ["Colombia"] * 8 + ["Ecuador", "Perú", "España", "México"],
    "it": ["Italia"] * 5 + ["Suiza"],
    "en": ["Irlanda", "Alemania", "Reino Unido", "Estados Unidos", "Noruega"],
}
SECTORS = {
    "agro": ["Café", "Cacao", "Aguacate", "Panela", "Flores"],
    "alimentos": ["Conservas", "Galletería", "Salsas"],
    "textil": ["Confecciones", "Hilados", "Tejidos"],
    "cuero": ["Marroquinería", "Curtiembre"],
    "metalmecánica": ["Fundición", "Troqueles"],
    "servicios": ["Logística", "Software"],
    "cosmética": ["Jabones", "Aceites"],
}
PLACES = "del Valle,del Pacífico,La Unión,San Agustín,El Peñón,Río Cauca,Los Farallones,Doña Inés,Buenaventura,El Ñame".split(",")
FORMS = ["S.A.S.", "Ltda.", "S.A.", "& Hijos", "e Hijas S. en C."]
WOMEN = set("Lucía Begoña Sofía Marta Concepción Ángela Núria Yolanda Inés Pilar Rocío Adriana Mónica Belén Giulia Chiara Lucia Zoë "
            "Letizia Noemi Siobhán Chloë Anke Zsófia Renée Grace Ingrid".split())
TITLES = {"es": (["Sr.", "Dr.", ""], ["Sra.", "Dra.", ""]), "it": (["Dott.", "Ing.", ""], ["Dott.ssa", "Ing.", ""]),
          "en": (["Mr", "Dr", ""], ["Ms", "Dr", ""])}
TOPICS = ["ferias", "formacion", "mercados", "normativa"]

# Recipient domains and how many in a thousand have them.
PROVIDERS = [
    ("grancorreo.example", 400),
    ("webmail.test", 210),
    ("postaitalia.example", 60),
    ("correovalle.example", 110),
    ("correo.grancorreo.example", 20),
]
IDN = ["compañía.example", "müller.example", "caffè-rossi.example", "exportación.test", "xn--caf-dma.example"]

# Rows as a list meets them sooner or later, each the first of its kind to break something.
ODD = [
    ("josé.muñoz@compañía.example", "José", "Muñoz", "Compañía de Cafés Especiales S.A.S.", "agro"),
    ("añoranza@exportación.test", "Begoña", "Ibáñez", "La Añoranza, Dulces y Conservas", "alimentos"),
    ("o'brien@oceanfreight.example", "Siobhán", "O'Brien", "O'Brien & Sons", "servicios"),
    ("conchita@mieles.example", "María de la Concepción Inmaculada de los Ángeles", "Fernández de Córdoba y Álvarez de Toledo",
     "Sociedad Cooperativa Agropecuaria de Pequeños Productores de Café, Cacao y Miel de las Montañas del Suroccidente Colombiano Ltda.", "agro"),
    ("ventas+ferias@quesosdelrio.example", "", "", 'Quesos "El Río"', "alimentos"),
    ("gerencia@menos-que.example", "Rubén", "", "Telas <Ana> & Cía.", "textil"),
    ("info@aswaq.example", "ليلى", "حداد", "أسواق القهوة", "agro"),
    ("hola@jabonesluna.example", "Luna 🌙", "", "Jabones Luna 🌙", "cosmética"),
    ("j@m.example", "J", "M", "J. M.", "cuero"),
    ("direccion.de.comercio.exterior.y.relaciones.internacionales@fundiciones-metalurgicas-y-troqueles-del-suroccidente.example",
     "Germán", "Quiñones", "Fundiciones del Suroccidente", "metalmecánica"),
    ("100%cacao@origen.example", "Inés", "Caicedo", "100 % Cacao {origen}", "agro"),
    ("anna.muller@müller.example", "Anna", "Müller", "Müller Kaffeerösterei GmbH", "agro"),
]


def plain(text):
    """The text in ASCII letters and digits, as people make addresses of their names."""
    text = text.replace("ø", "o").replace("Ø", "O").replace("ł", "l").replace("Ł", "L").replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed.lower() if c.isascii() and (c.isalnum() or c == "-")).strip("-")


def day(rng, first, last):
    return first + datetime.timedelta(days=rng.randrange((last - first).days))


def domain(rng, company):
    roll = rng.randrange(1000)
    for name, share in PROVIDERS:
        if roll < share:
            return name
        roll -= share
    if roll < 15:
        return rng.choice(IDN)
    return f"{plain(company)[:40].strip('-')}.example"


def exporters(rng):
    seen, rows = set(), []

    def row(address, name, surname, company, sector, language="es"):
        if address.lower() in seen:
            return
        seen.add(address.lower())
        consents = rng.random() > 0.03
        topics = [t for t in TOPICS if rng.random() < 0.62] if consents else []
        rows.append({
            "email": address, "nombre": name, "apellido": surname, "empresa": company, "sector": sector,
            "agente": "" if rng.random() < 0.05 else rng.choice(["A1", "A2", "A3", "A4", "A5", "A6", "A7"]),
            "pais": rng.choice(COUNTRIES[language]), "idioma": language,
            "exportaciones": "" if rng.random() < 0.1 else str(rng.randrange(12, 9000) * 1000),
            "consentimiento": ("sí" if rng.random() < 0.05 else "true") if consents else "false",
            "temas": ";".join(topics), "alta": day(rng, datetime.date(2014, 2, 1), datetime.date(2026, 11, 1)).isoformat(),
        })

    for address, name, surname, company, sector in ODD:
        row(address, name, surname, company, sector)
    while len(rows) < 2000:
        language = rng.choices(["es", "it", "en"], [84, 9, 7])[0]
        first, last = (rng.choice(names) for names in NAMES[language])
        sector = rng.choices(list(SECTORS), [30, 18, 14, 8, 9, 15, 6])[0]
        company = f"{rng.choice(SECTORS[sector])} {rng.choice(PLACES)} {rng.choice(FORMS)}"
        if rng.random() < 0.12:
            company = f"{last} {rng.choice(FORMS)}"
        local = rng.choice(["{f}.{l}", "{l}.{f}", "{i}{l}", "{f}.{l}{n}", "exportaciones.{l}", "{f}_{l}{n}"]).format(
            f=plain(first), l=plain(last), i=plain(first)[:1], n=rng.randrange(2, 99))
        if rng.random() < 0.04:
            first = ""
        row(f"{local}@{domain(rng, company)}", first, last, company, sector, language)
    return rows


def customers(rng, exporters):
    rows = []
    shared = [r for r in exporters[200::45] if r["nombre"]][:26]
    for number in range(40):
        if number < len(shared):
            other = shared[number]
            address, name, company = other["email"], f"{other['nombre']} {other['apellido']}", other["empresa"]
        else:
            first, last = (rng.choice(names) for names in NAMES["es"])
            company = f"{rng.choice(SECTORS['servicios'])} {rng.choice(PLACES)} {number} S.A.S."
            address = f"contabilidad@{plain(company)}.example"
            name = "" if number in (31, 37) else f"{first} {last}"
        rows.append({
            "email": address, "cliente_id": f"C{1001 + number * 7}", "nombre": name, "empresa": company,
            "factura": f"FE-2026-{4180 + number}", "importe": f"{rng.randrange(4500, 480000) / 100:.2f}",
            "vence": (datetime.date(2026, 12, 15) + datetime.timedelta(days=rng.choice([0, 1, 2, 15]))).isoformat(),
            "domiciliado": "true" if rng.random() < 0.3 else "false",
            "adjunta": "true" if number % 7 == 3 else "false",
        })
    return rows


def partners(rng, exporters):
    rows, seen = [], set()
    shared = [r for r in exporters[90::70] if r["nombre"]][:18]
    while len(rows) < 60:
        number = len(rows)
        if number < len(shared):
            other = shared[number]
            language, address, company = other["idioma"], other["email"], other["empresa"]
            name = f"{other['nombre']} {other['apellido']}"
        else:
            language = ["es", "es", "it", "en"][number % 4]
            first, last = (rng.choice(names) for names in NAMES[language])
            name = f"{first} {last}"
            company = "" if number % 9 == 0 else f"{last} {rng.choice(FORMS[:3])}"
            host = {"it": "postaitalia.example", "en": "webmail.test"}.get(language, "grancorreo.example")
            address = f"{plain(first)}.{plain(last)}.{number}@{rng.choice([host, IDN[number % len(IDN)]])}"
        if address in seen:
            continue
        seen.add(address)
        rows.append({
            "email": address, "socio": str(100 + number * 3), "tratamiento": rng.choice(TITLES[language][name.split()[0] in WOMEN]), "nombre": name,
            "empresa": company, "pais": rng.choice(COUNTRIES[language]), "idioma": language,
            "voto": "no" if number % 10 == 7 else "sí", "cuota": rng.choice(["120.00", "240.00", "480.50", ""]),
            "temas": ";".join(t for t in ["ferias", "institucional"] if rng.random() < 0.8),
            "alta": day(rng, datetime.date(1998, 3, 1), datetime.date(2026, 6, 1)).isoformat(),
        })
    return rows


def lists():
    """All three lists' rows by name; the other generators read them too."""
    members = exporters(random.Random(SEED))
    return {
        "exportadores": members,
        "clientes": customers(random.Random(SEED + 1), members),
        "socios": partners(random.Random(SEED + 2), members),
    }


def main():
    wrong = 0
    for name, rows in lists().items():
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        path = ROOT / "lists" / f"{name}.csv"
        if "--check" in sys.argv:
            if path.read_text(encoding="utf-8") != text.getvalue():
                print(f"{path.relative_to(ROOT)} is not what {pathlib.Path(__file__).name} writes", file=sys.stderr)
                wrong = 1
        else:
            path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
