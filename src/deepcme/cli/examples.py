"""An example for each help page, in the order of work: each goes on from those before it."""

from __future__ import annotations

EXAMPLES = {
    "fetch": "deepcme fetch geo GSE7390",
    "fetch geo": "deepcme fetch geo GSE7390",
    "fetch gdc": "deepcme fetch gdc TCGA-BRCA",
    "fetch xena": "deepcme fetch xena TCGA-BRCA -o xena-brca",
    "fetch cbioportal": "deepcme fetch cbioportal brca_metabric",
    "prepare": (
        "deepcme prepare table --expression expression.csv --samples patients.csv \\\n"
        "    --label metastasis -o cohort.h5ad"
    ),
    "prepare table": (
        "deepcme prepare table --expression expression.csv --samples patients.csv \\\n"
        "    --label metastasis --patient patient -o cohort.h5ad"
    ),
    "prepare geo": (
        "deepcme prepare geo GSE7390/GSE7390_series_matrix.txt.gz \\\n"
        "    --platform-table GSE7390/GPL96.annot.gz --label e.tdm -o gse7390.h5ad"
    ),
    "prepare gdc": "deepcme prepare gdc TCGA-BRCA --label pathologic-m1 -o tcga.h5ad",
    "prepare xena": (
        "deepcme prepare xena xena-brca/TCGA-BRCA.star_fpkm.tsv.gz \\\n"
        "    --clinical-table xena-brca/TCGA-BRCA.survival.tsv.gz \\\n"
        "    --time OS.time --event OS --time-unit days -o xena.h5ad"
    ),
    "prepare cbioportal": (
        "deepcme prepare cbioportal \\\n"
        "    brca_metabric/data_mrna_illumina_microarray.txt \\\n"
        "    --clinical-table brca_metabric/data_clinical_patient.txt \\\n"
        "    --time RFS_MONTHS --event RFS_STATUS --horizon 60 -o metabric.h5ad"
    ),
    "prepare archs4": (
        "deepcme prepare archs4 human_gene_v2.5.h5 --series GSE1234 --label relapse \\\n"
        "    -o archs4.h5ad"
    ),
    "prepare merge": "deepcme prepare merge cohort.h5ad new.h5ad -o both.h5ad",
    "genes": "deepcme genes map tcga.h5ad --to symbol -o by-symbol.h5ad",
    "genes map": "deepcme genes map tcga.h5ad --to symbol -o by-symbol.h5ad",
    "audit": "deepcme audit cohort.h5ad",
    "init": "deepcme init cohort.h5ad -o study.toml",
    "run": (
        "deepcme run cohort.h5ad --quick -o try-out\n"
        "deepcme run study.toml --models LR-tuned,RF --clinical age,grade \\\n"
        "    -o results/with-clinic"
    ),
    "report": ("deepcme report try-out\ndeepcme report try-out --figures journal"),
    "compare": "deepcme compare try-out results/with-clinic -o compared.html",
    "panel": "deepcme panel cohort.h5ad --ranker l1-logistic -o panel",
    "checklist": "deepcme checklist try-out -o checklist.md",
    "signatures": "deepcme signatures score cohort.h5ad --signature ggi -o scores.csv",
    "signatures list": "deepcme signatures list",
    "signatures score": ("deepcme signatures score cohort.h5ad --signature ggi -o scores.csv"),
    "train": (
        "deepcme train cohort.h5ad -o model\n"
        "deepcme train cohort.h5ad --panel 20 -o panel-model"
    ),
    "predict": "deepcme predict model new.h5ad -o predictions.csv",
    "validate": "deepcme validate model new.h5ad -o validation",
    "card": "deepcme card model -o card.html --validation validation",
    "transfer": "deepcme transfer cohort.h5ad new.h5ad -o transfer",
    "export": "deepcme export panel-model -o panel.md",
    "serve": "deepcme serve model",
    "power": "deepcme power cohort.h5ad -o power.csv",
    "simulate": ("deepcme simulate --samples 300 --genes 2000 --events 100 -o simulated.h5ad"),
    "explain": "deepcme explain DCM005",
    "doctor": "deepcme doctor",
}
"""By what is written after `deepcme`."""

WHOLE = """\
deepcme prepare table --expression expression.csv --samples patients.csv \\
    --label metastasis -o cohort.h5ad
deepcme audit cohort.h5ad
deepcme run cohort.h5ad --quick -o try-out"""
"""That of `deepcme` itself."""
