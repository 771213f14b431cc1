"""Files and options drawn at random: pictures, masks, lists and rows, whole and damaged."""

import copy
import csv
import io
import json
import random

import numpy as np
from PIL import Image

# Mostly too small to be searched, for a search takes most of the time of a case.
SIZES = [(8, 8), (9, 13), (16, 20), (20, 16), (12, 40), (8, 120), (40, 4), (7, 9), (1, 1)]
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr", "HSV", "LAB"]
FORMATS = ["PNG", "PNG", "PNG", "JPEG", "WEBP", "TIFF", "TIFF", "BMP", "GIF", "PPM", "AVIF"]
TIFF = ["tiff_lzw", "tiff_deflate", "packbits", "raw"]
NAMES = [
    "wall", "a  b", "стена", "a'b\"<&>", "a\nb", "a\tb", "-x", "--out", "x" * 180, "a,b", "a;b",
    "[x]", "*", "%s{stem}", "wall_mask", "mask_wall", "\udcff\udcfe", "é", "é", "=1+1", "a.png",
]  # fmt: skip
NUMBERS = [
    "0", "-1", "1", "8", "24", "1e308", "1e-308", "1e5", "100001", "0.001", "nan", "inf", "-inf",
    "abc", "", " 8", "1_000", "٣", "0x10", "8px",
]  # fmt: skip
VALUES = [
    None, [], {}, "", "x", "\ud800", "a\0b", 0, -1, 3, 2**53 + 1, 2**70, 10**400, -0.5, 1e308,
    float("nan"), float("inf"), True, False, [1], [1, "a"], {"a": 1}, [[[[]]]],
]  # fmt: skip


def pixels(chance):
    """``uint8 (H, W, 3)``: noise, one colour, bricks, a ramp or a few blocks."""
    height, width = chance.choice(SIZES) if chance.random() < 0.97 else (48, 60)
    rng = np.random.default_rng(chance.getrandbits(32))
    y, x = np.mgrid[:height, :width]
    kind = chance.choice(["noise", "flat", "bricks", "ramp", "mask"])
    if kind == "noise":
        return rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    if kind == "flat":
        return np.full((height, width, 3), chance.choice([0, 1, 128, 255]), np.uint8)
    if kind == "bricks":
        grey = np.where((y % 6 < 2) | (x % 8 < 2), 210, 90)
    elif kind == "ramp":
        grey = (x * 255) // max(1, width - 1)
    else:
        grey = 255 * (x * 2 < width)
    return np.repeat(grey.astype(np.uint8)[..., None], 3, -1)


def encoded(chance, image):
    """A picture as a file of a random kind; as a PNG where that kind can't hold it."""
    kind, options = chance.choice(FORMATS), {}
    if kind == "TIFF":
        fax = image.mode == "1"
        options["compression"] = chance.choice([*TIFF, "group4"] if fax else TIFF)
    if kind in ("JPEG", "WEBP", "PNG") and chance.random() < 0.2:
        options["exif"] = b"Exif\0\0" + chance.randbytes(chance.randrange(40))
    if kind == "JPEG" and chance.random() < 0.3:
        options["exif"] = _turned(chance)
    buffer = io.BytesIO()
    try:
        image.save(buffer, kind, **options)
    except Exception:  # Pillow has many reasons
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def _turned(chance):
    data = Image.Exif()
    data[0x0112] = chance.choice([0, 3, 6, 9, 77])
    return data


def damaged(chance, content):
    """A file's bytes with some changed, cut off, put in, or all of them gone."""
    content = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(content) + 1)
        how = chance.choice(["change", "change", "cut", "insert", "repeat", "empty", "drop"])
        if how == "change" and content:
            for _ in range(chance.randint(1, 8)):
                content[chance.randrange(len(content))] = chance.randrange(256)
        elif how == "cut":
            del content[at:]
        elif how == "insert":
            content[at:at] = chance.randbytes(chance.randrange(1, 30))
        elif how == "repeat":
            content[at:at] = content[at : at + chance.randrange(40)]
        elif how == "drop":
            del content[at : at + chance.randrange(1, 20)]
        elif chance.random() < 0.1:
            content = bytearray()
    return bytes(content)


def picture(chance, folder, *, whole=False, plain=False):
    """A picture file in `folder`, of any mode and kind, damaged or not."""
    image = Image.fromarray(pixels(chance))
    if not plain:
        try:
            image = image.convert("L").convert(chance.choice(MODES))
        except ValueError:
            image = image.convert("RGBA")
    content = encoded(chance, image) if not plain else _png(image)
    if not whole and chance.random() < 0.5:
        content = damaged(chance, content)
    ending = chance.choice([".png", ".png", ".jpg", ".tif", ".PNG", ".webp", "", ".txt"])
    path = folder / (chance.choice(NAMES) + ending)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def plain_picture(path, seed=0, size=(16, 20)):
    """A whole PNG of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 256, (*size, 3)).astype(np.uint8)).save(path)
    return path


def listing(chance, names):
    """Content of a list of pictures, and the ending that says its kind."""
    columns = ["pred", "mask", "ref", "prompt", "seed", "Pred", "status", ""]
    lines = []
    for name in names:
        line = {"pred": name}
        for column in chance.sample(columns[1:], chance.randint(0, 4)):
            line[column] = chance.choice([*VALUES, *NUMBERS, *names])
        lines.append(line)
    if chance.random() < 0.5:
        text = "\n".join(json.dumps(line, ensure_ascii=chance.random() < 0.5) for line in lines)
        ending = chance.choice([".jsonl", ".ndjson"])
    else:
        file = io.StringIO()
        fields = dict.fromkeys(["pred", *(key for line in lines for key in line)])
        writer = csv.DictWriter(file, fields, delimiter=chance.choice(",;\t"))
        writer.writeheader()
        writer.writerows(lines)
        text, ending = file.getvalue(), chance.choice([".csv", ".tsv"])
    content = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        content = b"\xef\xbb\xbf" + content
    if chance.random() < 0.5:
        for mark in chance.sample([b'"', b"\0", b"\xff", b"\r", b",,,", b"[" * 2000, b"{"], 2):
            at = chance.randrange(len(content) + 1)
            content = content[:at] + mark + content[at:]
    return content, ending


def changed_row(chance, line):
    """A row of results with one to three of its values replaced, or its bytes damaged."""
    if chance.random() < 0.25:
        return damaged(chance, line)
    row = json.loads(line)
    for _ in range(chance.randint(1, 3)):
        place, key = chance.choice(list(_places(row)))
        if chance.random() < 0.2:
            place.pop(key)
        else:
            # A copy, for the next change may go into it.
            place[key] = copy.deepcopy(chance.choice(VALUES))
        if not row:
            break
    return json.dumps(row, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _places(value):
    """Every place in a document: what it is in, and its key there."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in list(items):
        yield value, key
        if isinstance(one, (dict, list)):
            yield from _places(one)


def chance_of(*parts):
    """Random choices that depend on the parts alone."""
    return random.Random(":".join(map(str, parts)))
