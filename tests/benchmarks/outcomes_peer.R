# The peers of outcomes_speed.py in R: seconds of each fit (the mean of ten after the first) on the panel whose path is given.
suppressMessages({library(MASS); library(survival); library(nnet); library(geepack); library(quantreg); library(sandwich); library(survey)})
d <- read.csv(commandArgs(TRUE)[1]); d$o <- factor(d$answer); d$v <- factor(d$vote)
took <- function(name, expr, runs = 10) {
  call <- substitute(expr)
  once <- function() suppressWarnings(eval(call, globalenv()))
  once()
  cat(name, sum(system.time(for (i in seq_len(runs)) once())[1:2]) / runs, "\n")
}
took("ordered_logit", { f <- polr(o ~ x + z + age, d, Hess = TRUE); vcov(f) })
took("multinomial_logit", { f <- multinom(v ~ x + z + age, d, trace = FALSE); vcov(f) })
took("conditional_logit", clogit(helped ~ x + z + strata(person_id), d))
took("poisson", { f <- glm(times ~ x + z + age, poisson, d); vcovCL(f, cluster = d$person_id) })
took("negative_binomial", { f <- glm.nb(times ~ x + z + age, d); vcovCL(f, cluster = d$person_id) })
took("gee", geeglm(helped ~ x + z + age, id = person_id, waves = wave, data = d, family = binomial, corstr = "ar1"))
took("quantile_regression", { f <- rq(hours ~ x + z + age, .5, d); summary(f, se = "ker") })
took("design_ordered", svyolr(o ~ x + z + age, svydesign(ids = ~person_id, weights = ~weight, data = d)))
