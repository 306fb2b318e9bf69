# Variance between areas' changes by REML, of all areas and without each, with metafor. Writes reference.json.
suppressMessages(library(metafor)); library(jsonlite)
set.seed(20240612)
exact <- list(threshold = 1e-15, maxiter = 100000, stepadj = .5)
one <- function(y, v, ...) { f <- rma(y, v, method = "REML", control = exact, ...); list(tau2 = f$tau2, tau2_error = f$se.tau2, common = as.numeric(f$b), common_error = f$se) }
out <- lapply(list(small = c(9, .3), none = c(9, 0), many = c(25, 1.2)), function(s) {
  v <- round(.05 + rchisq(s[1], 4) / 10, 6); y <- round(rnorm(s[1], -1, sqrt(s[2] + v)), 6)
  list(changes = y, variances = v, all = one(y, v), without = lapply(seq_along(y), function(i) one(y[-i], v[-i])))
})
write(toJSON(out, digits = NA, auto_unbox = TRUE), "reference.json")
