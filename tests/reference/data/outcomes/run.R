# Outcome models on a simulated panel: MASS, ordinal, nnet, survival, geepack, quantreg, survey, sandwich.
# Run in this folder: Rscript run.R
source("../ref_utils.R")
suppressMessages({library(MASS); library(ordinal); library(nnet); library(survival); library(geepack); library(quantreg); library(survey); library(sandwich)})
set.seed(20261129)
n <- 260; waves <- 5
who <- data.frame(person_id = sprintf("p%03d", sample(n)), level = rnorm(n), age = round(runif(n, 18, 85)), g = sample(c("a", "b", "c"), n, TRUE, c(.5, .3, .2)), weight = round(exp(rnorm(n, 0, .4)), 4), stratum = sample(1:6, n, TRUE))
who$psu <- paste0(who$stratum, "-", sample(1:8, n, TRUE))
d <- merge(who, data.frame(wave = 1:waves)); d <- d[runif(nrow(d)) < .8, ]; d <- d[order(d$person_id, d$wave), ]
d$x <- round(3 + .6 * d$level + rnorm(nrow(d)), 3)
eta <- .5 * d$x + .01 * d$age + .3 * (d$g == "b") + .8 * d$level + .05 * d$wave
d$y5 <- findInterval(eta + rlogis(nrow(d)), c(.5, 1.6, 2.6, 3.8)) + 1
d$y0 <- c(0, 1, 3, 4)[findInterval(eta + rlogis(nrow(d)), c(1, 2.2, 3.5)) + 1]
u <- cbind(0, .4 * d$x - 1, .02 * d$age - .5 * (d$g == "c")) - log(-log(matrix(runif(3 * nrow(d)), ncol = 3)))
d$vote <- c(3, 1, 7)[max.col(u)]
d$b <- as.integer(eta - 2.2 + rlogis(nrow(d)) > 0)
d$time <- round(runif(nrow(d), .5, 3), 2)
d$count <- rnbinom(nrow(d), mu = d$time * exp(-.4 + .25 * d$x - .2 * (d$g == "c") + .3 * d$level), size = 1.7)
d$number <- round(1 + .4 * d$x + .02 * d$age + (1 + .3 * d$x^2 / 9) * rexp(nrow(d)), 2)
d$x[sample(nrow(d), 25)] <- NA
write.csv(d[, c("person_id", "wave", "x", "age", "g", "y5", "y0", "vote", "b", "count", "time", "number", "weight", "stratum", "psu")], "panel.csv", row.names = FALSE, na = "")
d <- read.csv("panel.csv"); d <- d[!is.na(d$x), ]; R <- list()
both <- function(est, V) list(names = names(est), estimate = as.numeric(est), se = sqrt(diag(as.matrix(V)))[seq_along(est)])

