# Invariance of ordered items in lavaan, level by level (Wu & Estabrook 2016): Rscript ordered.R; writes ordered.csv and .json
suppressWarnings(suppressMessages({library(lavaan); library(jsonlite)})); set.seed(31); n <- 800; R <- list(); lo <- c(.8, .7, .75, .65)
grp <- rep(c("north", "south"), c(430, 370)); E <- MASS::mvrnorm(n, c(0, .2), matrix(c(1, .6, .6, 1), 2)); E[grp == "south", ] <- E[grp == "south", ] + .3; uq <- matrix(rnorm(n*4, 0, .4), n); d <- data.frame(group = grp)
for (w in 1:2) for (j in 1:4) d[[paste0("q", w, j)]] <- as.integer(cut(lo[j]*E[, w] + uq[, j]*.7 + .5*rnorm(n) + .35*(w == 2 & j == 3), c(-Inf, -.8 + .1*j, 0, .7, Inf)))
write.csv(d, "ordered.csv", row.names = FALSE); d <- read.csv("ordered.csv")
quiet <- function(e) suppressWarnings(suppressMessages(e))
pick <- function(f) { p <- parameterEstimates(f, remove.eq = FALSE, standardized = TRUE); list(fit = as.list(unclass(fitMeasures(f))), params = p[, intersect(c("lhs", "op", "rhs", "group", "est", "se", "std.all"), names(p))]) }
levels <- c("configural", "thresholds", "metric", "scalar")
waves <- function(l) { s <- c(); for (w in 1:2) { it <- paste0("q", w, 1:4); lam <- if (l %in% c("metric", "scalar")) paste0("l", 2:4, "*") else rep("", 3)
  s <- c(s, sprintf("F%d =~ 1*%s + %s", w, it[1], paste0(lam, it[2:4], collapse = " + ")), sprintf("F%1$d ~~ F%1$d", w), if (w == 2 && l == "scalar") "F2 ~ NA*1" else sprintf("F%d ~ 0*1", w))
  s <- c(s, sprintf("%s | %s", it, sapply(1:4, function(j) paste0(if (l != "configural") sprintf("h%d%d*", j, 1:3) else "", "t", 1:3, collapse = " + "))))
  free <- w == 2 && l != "configural"; s <- c(s, sprintf("%s ~*~ %s*%s", it, if (free) "NA" else "1", it), sprintf("%s ~ %s*1", it, if (w == 2 && l %in% c("thresholds", "metric")) "NA" else "0")) }
  paste(c(s, "F1 ~~ F2", sprintf("q1%1$d ~~ q2%1$d", 1:4)), collapse = "\n") }
of <- names(d)[-1]; W <- lapply(setNames(levels, levels), function(l) quiet(lavaan(waves(l), d, ordered = of, estimator = "WLSMV", parameterization = "delta", auto.delta = FALSE, auto.th = FALSE)))
groups <- function(l) { it <- paste0("q1", 1:4); two <- function(a, b) sprintf("c(%s, %s)*", a, b); lam <- if (l %in% c("metric", "scalar")) sapply(2:4, function(j) two(paste0("l", j), paste0("l", j))) else rep("", 3)
  s <- c(sprintf("F =~ 1*%s + %s", it[1], paste0(lam, it[2:4], collapse = " + ")), "F ~~ F", if (l == "scalar") "F ~ c(0, NA)*1" else "F ~ c(0, 0)*1")
  s <- c(s, sprintf("%s | %s", it, sapply(1:4, function(j) paste0(if (l != "configural") sapply(1:3, function(t) two(sprintf("h%d%d", j, t), sprintf("h%d%d", j, t))) else "", "t", 1:3, collapse = " + "))))
  s <- c(s, sprintf("%s ~*~ %s%s", it, if (l != "configural") two("1", "NA") else two("1", "1"), it), sprintf("%s ~ %s1", it, if (l %in% c("thresholds", "metric")) two("0", "NA") else two("0", "0"))); paste(s, collapse = "\n") }
G <- lapply(setNames(levels, levels), function(l) quiet(lavaan(groups(l), d, ordered = of[1:4], estimator = "WLSMV", group = "group", parameterization = "delta", auto.delta = FALSE, auto.th = FALSE)))
steps <- function(L) lapply(setNames(2:4, levels[-1]), function(k) { x <- quiet(lavTestLRT(L[[k - 1]], L[[k]], method = "satorra.2000")); list(chisq_diff = x[2, "Chisq diff"], df = x[2, "Df diff"], p = x[2, "Pr(>Chisq)"]) })
R <- list(waves = lapply(W, pick), waves_diff = steps(W), groups = lapply(G, pick), groups_diff = steps(G), `_meta` = list(lavaan = as.character(packageVersion("lavaan")), note = "All data simulated; the third item drifts at wave 2."))
writeLines(toJSON(R, auto_unbox = TRUE, digits = NA, null = "null", na = "null", force = TRUE), "ordered.json")
