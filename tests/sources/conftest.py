"""A GDC in miniature on the loopback interface, which can be told to misbehave."""

import gzip
import hashlib
import io
import json
import tarfile
import threading
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stamina

PAGE = 10  # what the real API gives unless asked for more; here it never gives more

STAR_HEADER = (
    "# gene-model: GENCODE v36\n"
    "gene_id\tgene_name\tgene_type\tunstranded\tstranded_first\tstranded_second\t"
    "tpm_unstranded\tfpkm_unstranded\tfpkm_uq_unstranded\n"
    "N_unmapped\t\t\t8120268\t8120268\t8120268\t\t\t\n"
    "N_multimapping\t\t\t4402480\t4402480\t4402480\t\t\t\n"
    "N_noFeature\t\t\t1446120\t24573336\t24781939\t\t\t\n"
    "N_ambiguous\t\t\t5551010\t1476463\t1462076\t\t\t\n"
)
GENES = (
    ("ENSG00000000003.15", "TSPAN6"),
    ("ENSG00000000005.6", "TNMD"),
    ("ENSG00000002586.20", "CD99"),
    ("ENSG00000002586.20_PAR_Y", "CD99"),
)


def star_text(values, genes=GENES):
    """A STAR file in which gene j has the count v, TPM v/2 and FPKM v/4."""
    rows = [
        f"{gene}\t{symbol}\tprotein_coding\t{v}\t{v}\t0\t{v / 2:.4f}\t{v / 4:.4f}\t{v / 8:.4f}\n"
        for (gene, symbol), v in zip(genes, values, strict=True)
    ]
    return STAR_HEADER + "".join(rows)