# ---- ordered
for (k in c("y5", "y0")) for (m in c("logistic", "probit")) {
  d$o <- factor(d[[k]]); f <- polr(o ~ x + age + g, d, method = m, Hess = TRUE, control = list(reltol = 1e-14, maxit = 500))
  f <- clm(o ~ x + age + g, data = d, link = if (m == "probit") "probit" else "logit", control = clm.control(gradTol = 1e-10))
  pp <- c(coef(f)); V <- vcov(f); E <- estfun(f); id <- d$person_id
  meat <- crossprod(rowsum(E, id)); G <- length(unique(id)); N <- nrow(d); p <- length(pp)
  Vc <- V %*% meat %*% V * G / (G - 1)
  R[[paste0("ordered_", k, "_", m)]] <- list(model = both(pp, V), cluster_stata = both(pp, Vc), cluster_hc1 = both(pp, Vc * (N - 1) / (N - p)), logLik = as.numeric(logLik(f)))
}
d$o <- factor(d$y5); f <- clm(o ~ x + age, data = d, weights = weight, control = clm.control(gradTol = 1e-10)); R$ordered_weighted <- list(estimate = as.numeric(coef(f)), names = names(coef(f)))
# average effects on each category: numerical derivative of the mean probability
clmprob <- function(th, b, X) { P <- sapply(th, function(t) plogis(t - X %*% b)); cbind(P, 1) - cbind(0, P) }
f <- clm(o ~ x + age + g, data = d, control = clm.control(gradTol = 1e-10)); X <- model.matrix(~ x + age + g, d)[, -1]; V <- vcov(f)
ame <- function(q, var) { th <- q[1:4]; b <- q[-(1:4)]; if (var == "x") { h <- 1e-5; hi <- lo <- X; hi[, "x"] <- hi[, "x"] + h; lo[, "x"] <- lo[, "x"] - h; colMeans(clmprob(th, b, hi) - clmprob(th, b, lo)) / (2 * h) } else { hi <- lo <- X; hi[, c("gb", "gc")] <- lo[, c("gb", "gc")] <- 0; hi[, "gb"] <- 1; colMeans(clmprob(th, b, hi) - clmprob(th, b, lo)) } }
at <- function(q) { Z <- X; Z[, "x"] <- 4; Z[, c("gb", "gc")] <- 0; Z[, "gc"] <- 1; colMeans(clmprob(q[1:4], q[-(1:4)], Z)) }
delta <- function(fun) { J <- numDeriv::jacobian(fun, coef(f)); list(estimate = as.numeric(fun(coef(f))), se = sqrt(diag(J %*% V %*% t(J)))) }
R$ordered_ame <- list(x = delta(function(q) ame(q, "x")), gb = delta(function(q) ame(q, "g")), at_x4_gc = delta(at))
# Brant's test, written out from Brant (1990)
J <- 5; Xb <- cbind(1, X); fits <- lapply(1:(J - 1), function(j) glm.fit(Xb, as.integer(d$y5 > j), family = binomial(), control = glm.control(epsilon = 1e-14, maxit = 100)))
B <- unlist(lapply(fits, function(q) q$coefficients[-1])); P <- sapply(fits, function(q) q$fitted.values); k <- ncol(X); W <- matrix(0, k * (J - 1), k * (J - 1))
inv <- lapply(1:(J - 1), function(j) solve(crossprod(Xb, P[, j] * (1 - P[, j]) * Xb)))
for (l in 1:(J - 1)) for (m in l:(J - 1)) { w <- P[, m] - P[, l] * P[, m]; blk <- (inv[[l]] %*% crossprod(Xb, w * Xb) %*% inv[[m]])[-1, -1]; W[(l - 1) * k + 1:k, (m - 1) * k + 1:k] <- blk; W[(m - 1) * k + 1:k, (l - 1) * k + 1:k] <- t(blk) }
D <- kronecker(cbind(1, -diag(J - 2)), diag(k)); R$brant <- list(all = as.numeric(t(D %*% B) %*% solve(D %*% W %*% t(D), D %*% B)), each = lapply(setNames(1:k, colnames(X)), function(v) { S <- D[(0:(J - 3)) * k + v, ]; as.numeric(t(S %*% B) %*% solve(S %*% W %*% t(S), S %*% B)) }))

# ---- conditional logit, and BUC: stacked conditional logits, clustered by person
f <- clogit(b ~ x + factor(wave) + strata(person_id), d, control = coxph.control(eps = 1e-11, toler.chol = 1e-12, iter.max = 50)); R$conditional <- list(both(coef(f), vcov(f))[[2]], se = sqrt(diag(vcov(f))), logLik = f$loglik); names(R$conditional)[1] <- "estimate"
buc <- do.call(rbind, lapply(2:5, function(cut) transform(d, z = as.integer(y5 >= cut), unit = paste(person_id, cut))))
f <- clogit(z ~ x + wave + strata(unit), buc, control = coxph.control(eps = 1e-11, toler.chol = 1e-12, iter.max = 50)); used <- ave(buc$z, buc$unit, FUN = function(v) length(unique(v))) > 1
sc <- function(b) { ex <- lapply(split(buc[used, ], buc$unit[used]), function(q) { z <- q$z; M <- as.matrix(q[, c("x", "wave")]); if (nrow(M) == 1) return(NULL); C <- combn(nrow(M), sum(z)); S <- apply(C, 2, function(i) colSums(M[i, , drop = FALSE])); w <- exp(t(S) %*% b); w <- w / sum(w); colSums(M[z == 1, , drop = FALSE]) - as.numeric(S %*% w) }); do.call(rbind, ex) }
S <- sc(coef(f)); who2 <- sub(" .*", "", rownames(S)); U <- rowsum(S, who2); G <- nrow(U); V <- vcov(f) %*% crossprod(U) %*% vcov(f)
R$buc <- list(estimate = as.numeric(coef(f)), se_raw = sqrt(diag(V)), se_stata = sqrt(diag(V * G / (G - 1))), persons = G)

