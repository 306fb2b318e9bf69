# Errors after Morel, Bokossa & Neerchal (2003, Biometrical Journal 45, 395-409) from their definition: no package of them is in Debian.
# Coefficients, correlation and scale are geepack's; V is written out cluster by cluster. Run: Rscript morel.R (in this folder).
suppressMessages({library(geepack); library(jsonlite)})
panel <- read.csv("panel.csv"); panel <- panel[!is.na(panel$x), ]
morel <- function(outcome, family, most) {
  d <- panel[panel$person_id <= most, ]; d <- d[order(d$psu, d$person_id, d$wave), ]; d$y <- d[[outcome]]
  d$id <- match(d$psu, unique(d$psu))
  m <- geeglm(y ~ x + age, id = id, data = d, family = family, corstr = "exchangeable", weights = weight, control = geese.control(epsilon = 1e-13, maxit = 500))
  f <- get(family)(); X <- model.matrix(m); eta <- c(X %*% coef(m)); mu <- f$linkinv(eta); D <- X * f$mu.eta(eta); p <- ncol(X); n <- nrow(d)
  U <- NULL; B <- matrix(0, p, p)
  for (g in unique(d$id)) {
    i <- which(d$id == g); R <- matrix(m$geese$alpha, length(i), length(i)); diag(R) <- 1
    S <- diag(sqrt(f$variance(mu[i]) / d$weight[i]), length(i)); V <- solve(m$geese$gamma * S %*% R %*% S)
    U <- rbind(U, t(t(D[i, , drop = FALSE]) %*% V %*% (d$y[i] - mu[i]))); B <- B + t(D[i, , drop = FALSE]) %*% V %*% D[i, , drop = FALSE]
  }
  M <- solve(B); K <- nrow(U); G <- (n - 1) / (n - p) * K / (K - 1) * crossprod(U)
  delta <- min(1 / 2, p / (K - p)); phi <- max(1, sum(diag(M %*% G)) / p)
  list(outcome = outcome, family = family, most = most, clusters = K, delta = delta, phi = phi, estimate = as.numeric(coef(m)),
       robust = as.numeric(sqrt(diag(M %*% crossprod(U) %*% M))), geepack = as.numeric(sqrt(diag(vcov(m)))), se = as.numeric(sqrt(diag(M %*% G %*% M + delta * phi * M))))
}
few <- sort(unique(panel$person_id))[c(10, 25)]; all <- max(panel$person_id)
found <- lapply(list(list("number", "gaussian"), list("b", "binomial"), list("count", "poisson")), function(one) lapply(c(few, all), function(most) morel(one[[1]], one[[2]], most)))
write_json(unlist(found, recursive = FALSE), "morel.json", digits = 17, auto_unbox = TRUE, pretty = TRUE)
