# Reference values of cox.json: R 4.2.2, survival 3.5-3. In this folder: Rscript cox.R
suppressMessages({library(survival); library(jsonlite)})
d <- read.csv("cox.csv")
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 100)
surv <- with(d, Surv(time, event))

values <- function(fit) list(coefficients = unname(coef(fit)), covariance = unname(vcov(fit)),
  log_likelihood = fit$loglik[2], null_log_likelihood = fit$loglik[1])
d$one <- 1
cox <- function(ties, of = "one") coxph(surv ~ age + marker, d, ties = ties, control = tight,
  weights = d[[of]])

check <- function(fit) {
  zph <- cox.zph(fit)
  list(chi2 = unname(zph$table[, "chisq"]), p_value = unname(zph$table[, "p"]),
    scaled = unname(zph$y))
}
baseline <- function(fit) {
  b <- basehaz(fit, newdata = data.frame(age = 0, marker = 0))
  b <- b[b$time %in% d$time[d$event == 1], ]
  list(time = b$time, hazard = b$hazard)
}
added <- function(whole, without) list(statistic = 2 * (whole$loglik[2] - without$loglik[2]),
  coefficient = unname(tail(coef(whole), 1)))
screen <- sapply(c("age", "marker"), function(x) coxph(surv ~ d[[x]], control = tight)$score)

write(toJSON(list(
  source = "cox.R with survival 3.5-3 in R 4.2.2, of the invented patients in cox.csv",
  efron = values(cox("efron")), breslow = values(cox("breslow")),
  weighted_efron = values(cox("efron", of = "weight")),
  weighted_breslow = values(cox("breslow", of = "weight")),
  stratified = values(coxph(surv ~ age + marker + strata(stratum), d, control = tight)),
  offset = values(coxph(surv ~ marker + offset(age / 2), d, control = tight)),
  baseline_efron = baseline(cox("efron")), baseline_breslow = baseline(cox("breslow")),
  proportional_efron = check(cox("efron")), proportional_breslow = check(cox("breslow")),
  score_tests = unname(screen),
  added_marker = added(cox("efron"), coxph(surv ~ age, d, control = tight)),
  added_marker_stratified = added(coxph(surv ~ age + marker + strata(stratum), d, control = tight),
    coxph(surv ~ age + strata(stratum), d, control = tight))),
  digits = 14, auto_unbox = TRUE), "cox.json")