# ---- multinomial
d$v <- relevel(factor(d$vote), "1"); f <- multinom(v ~ x + age + g, d, trace = FALSE, reltol = 1e-15, abstol = 1e-12, maxit = 2000); R$multinomial <- list(estimate = coef(f), se = summary(f)$standard.errors, names = colnames(coef(f)), levels = rownames(coef(f)), logLik = as.numeric(logLik(f)))
E <- { Pm <- fitted(f); Y <- model.matrix(~ v - 1, d); Xm <- model.matrix(f); do.call(cbind, lapply(2:3, function(j) (Y[, j] - Pm[, j]) * Xm)) }; H <- vcov(f); meat <- crossprod(rowsum(E, d$person_id)); G <- length(unique(d$person_id)); R$multinomial$se_cluster_stata <- sqrt(diag(H %*% meat %*% H * G / (G - 1)))

# ---- counts
f <- glm(count ~ x + age + g + offset(log(time)), poisson, d, control = glm.control(epsilon = 1e-14)); R$poisson <- list(model = both(coef(f), vcov(f)), cluster = both(coef(f), vcovCL(f, cluster = d$person_id, type = "HC1")), logLik = as.numeric(logLik(f)), pearson = sum(residuals(f, "pearson")^2), df = f$df.residual)
mu <- fitted(f); R$poisson$dispersion <- { t2 <- lm(I(((count - mu)^2 - count) / mu) ~ 0 + mu, d); coef(summary(t2))[1, ] }
f <- glm(count ~ x + age, poisson, d, weights = weight, control = glm.control(epsilon = 1e-14)); R$poisson$weighted <- list(estimate = coef(f), se = sqrt(diag(vcovCL(f, cluster = d$person_id, type = "HC1"))))
f <- glm.nb(count ~ x + age + g + offset(log(time)), d, control = glm.control(epsilon = 1e-14, maxit = 200)); R$negative_binomial <- list(model = both(coef(f), vcov(f)), cluster = both(coef(f), vcovCL(f, cluster = d$person_id, type = "HC1")), theta = f$theta, theta_se = f$SE.theta, logLik = as.numeric(logLik(f)))
fe <- glm(count ~ x + wave + person_id + offset(log(time)), poisson, d[ave(d$count, d$person_id, FUN = sum) > 0, ], control = glm.control(epsilon = 1e-14, maxit = 100)); keep <- c("x", "wave"); dd <- d[ave(d$count, d$person_id, FUN = sum) > 0, ]; r <- dd$count - fitted(fe); Xt <- as.matrix(dd[, keep]); m <- fitted(fe); Xd <- Xt - apply(Xt, 2, function(v) ave(v * m, dd$person_id, FUN = sum) / ave(m, dd$person_id, FUN = sum)); A <- solve(crossprod(Xd, m * Xd)); U <- rowsum(Xd * r, dd$person_id); V <- A %*% crossprod(U) %*% A
R$fe_poisson <- list(estimate = as.numeric(coef(fe)[keep]), se_model = sqrt(diag(A)), se_raw = sqrt(diag(V)), persons = nrow(U), rows = nrow(dd))

