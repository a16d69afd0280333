# Values of ipcw.json and competing.json, by survival 3.5-3 and riskRegression 2022.11.28 in R
# 4.2.2. The frozen scores and risks of ipcw.json are inputs; run it in this folder:
# Rscript at_horizon.R
suppressMessages({library(survival); library(riskRegression); library(jsonlite)})

score <- function(data, horizon) {
  found <- Score(list(model = data$risk), formula = Hist(time, event) ~ 1, data = data,
                 cause = 1, times = horizon, metrics = c("auc", "brier"), cens.model = "km",
                 null.model = TRUE, conf.int = FALSE)
  brier <- found$Brier$score
  list(auc = found$AUC$score$AUC[1], brier = brier$Brier[brier$model == "model"],
       null_brier = brier$Brier[brier$model == "Null model"])
}
uno <- function(data, tau) {
  found <- concordance(Surv(time, event) ~ score, data, reverse = TRUE, timewt = "n/G2",
                       ymax = tau)
  list(uno_c = unname(found$concordance), uno_error = sqrt(found$var))
}
harrell <- function(data) {
  # Who had the competing event is followed for ever.
  data$time[data$event == 2] <- 1e6
  found <- concordance(Surv(time, event == 1) ~ score, data, reverse = TRUE)
  list(harrell_c = unname(found$concordance), harrell_error = sqrt(found$var))
}

for (name in names(cohorts <- read_json("ipcw.json", simplifyVector = TRUE)$cohorts)) {
  cohort <- cohorts[[name]]
  data <- data.frame(time = cohort$times, event = cohort$events, score = cohort$scores,
                     risk = cohort$risks)
  cat(name, toJSON(c(score(data, cohort$horizon), uno(data, cohort$horizon), harrell(data)),
                   digits = 12, auto_unbox = TRUE), "\n")
}

# Times in whole months, so that events are tied to events, to censorings and to deaths.
set.seed(20)
n <- 150
x <- round(rnorm(n), 1)
event <- rexp(n) * exp(-x) * 40
death <- rexp(n) * 90
censoring <- runif(n, 3, 70)
time <- ceiling(pmin(event, death, censoring))
kind <- ifelse(censoring < pmin(event, death), 0, ifelse(event < death, 1, 2))
data <- data.frame(time, event = kind, score = x, risk = round(1 - exp(-exp(x) * 0.4), 3))
curve <- survfit(Surv(time, factor(event, 0:2)) ~ 1, data)
at <- summary(curve, times = 24)
alone <- transform(data, event = as.integer(event == 1))
write(toJSON(list(
  source = "at_horizon.R: invented patients with tied times and a competing event; alone: with the competing event as a censoring",
  horizon = 24, times = data$time, events = data$event, scores = data$score, risks = data$risk,
  competing = c(score(data, 24), harrell(data), list(observed = at$pstate[, 2])),
  alone = c(score(alone, 24), harrell(alone), uno(alone, 24),
            list(observed = 1 - summary(survfit(Surv(time, event) ~ 1, alone), times = 24)$surv))
), digits = 12, auto_unbox = TRUE), "competing.json")

# The seven patients of a well-known case, and twelve more who are followed far beyond.
seven <- data.frame(time = c(11, 11, 26, 89, 128, 299, 300, rep(999, 12)),
                    event = c(1, 0, 0, 1, 0, 1, 0, rep(0, 12)),
                    score = c(-0.02, 1.20, -0.56, -1.33, -0.81, 1.02, -1.29, rep(-9, 12)))
cat("seven alone", format(uno(seven[1:7, ], 299)$uno_c, digits = 12), "with twelve",
    format(uno(seven, 299)$uno_c, digits = 12), "\n")
