"""What GEO, Xena's hub and cBioPortal's datahub serve, laid out as theirs, with invented values."""

import gzip
import io
import tarfile

import numpy as np

_SYMBOLS = (
    "TP53 EGFR ESR1 ERBB2 MKI67 PGR BRCA1 BRCA2 MYC CCND1 CDH1 GATA3 PTEN RB1 AKT1 PIK3CA "
    "KRT5 KRT8 KRT18 FOXA1 XBP1 TFF1 VEGFA MMP9 CXCL12 CD44 VIM SNAI1 TWIST1 AURKA BIRC5 "
    "CCNB1 MYBL2 GRB7 STK15 BAG1 GSTM1 CD68 SCUBE2 CTSL2 ACTB GAPDH RPLP0 GUSB TFRC"
)
SYMBOLS = _SYMBOLS.split()
N_SAMPLES = 60


def lognormal():
    """Logs of genes x samples, around 8 as of arrays; the first gene tells positives."""
    random = np.random.default_rng(0)
    levels = random.normal(8, 1, (len(SYMBOLS), 1))
    values = levels + random.normal(0, 1, (len(SYMBOLS), N_SAMPLES))
    values[0, is_positive()] += 2
    return values.round(4)


def is_positive():
    return np.arange(N_SAMPLES) % 3 == 0


def follow_up():
    """Days to the event or the last follow-up, and whether the event was seen."""
    time = np.where(is_positive(), 300, 3000) + np.arange(N_SAMPLES)
    return time, is_positive().astype(int)


def line(*cells):
    return "\t".join(map(str, cells)) + "\n"


# GEO


def series_matrix(accession, platform, values, *, first=0):
    """A series matrix of 60 samples; without values, as of a sequencing series."""
    samples = [f"GSM{1000 + first + i}" for i in range(N_SAMPLES)]
    time, event = follow_up()

    def quoted(*cells):
        return [f'"{cell}"' for cell in cells]

    text = line("!Series_title", '"An invented series"')
    text += line("!Series_geo_accession", f'"{accession}"')
    text += line("!Sample_title", *quoted(*(f"tumor {i}" for i in range(N_SAMPLES))))
    text += line("!Sample_geo_accession", *quoted(*samples))
    text += line("!Sample_source_name_ch1", *quoted(*["primary breast tumor"] * N_SAMPLES))
    for key, cells in (("id", range(N_SAMPLES)), ("t.tdm", time), ("e.tdm", event)):
        cells = [f"{key}: {cell}" for cell in cells]
        text += line("!Sample_characteristics_ch1", *quoted(*cells))
    text += line("!Sample_platform_id", *quoted(*[platform] * N_SAMPLES))
    text += "!series_matrix_table_begin\n" + line('"ID_REF"', *quoted(*samples))
    for i, row in enumerate(values if values is not None else []):
        text += line(f'"{i}_at"', *row)
    return text + "!series_matrix_table_end\n"


def directory(path, names):
    """An index page as ftp.ncbi.nlm.nih.gov writes it."""
    rows = "".join(f'<a href="{name}">{name}</a>   2024-09-10 00:35  3.1M\n' for name in names)
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n'
        f"  <title>Index of {path}</title>\n </head>\n <body>\n<h1>Index of {path}</h1>\n"
        "<pre>Name                             Last modified      Size  <hr>"
        f'<a href="{path.rpartition("/")[0]}/">Parent Directory</a>      -\n{rows}<hr></pre>\n'
        '<a href="https://www.hhs.gov/vulnerability-disclosure-policy/index.html">'
        "HHS Vulnerability Disclosure</a>\n</body></html>\n"
    )


def record_address(accession, view="brief"):
    return f"/geo/query/acc.cgi?acc={accession}&form=text&targ=self&view={view}"


def put_record(portal, accession, platforms, relations=()):
    text = f"^SERIES = {accession}\r\n!Series_title = An invented series\r\n"
    text += "".join(f"!Series_platform_id = {platform}\r\n" for platform in platforms)
    text += "".join(f"!Series_relation = {relation}\r\n" for relation in relations)
    headers = {"Content-Type": "geo/text; charset=UTF-8"}
    portal.put(record_address(accession), text, headers=headers, chunked=True)


