# Reference values of ridge.json: glmnet 4.1-6. x is the expression of GSE25055 in the real
# cohort breast_dmfs_gse25055_gse16446: its first 40 columns, standardised with divisor n.
suppressMessages({library(survival); library(glmnet); library(jsonlite)})
d <- read.csv("cox.csv") # t, e, then the genes
fit <- glmnet(as.matrix(d[, -(1:2)]), Surv(d$t, d$e), family = "cox", alpha = 0, lambda = 0.1,
  standardize = FALSE, thresh = 1e-16, maxit = 1e7)
write(toJSON(list(penalty = 0.1, coefficients = as.numeric(coef(fit))), digits = 14,
  auto_unbox = TRUE), "ridge.json")
