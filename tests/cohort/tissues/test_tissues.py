"""Words for a specimen become one of six, by phrase and with negation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.cohort.tissues.tissues import TISSUES, canonical_tissue, tissue_of

PHRASES = {
    "GDC sample types": {
        "primary": (
            "Primary Tumor", "Primary solid Tumor", "Additional - New Primary", "Tumor",
            "Primary Blood Derived Cancer - Bone Marrow",
            "Primary Blood Derived Cancer - Peripheral Blood",
        ),
        "recurrent": (
            "Recurrent Tumor", "Recurrent Solid Tumor", "FFPE Recurrent",
            "Recurrent Blood Derived Cancer - Bone Marrow",
            "Recurrent Blood Derived Cancer - Peripheral Blood",
        ),
        "metastatic": ("Metastatic", "Additional Metastatic"),
        "normal": (
            "Solid Tissue Normal", "Blood Derived Normal", "Buccal Cell Normal",
            "EBV Immortalized Normal", "Bone Marrow Normal", "Lymphoid Normal",
            "Fibroblasts from Bone Marrow Normal", "Mononuclear Cells from Bone Marrow Normal",
            "Tumor Adjacent Normal - Post Neo-adjuvant Therapy", "Peritumoral", "Normal",
        ),
        "model": (
            "Cell Lines", "Next Generation Cancer Model", "Xenograft Tissue",
            "Expanded Next Generation Cancer Model", "Primary Xenograft Tissue",
            "Cell Line Derived Xenograft Tissue", "3D Organoid", "3D Neurosphere",
            "Adherent Cell Line", "2D Classical Conditionally Reprogrammed Cells",
        ),
        "unknown": (
            "Slides", "Control Analyte", "Human Tumor Original Cells", "Total RNA",
            "Blood Derived Liquid Biopsy", "Pleural Effusion", "In Situ Neoplasms",
            "Neoplasms of Uncertain and Unknown Behavior", "Not Allowed To Collect",
            "Post neo-adjuvant therapy", "Abnormal", "Premalignant", "Progression",
            "Blood Derived Cancer - Bone Marrow, Post-treatment", "Solid Tissue", "FFPE Scrolls",
            "Not Reported", "Unknown", "Not Applicable",
        ),
    },
    "codes": {
        "primary": ("01", "01A", "03", "05", "TP"),
        "recurrent": ("02", "02B", "40", "TR"),
        "metastatic": ("06", "07", "06A", "TM"),
        "normal": ("10", "11", "11A", "NT", "NB"),
        "model": ("50", "61", "85", "XP"),
        "unknown": ("08", "20", "99", "1", "2011", "stage 01", "T", "N"),
    },
    "ICGC specimen types": {
        "primary": (
            "Primary tumour - solid tissue", "Primary tumour - lymph node",
            "Primary tumour - blood derived (peripheral blood)",
            "Primary tumour - additional new primary", "Primary tumour - adjacent to normal",
        ),
        "recurrent": (
            "Recurrent tumour - other", "Locally recurrent tumour (non-metastatic)",
        ),
        "metastatic": (
            "Metastatic tumour - NOS", "Metastatic tumour - metastasis local to lymph node",
            "Metastatic tumour - metastasis to distant location",
            "Metastatic tumour of uncertain primary",
        ),
        "normal": (
            "Normal - tissue adjacent to primary", "Normal - lymph node",
            "Normal - blood derived", "Normal - EBV immortalized",
        ),
        "model": (
            "Xenograft - derived from primary tumour", "Cell line - derived from normal",
            "Cell line - derived from metastatic tumour",
        ),
        "unknown": ("Tumour - unknown if derived from primary or metastatic tumour",),
    },
    "HCMDB labels and classes": {
        "primary": (
            "primary tumor with metastasis", "primary tumor without metastasis",
            "primary tumor of breast cancer brain metastasis",
            "primary tumor of breast cancer brain,lymph node metastasis",
            "primary tumor of thyroid carcinoma  metastasis",
            "primary tumor of cervical squamous cell carcinoma and endocervical adenocarcinoma"
            " head & neck metastasis",
            "primary tumor of non-functional PanNET lymph node metastasis",
        ),
        "metastatic": (
            "Metastasis Tumor", "metastasis tumor of breast cancer lymph node metastasis",
            "metastasis tumor of cholangiocarcinoma with metastasis",
            "metastasis tumor of non-functional PanNET liver metastasis",
        ),
        "normal": ("Primary Normal", "Metastasis Normal"),
    },
    "cBioPortal sample types": {
        "primary": ("Primary", "Primary Solid Tumor", "New Primary"),
        "metastatic": ("Metastasis", "Met", "Distant Metastasis", "Lymph Node Metastasis"),
        "recurrent": ("Local Recurrence", "Recurrence", "Relapse"),
        "model": ("Xenograft", "PDX", "Organoid", "Cell line"),
        "unknown": ("cfDNA", "Primary/Metastasis", "[Not Available]", "NA", "", "nan"),
    },
    "negated phrases": {
        "normal": (
            "non-tumor liver", "Nontumor", "non-tumoral", "non-tumor part of breast",
            "non-tumor lung tissue", "Nontumor part (also called normal(N))", "peritumoral",
            "adjacent non-cancerous", "paracancerous tissue", "tumor-free margin",
            "tumour free breast tissue", "no tumor", "breast tissue without tumor",
            "adjacent normal", "normal adjacent tissue", "tumor-adjacent tissue",
            "uninvolved breast", "unaffected breast", "NAT", "EPI_ADJ_PCA",
            "frozen tissue of adjacent normal", "Normal non-cancerous tissue",
            "Biopsy of cirrhotic non-malignant tissue", "benign breast tissue",
            "cancer-free breast", "tumor-distant", "paracarcinoma tissue", "Para-carcinoma",
            "pericarcinomatous tissue", "tumor-surrounding tissue", "tissue surrounding tumor",
            "surrounding tissue", "5 cm from tumor", "tissue >2cm away from the tumour",
            "far from tumor", "distal to tumor", "1 cm from the edge of the primary tumor",
            "tumor negative", "tumor: no", "tumor: negative", "Tumour absent", "isn't cancer",
            "isn\u2019t cancer", "tumor not detected", "breast reduction", "normal breast tissue adjacent to invasive carcinoma",
        ),
    },
    "a tumour whose normal tissue, margins or treatment are spoken of": {
        "primary": (
            "Tumor tissue (adjacent normal available)", "tumor, normal tissue also collected",
            "tumor without adjacent normal tissue", "tumor with no adjacent normal",
            "tumor, matched normal not available", "primary tumor; no cancer in family",
            "breast cancer, no family history of breast cancer", "tumor free of treatment",
            "tumor, no prior malignancy", "tumor with negative margins", "tumor, ER negative",
            "HER2-negative breast cancer", "tumor negative for HER2", "tumor no treatment",
            "tumor of the distal esophagus", "Tumor 0",
        ),
        "unknown": (
            "tumor margin", "tumor with surrounding stroma", "tumor and surrounding tissue",
            "tumor (with adjacent tissue)", "phyllodes tumor", "Phyllodes Tumor(PT)",
            "not normal", "metastasis, no primary tumor",
        ),
        "normal": ("tumor-adjacent normal tissue also collected", "normal tissue collected"),
    },
    "course of the disease": {
        "primary": (
            "non-metastatic primary tumor", "Non-metastatic primary", "Metastatic primary",
            "primary tumor, relapsed patient", "primary tumor, relapse-free patient",
            "primary, metastatic later", "primary tumor of metastatic patient",
            "Primary (metastasis present)", "primary tumour, M0", "primary tumor, no recurrence",
            "node-negative primary breast cancer", "lymph node negative breast tumor",
            "breast cancer, no lymph node metastasis", "tumor of a disease-free patient",
            "Breast_primary_tumor_from_a_patient_with_an_associated_brain_metastases",
        ),
        "recurrent": ("Non-metastatic local recurrence", "recurrence of primary tumor"),
        "metastatic": (
            "brain metastasis of primary breast cancer", "lymph node with metastasis",
            "distant recurrence",
        ),
        "unknown": (
            "no metastasis", "metastasis-free", "relapse-free", "non-recurrent", "M0",
            "node-negative", "metastasis: yes", "patient with metastasis", "metastatic patient",
            "breast cancer with brain metastasis", "risk of relapse", "late relapse",
            "cancer of unknown primary", "breast cancer patient", "highly metastatic",
        ),
    },
    "GEO characteristics and source names": {
        "primary": (
            "breast tumor", "breast cancer", "breast cancer tumor", "tumour biopsy",
            "invasive ductal carcinoma", "Infiltrating Ductal Carcinoma (IDC)", "Breast_Tumor",
            "frozen tissue of primary tumor", "Breast_Tumor,_with_paired_metastasis_sample",
            "tumor with matched normal", "primary breast tumour", "PRIMARY BREAST TUMORS",
            "hepatocellular carcinoma tumor", "normal-like breast cancer", "primary site: primary",
            "breast tumor, hormone receptor normal", "malignant phyllodes tumor", "TNBC",
        ),
        "metastatic": (
            "metastatic lymph node", "liver met", "brain mets", "metastases",
            "Breast_Tumor_lymph_node_metastasis", "Breast_tumor_metastasis_to_brain",
            "Autopsy_patient_#4_lung_metastasis_from_breast_foci_A",
        ),
        "recurrent": ("recurrent tumor", "Breast_Tumor_recurrence", "chest wall recurrence"),
        "normal": (
            "normal breast", "healthy control", "reduction mammoplasty", "whole blood", "PBMC",
            "peripheral blood of metastatic breast cancer patients",
            "normal breast from breast cancer patient",
        ),
        "model": (
            "Breast Cancer Cell Line", "MCF-7 cells", "PDX", "patient-derived xenograft",
            "primary culture", "primary human mammary epithelial cells", "tumor organoid",
        ),
        "unknown": (
            "breast", "breast tissue", "core biopsy", "DCIS", "Intraductal Carcinoma (IC)",
            "normal-like", "plasma", "pleural effusion", "tumor and adjacent normal",
            "tumor/normal", "tumor vs. normal", "Tumor-normal pair", "primary and metastatic tumor", "lymph node", "lymph node tumor",
            "tumor stroma", "circulating tumor cells", "fibroadenoma", "benign tumor",
            "tumor-infiltrating lymphocytes", "Metaplastic", "metabolic", "abnormal",
            "recurrent metastatic tumor",
        ),
    },
}  # fmt: skip
CASES = [
    pytest.param(phrase, tissue, id=f"{phrase or 'blank'} is {tissue}")
    for groups in PHRASES.values()
    for tissue, phrases in groups.items()
    for phrase in phrases
]


@pytest.mark.parametrize(("phrase", "tissue"), CASES)
def test_a_phrase_names_the_specimen(phrase, tissue):
    assert canonical_tissue(phrase) == tissue


@given(st.sampled_from([case.values for case in CASES]), st.randoms(use_true_random=False))
def test_case_spaces_and_hyphens_change_nothing(case, random):
    phrase, tissue = case
    written = "".join(
        random.choice([" ", "  ", "-", "\u2013", "_", "\u00a0"]) if letter == " " else letter
        for letter in phrase.replace(" - ", " ").replace("-", random.choice("- \u2010_"))
    )
    written = random.choice([str.lower, str.upper, str.title, str])(written)
    assert canonical_tissue(f"  {written}\u00a0") == tissue


def test_every_answer_is_one_of_six():
    assert TISSUES == ("primary", "recurrent", "metastatic", "normal", "model", "unknown")
    assert {case.values[1] for case in CASES} == set(TISSUES)
    assert [canonical_tissue(tissue) for tissue in TISSUES] == list(TISSUES)


@pytest.mark.parametrize(
    ("statements", "tissue"),
    [
        (("breast", "non-tumor part"), "normal"),
        (("primary tumor", "non-tumor part"), "normal"),
        (("cell line", "breast tumor"), "model"),
        (("breast tumor", "MCF-7 cells"), "model"),
        (("breast tumor", "lymph node metastasis"), "metastatic"),
        (("Tumor", "Metastatic"), "metastatic"),
        (("Tumor", "Recurrence"), "recurrent"),
        (("Tumor", "Not Reported"), "primary"),
        (("Tumor", "Premalignant"), "unknown"),
        (("Normal", "Not Applicable"), "normal"),
        (("breast cancer", "peripheral blood mononuclear cells (PBMC)"), "normal"),
        (("primary tumor", "Intraductal Carcinoma (IC)"), "primary"),
        (("primary tumor", "liver metastasis"), "primary"),
        (("recurrent tumor", "Infiltrating Ductal Carcinoma (IDC)"), "recurrent"),
        (("breast tissue", "NA", None), "unknown"),
        ((), "unknown"),
    ],
)
def test_of_several_statements_the_one_that_says_most_is_believed(statements, tissue):
    assert tissue_of(statements) == tissue
