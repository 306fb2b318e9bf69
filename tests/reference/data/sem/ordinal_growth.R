# lavaan's growth of an ordered question, thresholds equal over waves. Usage: Rscript ordinal_growth.R (in this folder)
suppressWarnings(suppressMessages({library(lavaan); library(jsonlite)})); set.seed(21); N <- 900; t <- c(0, 1, 2, 3.5)
F <- MASS::mvrnorm(N, c(0, .25), matrix(c(.6, .05, .05, .08), 2)); d <- data.frame(id = 1:N)
for (k in 1:4) d[[paste0("u", k)]] <- as.integer(cut(F[, 1] + t[k] * F[, 2] + rnorm(N, 0, .6), c(-Inf, -.7, .1, .9, Inf)))
d <- d[-1]; set.seed(22); for (v in names(d)) d[[v]][runif(N) < .08] <- NA
write.csv(d, "ordinal_growth.csv", row.names = FALSE, na = ""); d <- read.csv("ordinal_growth.csv")
model <- function(extra = NULL) c("i =~ 1*u1 + 1*u2 + 1*u3 + 1*u4", "s =~ 0*u1 + 1*u2 + 2*u3 + 3.5*u4", "i ~~ i + s", "s ~~ s", "i ~ 0*1", "s ~ 1",
  paste0("u", 1:4, " | a*t1 + b*t2 + c*t3"), "u1 ~*~ 1*u1", paste0("u", 2:4, " ~*~ NA*u", 2:4), paste0("u", 1:4, " ~ 0*1"), extra)
pick <- function(f) { p <- parameterEstimates(f, standardized = TRUE, remove.eq = FALSE); p <- p[p$op != "==", ]
  list(fit = as.list(unclass(fitMeasures(f))), params = p[, intersect(c("lhs", "op", "rhs", "est", "se", "std.all"), names(p))]) }
fit <- function(...) suppressWarnings(lavaan(model(), d, ordered = paste0("u", 1:4), estimator = "WLSMV", parameterization = "delta", ...))
writeLines(toJSON(list(pairwise = pick(fit(missing = "pairwise")), listwise = pick(fit())), auto_unbox = TRUE, digits = NA, na = "null"), "ordinal_growth.json")
