# lavaan's results for options of structural models: ordered items with weights and incomplete answers, covariates as
# random or fixed, a phantom wave, parameter tables with covariates. Run here: Rscript options.R
suppressMessages({library(lavaan); library(jsonlite)})
d <- read.csv("options_ordered.csv"); p <- read.csv("options_panel.csv")
items <- c(paste0("a", 1:4), paste0("b", 1:3))
out <- list()
keep <- c("lhs", "op", "rhs", "group", "label", "est", "se", "std.all")
tab <- function(f) {
  params <- parameterEstimates(f, standardized = TRUE)
  list(params = params[intersect(keep, names(params))], fit = as.list(fitMeasures(f)), n = lavInspect(f, "ntotal"))
}
ordered <- function(name, ...) {
  f <- cfa("f =~ a1+a2+a3+a4\n h =~ b1+b2+b3", d, ordered = items, estimator = "WLSMV", ...)
  out[[name]] <<- tab(f)
  f
}
ordered("listwise")
ordered("pairwise", missing = "pairwise")
ordered("unit_factors", std.lv = TRUE, missing = "pairwise")
ordered("weights", missing = "pairwise", sampling.weights = "w")
ordered("weights_groups", missing = "pairwise", sampling.weights = "w", group = "g", group.equal = "loadings")
one <- ordered("groups", missing = "pairwise", group = "g")
two <- ordered("groups_loadings", missing = "pairwise", group = "g", group.equal = "loadings")
out$difference <- as.list(lavTestLRT(one, two)[2, c("Chisq diff", "Df diff", "Pr(>Chisq)")])

lagged <- function(asked = TRUE, more = "") paste0("
RIx =~ 1*x1+1*x2+1*x3+1*x4\nRIy =~ 1*y1", if (asked) "+1*y2", "+1*y3+1*y4
wx1=~1*x1\nwx2=~1*x2\nwx3=~1*x3\nwx4=~1*x4
wy1=~1*y1\nwy2=~", if (asked) "1*y2" else "0*y1", "\nwy3=~1*y3\nwy4=~1*y4
wx2~a*wx1+b*wy1\nwx3~a*wx2+b*wy2\nwx4~a*wx3+b*wy3
wy2~c*wx1+e*wy1\nwy3~c*wx2+e*wy2\nwy4~c*wx3+e*wy3
RIx~~RIx\nRIy~~RIy\nRIx~~RIy
wx1~~wx1+wy1\nwy1~~wy1\nwx2~~wx2+", if (asked) "wy2\nwy2~~wy2" else "q*wy2\nwy2~~u*wy2", "
wx3~~wx3+", if (!asked) "q*", "wy3\nwy3~~", if (!asked) "u*", "wy3\nwx4~~wx4+wy4\nwy4~~wy4
x1~1\nx2~1\nx3~1\nx4~1\ny1~1\n", if (asked) "y2~1\n", "y3~1\ny4~1
x1~~0*x1\nx2~~0*x2\nx3~~0*x3\nx4~~0*x4\ny1~~0*y1\n", if (asked) "y2~~0*y2\n", "y3~~0*y3\ny4~~0*y4
", more)
fit <- function(syntax, ...) {
  lavaan(syntax, p, missing = "ml", optim.force.converged = TRUE, control = list(rel.tol = 1e-12, iter.max = 5000), ...)
}
waves <- "x1~tx*z1\nx2~tx*z2\nx3~tx*z3\nx4~tx*z4\ny1~ty*z1\ny2~ty*z2\ny3~ty*z3\ny4~ty*z4"
moments <- "\nz1~~z1+z2+z3+z4\nz2~~z2+z3+z4\nz3~~z3+z4\nz4~~z4\nz1~1\nz2~1\nz3~1\nz4~1"
for (how in c("ML", "MLR")) {
  out[[paste0("varying_", how)]] <- tab(fit(lagged(more = paste0(waves, moments)), fixed.x = FALSE, estimator = how))
  out[[paste0("constant_", how)]] <- tab(fit(lagged(more = "RIx~v\nRIy~v\nv~~v\nv~1"), fixed.x = FALSE, estimator = how))
  out[[paste0("fixed_", how)]] <- tab(fit(lagged(more = waves), fixed.x = TRUE, estimator = how))
}
out$phantom <- tab(fit(lagged(FALSE)))
p$g <- rep(1:2, length.out = nrow(p))
for (name in c("table", "table_groups")) {
  f <- if (name == "table") sem("f =~ x1+x2+x3+x4\nf ~ v + z1", p, missing = "ml") else
    sem("f =~ x1+x2+x3+x4\nf ~ v + z1", p, missing = "ml", group = "g", group.equal = "loadings")
  out[[name]] <- c(tab(f), list(partable = parTable(f)))
}
write(toJSON(out, auto_unbox = TRUE, digits = 10, na = "null"), "options.json")
