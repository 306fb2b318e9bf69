# Reference numbers of metafor and of R's own power functions; run here: Rscript run.R. Needs metafor and jsonlite.
suppressMessages({library(metafor); library(jsonlite)})
tight <- list(threshold = 1e-14, maxiter = 10000, tol = 1e-15)
precise <- list(tol = 1e-14, maxiter = 10000)
R <- list()
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
bcg <- as.data.frame(bcg)
write.csv(bcg[c("trial", "author", "year", "tpos", "tneg", "cpos", "cneg", "ablat", "alloc")], "bcg.csv", row.names = FALSE)
R$bcg$yi <- as.numeric(bcg$yi); R$bcg$vi <- as.numeric(bcg$vi)

# nine places that differ much and one precise; five that do not differ at all; two
set.seed(7)
places <- data.frame(place = paste0("p", 1:9), yi = round(rnorm(9, 0.25, 0.3), 4), vi = round(runif(9, 0.01, 0.2), 4),
                     size = round(runif(9, 1, 9), 2))
alike <- data.frame(place = paste0("a", 1:5), yi = c(0.21, 0.19, 0.24, 0.17, 0.20), vi = c(0.04, 0.03, 0.05, 0.02, 0.06),
                    size = c(1, 2, 3, 4, 7))
two <- data.frame(place = c("x", "y"), yi = c(0.5, 0.1), vi = c(0.02, 0.03), size = c(1, 2))
write.csv(places, "places.csv", row.names = FALSE); write.csv(alike, "alike.csv", row.names = FALSE)
write.csv(two, "two.csv", row.names = FALSE)
bcg$size <- bcg$ablat
sets <- list(bcg = bcg, places = places, alike = alike, two = two)

summed <- function(d, method, test, mods) {
  fit <- suppressWarnings(if (is.null(mods)) rma(yi, vi, data = d, method = method, test = test, control = tight)
    else rma(yi, vi, mods = mods, data = d, method = method, test = test, control = tight))
  out <- list(b = as.numeric(fit$beta), se = fit$se, zval = fit$zval, pval = fit$pval, lb = fit$ci.lb, ub = fit$ci.ub,
       tau2 = fit$tau2, se_tau2 = fit$se.tau2, I2 = fit$I2, H2 = fit$H2, QE = fit$QE, QEp = fit$QEp, QM = fit$QM,
       QMp = fit$QMp, R2 = fit$R2, ll = as.numeric(fit$fit.stats[if (method == "REML") "ll" else "ll", if (method == "REML") "REML" else "ML"]),
       s2w = fit$s2w, weights = as.numeric(weights(fit)))
  if (method != "FE" && fit$k > fit$p) {
    ci <- suppressWarnings(confint(fit, control = precise)$random)
    out$ci_tau2 <- ci["tau^2", 2:3]; out$ci_I2 <- ci["I^2(%)", 2:3]; out$ci_H2 <- ci["H^2", 2:3]
  }
  if (is.null(mods)) {
    p <- predict(fit); out$pi <- c(p$pi.lb, p$pi.ub)
    if (method != "FE") { r <- predict(fit, pi.type = "riley"); out$pi_riley <- c(r$pi.lb, r$pi.ub) }
  } else {
    p <- predict(fit, newmods = c(3)); out$at3 <- c(p$pred, p$se, p$ci.lb, p$ci.ub, p$pi.lb, p$pi.ub)
  }
  out
}
for (s in names(sets)) for (m in c("REML", "ML", "DL", "PM", "FE")) for (t in c("z", "t", "knha", "adhoc")) {
  R$rma[[s]][[m]][[t]] <- summed(sets[[s]], m, t, NULL)
  if (s != "two") R$mods[[s]][[m]][[t]] <- summed(sets[[s]], m, t, ~ size)
}
f <- rma(yi, vi, mods = ~ factor(alloc) + ablat, data = bcg, test = "knha", control = tight)
R$alloc <- list(b = as.numeric(f$beta), se = f$se, QM = f$QM, QMp = f$QMp, tau2 = f$tau2, R2 = f$R2)
for (m in c("REML", "DL")) { l <- leave1out(rma(yi, vi, data = bcg, method = m, test = "knha", control = tight))
  R$leave1out[[m]] <- list(estimate = l$estimate, se = l$se, pval = l$pval, lb = l$ci.lb, ub = l$ci.ub, Q = l$Q, tau2 = l$tau2, I2 = l$I2, H2 = l$H2) }
