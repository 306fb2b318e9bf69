# lavaan taken to the top: the eight models that ELSOC researchers stored, two Newton steps on from where its search stops.
# Usage: Rscript elsoc.R WIDE.csv (x1 … x5, y1 … y5, one row per person); writes elsoc.json: numbers only, no answers.
suppressMessages({library(lavaan); library(jsonlite)}); W <- 5
d <- read.csv(commandArgs(TRUE)[1]); q <- function(e) suppressWarnings(suppressMessages(e))
model <- function(k) { l <- function(a, t) if (substr(k, 2, 2) == "1") "" else paste0(a, "*"); cross <- switch(substr(k, 1, 1), a = "", b = "y", c = "x", d = "xy")
  s <- c(paste0("RI", c("x", "y"), " =~ ", sapply(c("x", "y"), function(v) paste0("1*", v, 1:W, collapse = " + "))), paste0("w", rep(c("x", "y"), each = W), 1:W, " =~ 1*", rep(c("x", "y"), each = W), 1:W), "RIx ~~ RIx + RIy", "RIy ~~ RIy")
  for (t in 2:W) { u <- t - 1
    s <- c(s, paste0("wx", t, " ~ ", l("a", t), "wx", u, if (grepl("x", cross)) paste0(" + ", l("b", t), "wy", u)), paste0("wy", t, " ~ ", l("c", t), "wy", u, if (grepl("y", cross)) paste0(" + ", l("d", t), "wx", u))) }
  paste(c(s, paste0("wx", 1:W, " ~~ wx", 1:W, " + wy", 1:W), paste0("wy", 1:W, " ~~ wy", 1:W)), collapse = "\n") }
fit <- function(k, ...) q(lavaan(model(k), d, missing = "fiml", estimator = "MLR", meanstructure = TRUE, int.ov.free = TRUE, ...))
slope <- function(f) max(abs(reduced(f, lavInspect(f, "gradient"))))
reduced <- function(f, g) if (f@Model@eq.constraints) as.vector(t(f@Model@eq.constraints.K) %*% g) else as.vector(g)
# one Newton step by lavaan's own gradient and Hessian, from where it stands
newton <- function(f, k) { K <- if (f@Model@eq.constraints) f@Model@eq.constraints.K else diag(length(coef(f))); H <- t(K) %*% lavInspect(f, "hessian") %*% K
  p <- parTable(f); x <- coef(f, type = "free") - as.vector(K %*% solve(H, reduced(f, lavInspect(f, "gradient")))); at <- which(p$free > 0); p$est[at] <- x[p$free[at]]; p$start[at] <- x[p$free[at]]; p$ustart[at] <- x[p$free[at]]
  fit(k, start = p, optim.method = "none", optim.force.converged = TRUE, em.h1.tol = 1e-9, em.h1.iter.max = 5000) }
R <- lapply(setNames(nm = c("a1", "a2", "b1", "b2", "c1", "c2", "d1", "d2")), function(k) { f <- fit(k); h <- newton(newton(f, k), k)
  p <- parameterEstimates(h, standardized = TRUE, remove.eq = FALSE); p <- p[p$op != "==", ]
  list(gradient = c(slope(f), slope(h)), logl = c(fitMeasures(f, "logl"), fitMeasures(h, "logl")), params = p[, c("lhs", "op", "rhs", "est", "se", "std.all")], fit = as.list(unclass(q(fitMeasures(h))))) })
writeLines(toJSON(R, auto_unbox = TRUE, digits = NA, na = "null"), "elsoc.json")
