# Reference values of lasso.json: glmnet 4.1-6 on invented data with ties, which the test
# makes of the same formulas. glmnet divides penalty factors by their mean. `gse25055` is of
# the genes of ridge.R, with alpha = 1 and lambda = 0.04.
suppressMessages({library(survival); library(glmnet); library(jsonlite)})
n <- 60; p <- 12
X <- outer(1:n, 1:p, function(i, j) sin(i * j * 0.7 + j^2) + cos(i * (j + 1) * 1.3) / 2)
X <- scale(X, scale = FALSE)
X <- X / rep(sqrt(colMeans(X^2)), each = n)
t <- ceiling(-log(((1:n) * 37) %% 61 / 61) / exp(0.8 * X[, 1] - 0.7 * X[, 2] + 0.4 * X[, 3]) * 4)
e <- as.integer(((1:n) * 23) %% 7 > 2)
S <- Surv(t, e)
fit <- function(...) glmnet(X, S, family = "cox", standardize = FALSE, maxit = 1e8, ...)
coefficients <- function(...) as.numeric(coef(fit(thresh = 1e-24, ...)))
free <- c(rep(1, p - 2), 0, 0)
default <- fit(thresh = 1e-16)
penalties <- exp(seq(log(.35), log(.01), length.out = 20))
cv <- cv.glmnet(X, S, family = "cox", standardize = FALSE, lambda = penalties,
  foldid = (1:n) %% 5 + 1, grouped = TRUE, thresh = 1e-20, maxit = 1e8)
write(toJSON(list(
  elastic_net = coefficients(alpha = .5, lambda = .1),
  lasso_beside_columns = coefficients(lambda = .1 * (p - 2) / p, penalty.factor = free),
  elastic_net_beside_columns = coefficients(alpha = .5, lambda = .1 * (p - 2) / p, penalty.factor = free),
  default_penalties = default$lambda, default_explained = default$dev.ratio,
  losses = cv$cvm, standard_errors = cv$cvsd,
  minimum = match(cv$lambda.min, cv$lambda) - 1, one_standard_error = match(cv$lambda.1se, cv$lambda) - 1),
  digits = 12, auto_unbox = TRUE, pretty = FALSE), "lasso.json")