# one comparison group for all: rma.mv with the shared part off the diagonal (no adjustment)
V <- diag(places$vi - 0.008) + 0.008
g <- rma.mv(yi, V, random = ~ 1 | place, data = places, control = list(rel.tol = 1e-14, optimizer = "optim", optmethod = "Nelder-Mead", reltol = 1e-16))
R$shared <- list(b = as.numeric(g$beta), se = g$se, tau2 = g$sigma2)

two_groups <- data.frame(m1 = c(3.2, 10.5, 0.1), sd1 = c(1.1, 3.4, 0.9), n1 = c(24, 101, 6), m2 = c(2.7, 11.9, -0.6), sd2 = c(0.9, 2.8, 1.3), n2 = c(31, 88, 9))
for (v in c("LS", "LS2", "UB")) { e <- escalc("SMD", m1i = m1, sd1i = sd1, n1i = n1, m2i = m2, sd2i = sd2, n2i = n2, data = two_groups, vtype = v); R$smd[[v]] <- list(yi = as.numeric(e$yi), vi = as.numeric(e$vi)) }
e <- escalc("MD", m1i = m1, sd1i = sd1, n1i = n1, m2i = m2, sd2i = sd2, n2i = n2, data = two_groups); R$md <- list(yi = as.numeric(e$yi), vi = as.numeric(e$vi))
changed <- data.frame(m1 = c(3.2, 10.5, 0.1), sd1 = c(1.1, 3.4, 0.9), m2 = c(2.7, 11.9, -0.6), sd2 = c(0.9, 2.8, 1.3), n = c(24, 101, 6), r = c(0.5, 0.71, -0.1))
for (m in c("SMCC", "SMCR")) for (v in c("LS", "LS2")) { e <- escalc(m, m1i = m1, sd1i = sd1, m2i = m2, sd2i = sd2, ni = n, ri = r, data = changed, vtype = v); R[[tolower(m)]][[v]] <- list(yi = as.numeric(e$yi), vi = as.numeric(e$vi)) }
e <- escalc("SMCRH", m1i = m1, sd1i = sd1, m2i = m2, sd2i = sd2, ni = n, ri = r, data = changed); R$smcrh <- list(yi = as.numeric(e$yi), vi = as.numeric(e$vi))
e <- escalc("MC", m1i = m1, sd1i = sd1, m2i = m2, sd2i = sd2, ni = n, ri = r, data = changed); R$mc <- list(yi = as.numeric(e$yi), vi = as.numeric(e$vi))
counts <- data.frame(a = c(12, 0, 40, 7), b = c(38, 25, 60, 0), c = c(20, 3, 31, 5), d = c(30, 27, 69, 4))
for (m in c("OR", "RR", "RD")) { e <- escalc(m, ai = a, bi = b, ci = c, di = d, data = counts); R[[tolower(m)]] <- list(yi = as.numeric(e$yi), vi = as.numeric(e$vi)) }

grid <- expand.grid(n = c(8, 40, 175), delta = c(0.1, 0.35, 0.8), sig = c(0.05, 0.01))
for (type in c("two.sample", "paired", "one.sample")) for (alt in c("two.sided", "one.sided")) for (strict in c(FALSE, TRUE))
  R$power_t[[type]][[alt]][[if (strict) "strict" else "usual"]] <- mapply(function(n, d, s) power.t.test(n = n, delta = d, sd = 1, sig.level = s, type = type, alternative = alt, strict = strict)$power, grid$n, grid$delta, grid$sig)
R$power_t$grid <- as.list(grid)
R$n_t <- sapply(c(0.1, 0.2, 0.5, 1), function(d) power.t.test(delta = d, sd = 1, power = 0.8, tol = 1e-13)$n)
R$n_t_paired <- sapply(c(0.1, 0.2, 0.5, 1), function(d) power.t.test(delta = d, sd = sqrt(2 * (1 - 0.6)), power = 0.9, type = "paired", tol = 1e-13)$n)
gp <- expand.grid(n = c(20, 90, 400), p1 = c(0.1, 0.42), p2 = c(0.2, 0.5))
for (alt in c("two.sided", "one.sided")) for (strict in c(FALSE, TRUE)) R$power_prop[[alt]][[if (strict) "strict" else "usual"]] <- mapply(function(n, a, b) power.prop.test(n = n, p1 = a, p2 = b, alternative = alt, strict = strict)$power, gp$n, gp$p1, gp$p2)
R$power_prop$grid <- as.list(gp)
R$n_prop <- mapply(function(a, b) power.prop.test(p1 = a, p2 = b, power = 0.8, tol = 1e-13)$n, c(0.1, 0.4, 0.5), c(0.2, 0.5, 0.55))
R$versions <- list(R = R.version.string, metafor = as.character(packageVersion("metafor")))
write_json(R, "reference.json", digits = NA, auto_unbox = TRUE, null = "null", na = "null")
