# lavaan's theta parameterisation of ordered items. Usage: Rscript theta.R (in this folder); reads ordered.csv.
suppressWarnings(suppressMessages({library(lavaan); library(jsonlite)})); d <- read.csv("ordered.csv")
m1 <- "F =~ q11 + q12 + q13 + q14"; m2 <- "F1 =~ q11 + q12 + q13 + q14\nF2 =~ q21 + q22 + q23 + q24\nq11 ~~ q21"
fit <- function(m, ...) suppressWarnings(cfa(m, d, ordered = names(d)[-1], estimator = "WLSMV", parameterization = "theta", ...))
pick <- function(f) { p <- parameterEstimates(f, standardized = TRUE, remove.eq = FALSE); p <- p[p$op != "==", ]
  list(fit = as.list(unclass(fitMeasures(f))), params = p[, intersect(c("lhs", "op", "rhs", "group", "est", "se", "std.all"), names(p))]) }
R <- list(one = pick(fit(m1)), two = pick(fit(m2)), unit = pick(fit(m1, std.lv = TRUE)), groups = pick(fit(m1, group = "group")),
  equal = pick(fit(m1, group = "group", group.equal = c("loadings", "thresholds"))))
writeLines(toJSON(R, auto_unbox = TRUE, digits = NA, na = "null"), "theta.json")