def put_no_record(portal, accession, why):
    page = f"<html><body><table><tr><td>{why}</td></tr></table></body></html>"
    portal.put(record_address(accession), page, headers={"Content-Type": "text/html"})


def put_series(portal, accession, matrices):
    """A series with its record, its index page and its matrices: text by platform."""
    bucket = accession[:-3] + "nnn" if len(accession) > 6 else "GSEnnn"
    path = f"/geo/series/{bucket}/{accession}/matrix"
    put_record(portal, accession, matrices)
    several = len(matrices) > 1
    names = {
        f"{accession}{f'-{platform}' if several else ''}_series_matrix.txt.gz": text
        for platform, text in matrices.items()
    }
    portal.put(f"{path}/", directory(path, names))
    for name, text in names.items():
        portal.put(f"{path}/{name}", gzip.compress(text.encode("latin-1")))
    return [f"{path}/{name}" for name in names]


def platform_table(platform, *, annotation):
    start = f"^Annotation\n!Annotation_platform = {platform}\n" if annotation else ""
    text = start or f"^PLATFORM = {platform}\n"
    text += "#ID = ID from Platform data table\n!platform_table_begin\n"
    text += line("ID", "Gene title", "Gene symbol", "Gene ID")
    for i, symbol in enumerate(SYMBOLS):
        text += line(f"{i}_at", "a gene", symbol, 1000 + i)
    return text + "!platform_table_end\n"


def put_annotation(portal, platform):
    """GEO's annotation of a platform, as a file."""
    bucket = platform[:-3] + "nnn" if len(platform) > 6 else "GPLnnn"
    address = f"/geo/platforms/{bucket}/{platform}/annot/{platform}.annot.gz"
    text = platform_table(platform, annotation=True)
    portal.put(address, gzip.compress(text.encode()))
    return address


def put_platform_record(portal, platform):
    """The table that was submitted for a platform; its length is not told."""
    address = record_address(platform, view="data")
    text = platform_table(platform, annotation=False).replace("\n", "\r\n")
    portal.put(address, text, chunked=True)
    return address


def put_counts(portal, accession):
    """NCBI's counts of a sequencing series, and the table of their genes."""
    random = np.random.default_rng(3)
    counts = random.poisson(random.gamma(2, 200, (len(SYMBOLS), N_SAMPLES)))
    counts[0, is_positive()] *= 4
    text = line("GeneID", *(f"GSM{1000 + i}" for i in range(N_SAMPLES)))
    genes = line("GeneID", "Symbol", "Description", "EnsemblGeneID")
    for i, (symbol, row) in enumerate(zip(SYMBOLS, counts, strict=True)):
        text += line(1000 + i, *row)
        genes += line(1000 + i, symbol, "a gene", f"ENSG{i:011d}")
    values = f"{accession}_raw_counts_GRCh38.p13_NCBI.tsv.gz"
    annotation = "Human.GRCh38.p13.annot.tsv.gz"
    addresses = [
        f"/geo/download/?acc={accession}&file={values}&format=file&type=rnaseq_counts",
        f"/geo/download/?file={annotation}&format=file&type=rnaseq_counts",
    ]
    for address, name, content in zip(
        addresses, (values, annotation), (text, genes), strict=True
    ):
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        packed = gzip.compress(content.encode())
        portal.put(address, packed, headers=headers, chunked=True)
    return addresses


# UCSC Xena


