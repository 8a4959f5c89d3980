#!/usr/bin/env python3
"""Draws the images of the example workspace into `assets/`.

Needs Pillow (`pip install pillow`) and the DejaVu fonts; only to be run when the images change.
Pillow's own version decides the bytes, so the images are committed and not compared.
"""

import pathlib

from PIL import Image, ImageDraw, ImageFont

ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"
GREEN, CLAY, SAND, DEEP, WHITE = "#0b4f4a", "#b4552d", "#f4f1ea", "#083b37", "#ffffff"
FONTS = "/usr/share/fonts/truetype/dejavu/"


def font(size, name="DejaVuSerif-Bold.ttf"):
    return ImageFont.truetype(FONTS + name, size)


def sans(size):
    return font(size, "DejaVuSans.ttf")


def mark(draw, x, y, size, ground, ink):
    """The sign: three ridges above a wave, in a round field."""
    draw.ellipse((x, y, x + size, y + size), fill=ground)
    base = y + size * 0.60
    for left, width, height, colour in ((0.14, 0.36, 0.26, CLAY), (0.34, 0.40, 0.40, ink), (0.56, 0.32, 0.22, CLAY)):
        l = x + size * left
        w = size * width
        draw.polygon([(l, base), (l + w / 2, base - size * height), (l + w, base)], fill=colour)
    for row in range(2):
        top = y + size * (0.66 + row * 0.10)
        for step in range(4):
            l = x + size * (0.17 + step * 0.165)
            draw.arc((l, top - size * 0.035, l + size * 0.17, top + size * 0.055), 180 if step % 2 else 0, 360 if step % 2 else 180,
                     fill=ink, width=max(2, int(size * 0.03)))


def smooth(width, height, paint, scale=3):
    image = Image.new("RGB", (width * scale, height * scale), WHITE)
    paint(ImageDraw.Draw(image), scale)
    return image.resize((width, height), Image.LANCZOS)


def save(image, name, colours=96):
    image.quantize(colours, method=Image.MEDIANCUT, dither=Image.NONE).save(ASSETS / name, optimize=True)


def logo():
    def paint(draw, s):
        mark(draw, 8 * s, 8 * s, 84 * s, GREEN, SAND)
        draw.text((108 * s, 20 * s), "Cámara de Exportadores", font=font(24 * s), fill=GREEN)
        draw.text((109 * s, 54 * s), "del Valle", font=font(22 * s, "DejaVuSerif.ttf"), fill=CLAY)
    save(smooth(460, 100, paint), "logo.png", 64)


def hills(draw, s, width, height, horizon):
    for n, (colour, base, steps) in enumerate((("#c9d8cf", horizon, (0.55, 0.9, 0.5, 1.0, 0.6, 0.8)),
                                               ("#7fa79b", horizon + 30, (0.9, 0.4, 0.8, 0.45, 0.95, 0.5)),
                                               (GREEN, horizon + 66, (0.4, 0.85, 0.5, 0.7, 0.35, 0.75)))):
        reach = 95 * s
        step = width * s / (len(steps) - 1)
        points = [(0, height * s)] + [(i * step, (base * s) - h * reach + n * 8 * s) for i, h in enumerate(steps)] + [(width * s, height * s)]
        draw.polygon(points, fill=colour)


def banner():
    def paint(draw, s):
        draw.rectangle((0, 0, 1200 * s, 400 * s), fill=SAND)
        draw.ellipse((905 * s, 60 * s, 1015 * s, 170 * s), fill=CLAY)
        hills(draw, s, 1200, 400, 270)
        draw.text((64 * s, 62 * s), "Boletín de la Cámara", font=font(56 * s), fill=DEEP)
        draw.text((66 * s, 140 * s), "Diciembre de 2026", font=sans(32 * s), fill=DEEP)
    save(smooth(1200, 400, paint, 2), "boletin-diciembre.png")


def port():
    def paint(draw, s):
        draw.rectangle((0, 0, 1200 * s, 600 * s), fill="#dfe9e6")
        draw.rectangle((0, 430 * s, 1200 * s, 600 * s), fill=GREEN)
        for n in range(9):
            draw.arc((n * 150 * s - 40 * s, 470 * s, n * 150 * s + 110 * s, 520 * s), 0, 180, fill="#7fa79b", width=4 * s)
        draw.polygon([(180 * s, 400 * s), (1040 * s, 400 * s), (960 * s, 490 * s), (250 * s, 490 * s)], fill=DEEP)
        colours = [CLAY, "#d9a441", "#7fa79b", "#8c3b1f", SAND]
        for row in range(3):
            for column in range(8 - row):
                x, y = 250 + column * 82 + row * 30, 350 - row * 52
                draw.rectangle((x * s, y * s, (x + 76) * s, (y + 48) * s), fill=colours[(row * 3 + column * 2) % 5])
        draw.rectangle((930 * s, 270 * s, 1000 * s, 400 * s), fill=WHITE)
        draw.rectangle((945 * s, 290 * s, 985 * s, 310 * s), fill=DEEP)
    save(smooth(1200, 600, paint, 2), "puerto.png", 48)


def flyer():
    def paint(draw, s):
        draw.rectangle((0, 0, 1200 * s, 1500 * s), fill=DEEP)
        for x, y, r in ((140, 160, 4), (320, 90, 3), (520, 210, 3), (760, 110, 4), (980, 180, 3), (1090, 90, 4), (650, 60, 2), (230, 270, 3), (900, 300, 2)):
            draw.ellipse(((x - r) * s, (y - r) * s, (x + r) * s, (y + r) * s), fill="#f0d9a0")
        draw.ellipse((840 * s, 170 * s, 990 * s, 320 * s), fill="#f0d9a0")
        hills(draw, s, 1200, 1500, 1180)
        mark(draw, 500 * s, 330 * s, 200 * s, SAND, GREEN)
        for y, text, f, colour in ((600, "Encuentro de fin de año", font(70 * s), SAND),
                                   (720, "con los exportadores del Valle", font(42 * s, "DejaVuSerif.ttf"), "#f0d9a0"),
                                   (850, "Viernes 18 de diciembre de 2026, 17:00", sans(38 * s), WHITE),
                                   (910, "Sede de la Cámara, terraza del piso 6", sans(34 * s), WHITE)):
            draw.text((600 * s, y * s), text, font=f, fill=colour, anchor="mm")
    save(smooth(1200, 1500, paint, 2), "flyer-navidad.png", 64)


def fair():
    def paint(draw, s):
        draw.rectangle((0, 0, 1200 * s, 440 * s), fill=CLAY)
        for n in range(7):
            x = 640 + n * 80
            h = (150, 210, 250, 320, 250, 210, 150)[n]
            draw.polygon([(x * s, 440 * s), (x * s, (400 - h) * s), ((x + 30) * s, (340 - h) * s), ((x + 60) * s, (400 - h) * s), ((x + 60) * s, 440 * s)],
                         fill=SAND if n % 2 else "#e6c3ad")
        draw.text((64 * s, 120 * s), "Fiera dei Sapori", font=font(62 * s), fill=WHITE)
        draw.text((66 * s, 210 * s), "Milano, 8–10 febbraio 2027", font=sans(36 * s), fill=WHITE)
    save(smooth(1200, 440, paint, 2), "fiera-milano.png", 48)


if __name__ == "__main__":
    for draw_image in (logo, banner, port, flyer, fair):
        draw_image()
