#!/usr/bin/env python3
"""Writes the PDF documents of the example workspace: small, valid, and the same bytes every time.

Python's standard library only. `--check` compares with what is committed and writes nothing.
"""

import pathlib
import sys
import unicodedata

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from make_lists import lists  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
GREEN = "0.043 0.310 0.290"


def literal(text):
    """A PDF string in WinAnsi; a letter that it lacks loses its accent."""
    out = bytearray()
    for c in text.replace("Ł", "L").replace("ł", "l"):
        try:
            out += c.encode("cp1252")
        except UnicodeEncodeError:
            out += unicodedata.normalize("NFKD", c).encode("ascii", "ignore") or b"?"
    return b"(" + bytes(out).replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)") + b")"


def pdf(title, lines):
    """One A4 page: a heading and lines of (size, text); an empty text is a gap."""
    content = [f"{GREEN} rg 0 800 595 42 re f 1 1 1 rg BT /B 13 Tf 56 815 Td".encode(), literal("Cámara de Exportadores del Valle"), b"Tj ET"]
    content += [f"{GREEN} rg BT /B 20 Tf 56 742 Td".encode(), literal(title), b"Tj ET 0.13 0.13 0.13 rg"]
    y = 706
    for size, text in lines:
        font = "B" if size > 11 else "R"
        if text:
            content += [f"BT /{font} {size} Tf 56 {y} Td".encode(), literal(text), b"Tj ET"]
        y -= size + 7
    stream = b"\n".join(content)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (es) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /R 5 0 R /B 6 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title %s /Creator (postmerge example) >>" % literal(title),
    ]
    out, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def euros(amount):
    whole, cents = amount.split(".")
    groups = f"{int(whole):,}".replace(",", ".")
    return f"{groups},{cents} €"


def invoice(row):
    return pdf(f"Factura {row['factura']}", [
        (11, f"Cliente {row['cliente_id']}"), (13, row["empresa"][:60]), (11, row["nombre"]), (11, ""),
        (11, "Fecha: 30 de noviembre de 2026"), (11, f"Vencimiento: {row['vence']}"), (11, ""),
        (11, "Servicios de la oficina de ferias y ruedas de negocios, noviembre de 2026"), (11, ""),
        (16, f"Total: {euros(row['importe'])}"), (11, ""),
        (9, "Avenida del Puerto 4-18, piso 6, 760045 Cali, Colombia · cartera@camara.example"),
    ])


GENERAL = {
    "rueda-agro/programa.pdf": ("Rueda de negocios agro", [
        (11, "Jueves 17 de diciembre de 2026 · Sede de la Cámara, salón Farallones"), (11, ""),
        (13, "08:00  Registro y café de bienvenida"), (13, "08:30  Presentación de los compradores"),
        (11, "Alimentos del Norte (Alemania), Caffè Marchetti (Italia) y Green Larder (Irlanda)"),
        (13, "09:15  Citas individuales, 20 minutos cada una"), (13, "12:30  Conclusiones y almuerzo"), (11, ""),
        (9, "Cupos: 36 empresas. Inscripciones hasta el 11 de diciembre.")]),
    "asamblea/convocatoria.pdf": ("Convocatoria a la asamblea general", [
        (11, "Asamblea general ordinaria de socios"), (11, "Viernes 18 de diciembre de 2026, 9:00, sede de la Cámara"), (11, ""),
        (11, "De conformidad con el artículo 23 de los estatutos se convoca a todos los socios."),
        (11, "De no haber quórum, la segunda convocatoria tendrá lugar a las 9:30."), (11, ""), (11, "Inés Caicedo, dirección ejecutiva")]),
    "asamblea/orden-del-dia.pdf": ("Orden del día", [
        (11, "1. Verificación del quórum"), (11, "2. Lectura y aprobación del acta anterior"), (11, "3. Informe de la dirección"),
        (11, "4. Estados financieros a 31 de octubre de 2026"), (11, "5. Presupuesto para 2027"),
        (11, "6. Elección de dos miembros de la junta"), (11, "7. Proposiciones de los socios")]),
    "asamblea/poder.pdf": ("Poder de representación", [
        (11, "Yo, ______________________________, socio número ________,"), (11, "autorizo a ______________________________"),
        (11, "a representarme en la asamblea general del 18 de diciembre de 2026."), (11, ""), (11, "Firma: ______________________________")]),
    "carta-embajada/programme.pdf": ("Programme of the visit", [
        (11, "Monday 25 January 2027"), (13, "09:30  Welcome at the Chamber"), (13, "10:15  Round table with twelve exporters"),
        (13, "13:00  Lunch"), (13, "15:00  Visit to a coffee cooperative")]),
}


def documents():
    """Every document's bytes by its path."""
    found = {f"campaigns/2026/{path}": pdf(*page) for path, page in GENERAL.items()}
    for row in lists()["clientes"]:
        campaign = "facturas-adjuntas" if row["adjunta"] == "true" else "facturas-noviembre"
        found[f"campaigns/2026/{campaign}/facturas/{row['cliente_id']}.pdf"] = invoice(row)
    return found


def main():
    wrong = 0
    for name, data in documents().items():
        path = ROOT / name
        if "--check" in sys.argv:
            if not path.is_file() or path.read_bytes() != data:
                print(f"{name} is not what {pathlib.Path(__file__).name} writes", file=sys.stderr)
                wrong = 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
