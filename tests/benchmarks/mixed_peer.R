# lmer and glmer on the files that mixed_speed.py writes, each timed by itself: Rscript mixed_peer.R FOLDER
suppressMessages({library(lme4); library(jsonlite)})
folder <- commandArgs(TRUE)[1]; out <- list()
clock <- function(expr) { t <- system.time(v <- expr, gcFirst = TRUE); list(seconds = t[["user.self"]] + t[["sys.self"]], logl = as.numeric(logLik(v))) }
d <- read.csv(file.path(folder, "panel.csv"))
out$slope <- clock(lmer(y ~ x + xb + wave + age + (1 + x | id), d))
out$areas <- clock(lmer(y3 ~ x + xb + wave + age + (1 + x | id) + (1 | area), d))
out$movers <- clock(lmer(y3 ~ x + xb + wave + age + (1 + x | id) + (1 | place), d))
s <- d[d$id < 1000, ]
out$laplace <- clock(glmer(z ~ x + xb + (1 | id), s, binomial))
out$quadrature <- clock(glmer(z ~ x + xb + (1 | id), s, binomial, nAGQ = 9))
out$logit_areas <- clock(glmer(z ~ x + xb + (1 | id) + (1 | area), s, binomial))
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA), file.path(folder, "peer.json"))
