"""A PDF whose objects come in an order by chance is written in one order."""

import re
import zlib

import pytest

from deepcme.report.figures.pdf import canonical_pdf

OF_PAGE = b"q /fo0 9 Tf (a) Tj /fo1 9 Tf (b) Tj Q"


def made(order, fonts):
    """A PDF of one page as svg2pdf writes it: `order` of resources, and number of each font."""
    page = zlib.compress(OF_PAGE.replace(b"fo0", b"fo%d" % fonts[0]).replace(
        b"fo1 9 Tf (b)", b"fo%d 9 Tf (b)" % fonts[1]
    ))  # fmt: skip
    resources = b"\n".join(b"      /gs%d %d 0 R" % (i, 10 + i) for i in order)
    names = {1 + fonts[0]: b"AAAAAA+Bold", 1 + fonts[1]: b"BBBBBB+Plain"}
    bodies = {
        3: b"<<\n  /Type /Catalog\n  /Pages 4 0 R\n>>",
        4: b"<<\n  /Type /Pages\n  /Count 1\n  /Kids [5 0 R]\n>>",
        5: b"<<\n  /Type /Page\n  /Resources <<\n    /ExtGState <<\n"
        + resources
        + b"\n    >>\n"
        b"    /Font <<\n      /fo0 1 0 R\n      /fo1 2 0 R\n    >>\n  >>\n  /Contents 6 0 R\n>>",
        6: b"<<\n  /Length %d\n  /Filter /FlateDecode\n>>\nstream\n" % len(page)
        + page
        + b"\nendstream",
        **{
            number: b"<<\n  /Type /Font\n  /BaseFont /%b\n>>" % of
            for number, of in names.items()
        },
        **{10 + i: b"<<\n  /Type /ExtGState\n  /ca 0.%d\n>>" % i for i in range(12)},
    }
    pdf, places = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n", {}
    for number, body in bodies.items():
        places[number] = len(pdf)
        pdf += b"%d 0 obj\n%b\nendobj\n\n" % (number, body)
    table = b"".join(b"%010d 00000 n\r\n" % places[number] for number in sorted(places))
    return pdf + b"xref\n0 %d\n0000000000 65535 f\r\n%btrailer\n<<\n  /Size %d\n  /Root 3 0 R\n>>\n" % (
        len(places) + 1, table, len(places) + 1
    ) + b"startxref\n%d\n%%%%EOF" % len(pdf)  # fmt: skip


PLAIN = made(range(12), (0, 1))


@pytest.mark.parametrize(
    ("order", "fonts"),
    [
        (range(11, -1, -1), (0, 1)),
        (range(12), (1, 0)),
        ([3, 11, 0, 2, 1, 10, 9, 4, 8, 5, 7, 6], (1, 0)),
    ],
    ids=["resources", "fonts", "both"],
)
def test_pdfs_that_differ_in_order_alone_become_the_same(order, fonts):
    other = made(order, fonts)
    assert other != PLAIN
    assert canonical_pdf(other) == canonical_pdf(PLAIN)


def test_its_table_leads_to_every_object_and_its_page_says_the_same():
    pdf = canonical_pdf(made(range(11, -1, -1), (1, 0)))
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\Z", pdf)[1])
    places = re.findall(rb"(\d{10}) \d{5} n\r\n", pdf[start:])
    for number, place in enumerate(places, start=1):
        assert pdf[int(place) :].startswith(b"%d 0 obj\n" % number)
    assert b"/Size %d" % (len(places) + 1) in pdf and len(places) == 18
    length, packed = re.search(
        rb"/Length (\d+)\n.*?\nstream\n(.*?)\nendstream", pdf, re.DOTALL
    ).groups()
    assert len(packed) == int(length)
    assert zlib.decompress(packed) == OF_PAGE
    font = re.search(rb"/fo0 (\d+) 0 R", pdf)[1]
    assert b"%b 0 obj\n<<\n  /Type /Font\n  /BaseFont /AAAAAA+Bold" % font in pdf


def test_one_in_order_stays_as_it_is():
    once = canonical_pdf(PLAIN)
    assert canonical_pdf(once) == once
