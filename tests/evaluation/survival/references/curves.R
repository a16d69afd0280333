# Reference values of curves.json: R 4.2.2, survival 3.5-3. In this folder: Rscript curves.R
suppressMessages({library(survival); library(jsonlite)})
d <- read.csv("curves.csv")

km <- survfit(Surv(time, event == 1) ~ 1, d)
median <- unname(quantile(km, 0.5)$quantile)
# Events come before censorings at tied times, of which survfit does not know when censoring is the event.
later <- d$time + ifelse(d$event == 0, 1e-6, 0)
reverse <- survfit(Surv(later, event == 0) ~ 1, d)
follow_up <- quantile(reverse, 0.5)

# Censoring that depends on columns: the probability of being uncensored just before each patient's time.
d$high <- as.numeric(d$group == "high"); d$in_b <- as.numeric(d$stratum == "b")
cox <- coxph(Surv(later, event == 0) ~ high + in_b, d, ties = "breslow")
baseline <- basehaz(cox, centered = FALSE)
hazard <- c(0, baseline$hazard)[findInterval(d$time, baseline$time, left.open = TRUE) + 1]
uncensored_cox <- exp(-hazard * exp(cox$coef[1] * d$high + cox$coef[2] * d$in_b))

aj <- survfit(Surv(time, factor(event, 0:2)) ~ 1, d)
by_group <- summary(survfit(Surv(time, factor(event, 0:2)) ~ group, d), times = 12)

test <- survdiff(Surv(time, event == 1) ~ group, d)
stratified <- survdiff(Surv(time, event == 1) ~ group + strata(stratum), d)
log_rank <- function(test) list(
  statistic = test$chisq, expected = if (is.matrix(test$exp)) rowSums(test$exp) else test$exp)

write(toJSON(list(
  source = "curves.R with survival 3.5-3 in R 4.2.2, of the invented patients in curves.csv",
  kaplan_meier = list(time = km$time, at_risk = km$n.risk, events = km$n.event,
    survival = km$surv, ci_low = km$lower, ci_high = km$upper),
  median = c(quantile(km, 0.5)$quantile, quantile(km, 0.5)$lower, quantile(km, 0.5)$upper),
  median_follow_up = c(follow_up$quantile, follow_up$lower, follow_up$upper),
  uncensored = list(time = reverse$time, probability = reverse$surv),
  cox = list(coefficients = unname(cox$coef), uncensored = uncensored_cox),
  cumulative_incidence = list(time = aj$time, risk = aj$pstate[, 2],
    ci_low = aj$lower[, 2], ci_high = aj$upper[, 2]),
  at_12 = list(risk = by_group$pstate[, 2], ci_low = by_group$lower[, 2],
    ci_high = by_group$upper[, 2]),
  log_rank = log_rank(test), stratified = log_rank(stratified)),
  digits = 14, auto_unbox = TRUE, na = "null"), "curves.json")