def put_project(portal, project, column="fpkm"):
    """A project of the GDC hub, and the probeMap of its genes."""
    samples = [f"TCGA-A{i % 10}-A{i:03d}-01A" for i in range(N_SAMPLES)]
    genes = [f"ENSG{100 + i:011d}.{i % 5 + 1}" for i in range(len(SYMBOLS))]
    matrix = line("Ensembl_ID", *samples)
    for gene, row in zip(genes, np.maximum(lognormal() - 5, 0).round(4), strict=True):
        matrix += line(gene, *row)
    clinical = line("sample", "submitter_id", "ajcc_pathologic_m.diagnoses")
    survival = line("sample", "OS.time", "OS", "_PATIENT")
    for sample, time, event in zip(samples, *follow_up(), strict=True):
        clinical += line(sample, sample[:12], "M1" if event else "M0")
        survival += line(sample, time, event, sample[:12])
    probemap = line("id", "gene", "chrom", "chromStart", "chromEnd", "strand")
    for gene, symbol in zip(genes, SYMBOLS, strict=True):
        probemap += line(gene, symbol, "chr1", 11869, 14409, "+")
    packed = {f"star_{column}": matrix, "clinical": clinical, "survival": survival}
    for kind, text in packed.items():
        portal.put_object(
            f"/download/{project}.{kind}.tsv.gz",
            gzip.compress(text.encode()),
            in_parts=text is matrix,
        )
    portal.put_object("/download/gencode.v36.annotation.gtf.gene.probemap", probemap)


# cBioPortal


def meta(study, name, datatype, profile):
    return (
        f"cancer_study_identifier: {study}\ngenetic_alteration_type: MRNA_EXPRESSION\n"
        f"datatype: {datatype}\nstable_id: mrna\nshow_profile_in_analysis_tab: false\n"
        f"profile_name: {profile}\nprofile_description: {profile}\ndata_filename: {name}\n"
    )


def expression_table(values, patients):
    text = line("Hugo_Symbol", "Entrez_Gene_Id", *patients)
    for i, (symbol, row) in enumerate(zip(SYMBOLS, values, strict=True)):
        text += line(symbol, 1000 + i, *row)
    return text


def metabric(study="brca_metabric"):
    """The folder of METABRIC: log intensities, z-scores of them, and what is of no use here."""
    patients = [f"MB-{i:04d}" for i in range(N_SAMPLES)]
    values = lognormal()
    scores = (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)
    comments = "#Patient Identifier\n#Identifier of a patient\n#STRING\n#1\n"
    by_patient = comments + line(
        *("PATIENT_ID", "LYMPH_NODES_EXAMINED_POSITIVE", "NPI", "OS_MONTHS", "OS_STATUS"),
        *("RFS_STATUS", "RFS_MONTHS"),
    )
    by_sample = comments + line("PATIENT_ID", "SAMPLE_ID", "ER_STATUS", "SAMPLE_TYPE", "GRADE")
    for patient, time, event in zip(patients, *follow_up(), strict=True):
        months = round(time / 30.4, 2)
        status = "1:Recurred" if event else "0:Not Recurred"
        alive = "1:DECEASED" if event else "0:LIVING"
        by_patient += line(patient, 1, 4.03, months, alive, status, months)
        by_sample += line(patient, patient, "Positive", "Primary", 2)
    data = "data_mrna_illumina_microarray.txt"
    z_scores = "data_mrna_illumina_microarray_zscores_ref_diploid_samples.txt"
    return {
        "meta_study.txt": f"type_of_cancer: brca\ncancer_study_identifier: {study}\n",
        "meta_clinical_patient.txt": "datatype: PATIENT_ATTRIBUTES\n",
        "data_clinical_patient.txt": by_patient,
        "data_clinical_sample.txt": by_sample,
        data.replace("data", "meta", 1): meta(study, data, "CONTINUOUS", "mRNA expression"),
        data: expression_table(values, patients),
        z_scores.replace("data", "meta", 1): meta(study, z_scores, "Z-SCORE", "z-scores"),
        z_scores: expression_table(scores.round(4), patients),
        "data_cna.txt": expression_table(scores.round(0), patients),
        "data_mutations.txt": line("Hugo_Symbol", "Tumor_Sample_Barcode"),
        "case_lists/cases_all.txt": f"cancer_study_identifier: {study}\n",
        "._data_clinical_patient.txt": "left behind by a Mac\n",
    }


def tar_gz(files, folder="brca_metabric"):
    """An archive of a folder with these files, or members made by hand."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        top = tarfile.TarInfo(folder)
        top.type = tarfile.DIRTYPE
        archive.addfile(top)
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue())