# ---- GEE: correlation by wave, gaps in time; unstructured
pk <- function(m) list(estimate = as.numeric(coef(m)), se = summary(m)$coefficients[, 2], naive = sqrt(diag(m$geese$vbeta.naiv)), scale = as.numeric(m$geese$gamma), scale_se = sqrt(as.numeric(m$geese$vgamma)), alpha = as.numeric(m$geese$alpha), alpha_se = sqrt(diag(as.matrix(m$geese$valpha))), QIC = as.list(QIC(m)))
# People seen once come first: after others, geepack adds those once more to the equations of alpha's standard error.
d <- d[order(ave(d$wave, d$person_id, FUN = length) > 1, d$person_id, d$wave), ]; d$id <- match(d$person_id, unique(d$person_id)); tight <- geese.control(epsilon = 1e-10, maxit = 200)
for (cs in c("independence", "exchangeable", "ar1")) { R[[paste0("gee_number_", cs)]] <- pk(geeglm(number ~ x + age, id = id, waves = wave, data = d, corstr = cs, control = tight)); R[[paste0("gee_b_", cs)]] <- pk(geeglm(b ~ x + age + g, id = id, waves = wave, data = d, family = binomial, corstr = cs, control = tight)); R[[paste0("gee_count_", cs)]] <- pk(geeglm(count ~ x + age + offset(log(time)), id = id, waves = wave, data = d, family = poisson, corstr = cs, control = tight)) }
whole <- d[ave(d$wave, d$id, FUN = length) == 5, ]; R$gee_number_unstructured <- pk(geeglm(number ~ x + age, id = id, waves = wave, data = whole, corstr = "unstructured", control = tight))  # with gaps geepack crashes
R$gee_weighted_ar1 <- pk(geeglm(b ~ x + age, id = id, waves = wave, data = d, family = binomial, corstr = "ar1", weights = weight, control = tight))

# ---- quantiles
for (q in c(.1, .5, .9)) { f <- rq(number ~ x + age + g, q, d); R[[paste0("quantile_", q)]] <- list(estimate = as.numeric(coef(f)), names = names(coef(f)), se_ker = summary(f, se = "ker", covariance = TRUE)$coefficients[, 2], se_nid = summary(f, se = "nid")$coefficients[, 2], se_iid = summary(f, se = "iid")$coefficients[, 2], h = bandwidth.rq(q, nrow(d), hs = TRUE)) }
f <- rq(number ~ x + age, .3, d, weights = weight); R$quantile_weighted <- as.numeric(coef(f))

# ---- survey
d$o <- factor(d$y5); ds <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE); sv <- function(m) list(estimate = as.numeric(coef(m)), names = names(coef(m)), se = as.numeric(SE(m)), df = m$df.residual)
tightg <- list(epsilon = 1e-14, maxit = 100)
R$svy_logit <- sv(svyglm(b ~ x + age + g, ds, family = quasibinomial(), control = tightg)); R$svy_probit <- sv(svyglm(b ~ x + age + g, ds, family = quasibinomial("probit"), control = tightg)); R$svy_poisson <- sv(svyglm(count ~ x + age + g + offset(log(time)), ds, family = quasipoisson(), control = tightg))
for (m in c("logistic", "probit")) { f <- svyolr(o ~ x + age + g, ds, method = m); R[[paste0("svy_ordered_", m)]] <- list(estimate = as.numeric(c(coef(f))), names = names(coef(f)), se = sqrt(diag(vcov(f))), df = f$df.residual) }
R$svy_domain <- { s <- subset(ds, g == "a"); sv(svyglm(b ~ x, s, family = quasibinomial(), control = tightg)) }; R$degf <- degf(ds)
save_ref(R, c("MASS", "ordinal", "nnet", "survival", "geepack", "quantreg", "survey", "sandwich"), c("Rows with a missing x are dropped first.", "Brant's test is written out from Brant (1990): no package of it is in Debian.", "svyglm: t on degf - p + 1."))
