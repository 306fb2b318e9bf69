# The nested error model: lme4 for the fit (tightened), the formulas of Prasad and Rao (1990) and Datta and Lahiri (2000)
# written out with whole matrices. Run: Rscript unit_level.R
suppressMessages({library(lme4); library(jsonlite)}); R <- list()
set.seed(31); m <- 14; n <- sample(2:12, m, TRUE); d <- data.frame(area = rep(sprintf("U%02d", 1:m), n))
d$age <- round(rnorm(sum(n), 45, 12)); d$owner <- rbinom(sum(n), 1, .6)
d$trust <- round(2 + .02 * d$age + .3 * d$owner + rep(rnorm(m, 0, .5), n) + rnorm(sum(n), 0, .8), 3)
X <- data.frame(area = sprintf("U%02d", 1:(m + 2)), age = round(rnorm(m + 2, 46, 2), 2), owner = round(runif(m + 2, .4, .8), 3), population = sample(20:90, m + 2, TRUE))
write.csv(d, "people.csv", row.names = FALSE, quote = FALSE); write.csv(X, "means.csv", row.names = FALSE, quote = FALSE)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 1e-2, rhoend = 1e-12, maxfun = 1e5), check.conv.grad = "ignore", check.conv.hess = "ignore")
one <- function(reml, N) {
  f <- lmer(trust ~ age + owner + (1 | area), d, REML = reml, control = tight, start = list(theta = .6)); b <- fixef(f); vc <- as.data.frame(VarCorr(f))$vcov; sv <- vc[1]; se <- vc[2]; u <- ranef(f)$area
  Xs <- model.matrix(f); Z <- model.matrix(~ 0 + area, d); V1 <- Z %*% t(Z); V <- sv * V1 + se * diag(nrow(d)); Vi <- solve(V); Q <- solve(t(Xs) %*% Vi %*% Xs)
  Fi <- 0.5 * matrix(c(sum((Vi %*% V1) * t(Vi %*% V1)), sum((Vi %*% V1) * t(Vi)), sum((Vi %*% V1) * t(Vi)), sum(Vi * t(Vi))), 2); W <- solve(Fi)
  h <- -c(sum(diag(Q %*% t(Xs) %*% Vi %*% V1 %*% Vi %*% Xs)), sum(diag(Q %*% t(Xs) %*% Vi %*% Vi %*% Xs))); bias <- if (reml) c(0, 0) else as.vector(W %*% h) / 2
  est <- mse <- gam <- numeric(nrow(X)); for (i in seq_len(nrow(X))) { x <- c(1, X$age[i], X$owner[i]); r <- d$area == X$area[i]; ni <- sum(r); Ni <- if (N) X$population[i] else Inf; fr <- ni / Ni
    if (ni == 0) { est[i] <- sum(x * b); mse[i] <- sv - bias[1] + t(x) %*% Q %*% x + se / Ni; next }
    xs <- colMeans(Xs[r, , drop = FALSE]); g <- sv / (sv + se / ni); gam[i] <- g; a <- se + ni * sv; xr <- (x - fr * xs) / (1 - fr)
    est[i] <- fr * mean(d$trust[r]) + sum((x - fr * xs) * b) + (1 - fr) * u[X$area[i], 1]
    g3 <- (se^2 * W[1, 1] + sv^2 * W[2, 2] - 2 * se * sv * W[1, 2]) / (ni^2 * (sv + se / ni)^3); gr <- c(se^2 / a^2, ni * sv^2 / a^2)
    mse[i] <- (1 - fr)^2 * (g * se / ni + t(xr - g * xs) %*% Q %*% (xr - g * xs) + 2 * g3 - sum(gr * bias)) + (1 - fr) * se / Ni }
  list(between = sv, within = se, beta = unname(b), std_error = sqrt(diag(Q)), loglik = as.numeric(logLik(f)), estimate = est, mse = mse, reliability = gam) }
for (k in c("reml", "ml")) for (N in c(FALSE, TRUE)) R[[paste0(k, if (N) "_finite" else "")]] <- one(k == "reml", N)
writeLines(toJSON(R, digits = I(16), auto_unbox = TRUE), "unit_level.json")