class Gdc:
    """The archive's contents, the faults to come, and the requests that were made."""

    def __init__(self, n_files=12):
        self.files, self.cases = {}, {}
        self.faults = {"/files": [], "/cases": [], "/data": []}
        self.forever = {"/files": None, "/cases": None, "/data": None}
        self.requests = []
        for i in range(n_files):
            self.add(i)

    def add(self, i, text=None):
        file_id = str(uuid.UUID(int=i + 1))
        content = (text or star_text([i, i + 1, 10 * i, 2])).encode()
        patient = f"TCGA-A{i % 2}-{i:04d}"
        sample_type = "11A" if i % 6 == 5 else "01A"
        hit = {
            "id": file_id,
            "file_id": file_id,
            "file_name": f"{file_id}.rna_seq.augmented_star_gene_counts.tsv",
            "file_size": len(content),
            "md5sum": hashlib.md5(content).hexdigest(),
            "access": "open",
            "analysis": {"workflow_type": "STAR - Counts"},
            "cases": [
                {
                    "submitter_id": patient,
                    "samples": [
                        {
                            "submitter_id": f"{patient}-{sample_type}",
                            "sample_type": "Primary Tumor",
                            "portions": [
                                {
                                    "analytes": [
                                        {
                                            "aliquots": [
                                                {
                                                    "submitter_id": f"{patient}-{sample_type}"
                                                    "-11R-A32P-07"
                                                }
                                            ]
                                        }
                                    ]
                                }
                            ],
                        }
                    ],
                }
            ],
        }
        self.files[file_id] = (hit, content)
        self.cases[patient] = {
            "case_id": str(uuid.UUID(int=1000 + i)),
            "submitter_id": patient,
            "demographic": {"vital_status": "Dead" if i % 3 == 0 else "Alive"},
            "diagnoses": [
                {"classification_of_tumor": "metastasis", "ajcc_pathologic_m": None},
                {
                    "classification_of_tumor": "primary",
                    "ajcc_pathologic_m": ("M1", "M0", "MX")[i % 3],
                },
            ],
        }

    def manifest(self, path, ids=None):
        lines = ["id\tfilename\tmd5\tsize\tstate"]
        for hit, content in (self.files[file_id] for file_id in ids or self.files):
            lines.append(
                f"{hit['file_id']}\t{hit['file_name']}\t{hit['md5sum']}\t{len(content)}\treleased"
            )
        path.write_text("\n".join(lines) + "\n")
        return path

    def n_requests(self, path):
        return Counter(asked for asked, _ in self.requests)[path]

    def downloaded(self):
        """Ids that were asked for at /data, in order, with repetitions."""
        return [file_id for path, body in self.requests if path == "/data" for file_id in body]

    def next_fault(self, path):
        return self.faults[path].pop(0) if self.faults[path] else self.forever[path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a write of its own for every header would wait for its receipt
    gdc: Gdc

    def log_message(self, *arguments):
        """Keep the test output clean."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/data":
            self._data(body["ids"])
        else:
            self._query(body)

    def do_GET(self):
        self._data(self.path.removeprefix("/data/").split(","))

    def _query(self, body):
        self.gdc.requests.append((self.path, body))
        fault = self.gdc.next_fault(self.path)
        if self._misbehaves(fault):
            return
        entities = self._selected(json.dumps(body["filters"]))
        start = body.get("from", 0)
        hits = entities[start : start + min(body.get("size", PAGE), PAGE)]
        if fault == "repeat" and start > 0:
            hits = [entities[0], *hits[1:]]
        if fault == "nonsense":
            self._answer(b"<html>maintenance</html>")
            return
        pagination = {"total": len(entities), "count": len(hits), "from": start}
        self._answer(json.dumps({"data": {"hits": hits, "pagination": pagination}}).encode())

    def _selected(self, filters):
        if self.path == "/cases":
            wanted = [c for c in self.gdc.cases.values() if c["submitter_id"] in filters]
            return wanted or ([] if "submitter_id" in filters else [*self.gdc.cases.values()])
        hits = [hit for hit, _ in self.gdc.files.values()]
        if '"file_id"' in filters:
            return [hit for hit in hits if hit["file_id"] in filters]
        return hits if "TCGA-BRCA" in filters else []

    def _data(self, ids):
        self.gdc.requests.append(("/data", ids))
        fault = self.gdc.next_fault("/data")
        if self._misbehaves(fault):
            return
        if len(ids) == 1:
            _, content = self.gdc.files[ids[0]]
            content = b"?" + content[1:] if fault == "wrong md5" else content
        else:
            content = self._archive(ids, fault)
        if fault in ("cut", "hang up"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) * 2 // 3 if fault == "cut" else 0])
            self.close_connection = True
        elif fault in ("truncated", "stub"):
            self._answer(content[: len(content) * 2 // 3 if fault == "truncated" else 400])
        else:
            self._answer(content)

    def _archive(self, ids, fault):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for file_id in ids:
                hit, content = self.gdc.files[file_id]
                if fault == "wrong md5" and file_id == ids[-1]:
                    content = b"?" + content[1:]
                self._add(archive, f"{file_id}/{hit['file_name']}", content)
            self._add(archive, f"{ids[0]}/annotations.txt", b"id\tnote\n")
            self._add(archive, "MANIFEST.txt", b"id\tfilename\tmd5\tsize\tstate\n")
            if fault == "climb":
                self._add(archive, "../../escaped.txt", b"out")
            if fault == "link":
                link = tarfile.TarInfo(f"{ids[0]}/link")
                link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(link)
        return gzip.compress(buffer.getvalue(), compresslevel=0)

    @staticmethod
    def _add(archive, name, content):
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))

    def _misbehaves(self, fault):
        if fault == "busy":
            self.send_response(503)
            self.send_header("Retry-After", "0.05")
        elif fault in ("too many", "forbidden"):
            self.send_response(429 if fault == "too many" else 403)
        else:
            return False
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def _answer(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def gdc():
    """Twelve files of twelve patients, and the address of the server in `gdc.url`."""
    contents = Gdc()
    handler = type("Handler", (_Handler,), {"gdc": contents})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    contents.url = f"http://127.0.0.1:{server.server_port}"
    yield contents
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def no_waiting():
    """Attempts follow each other at once."""
    with stamina.set_testing(True, attempts=6, cap=True):
        yield
