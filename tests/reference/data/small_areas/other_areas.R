# Other small-area sets by the Fisher scoring of R's sae (eblupFH, mseFH), written out and run until nothing moves.
# Rscript other_areas.R. Needs jsonlite.
suppressMessages(library(jsonlite))
fitted <- function(y, X, D, method) {
  m <- length(y); p <- ncol(X); A <- median(D)
  for (round in 1:5000) {
    V <- 1 / (A + D); Q <- solve(t(X) %*% (V * X), tol = 1e-40); P <- diag(V) - (V * X) %*% Q %*% t(V * X); Py <- as.numeric(P %*% y)
    step <- switch(method, ML = (sum(Py^2) - sum(V)) / sum(V^2), REML = (sum(Py^2) - sum(diag(P))) / sum(P * P), FH = (sum(Py * y) - (m - p)) / sum(V))
    A <- A + step; if (abs(step) < 1e-15 * abs(A)) break
  }
  A <- max(A, 0); V <- 1 / (A + D); Q <- solve(t(X) %*% (V * X), tol = 1e-40); b <- as.numeric(Q %*% t(X) %*% (V * y)); r <- as.numeric(y - X %*% b); B <- D * V; S <- sum(V^2)
  spread <- if (method == "FH") 2 * m / sum(V)^2 else 2 / S
  bias <- switch(method, REML = 0, ML = -sum(diag(Q %*% (t(V^2 * X) %*% X))) / S, FH = 2 * (m * S - sum(V)^2) / sum(V)^3)
  l <- -.5 * sum(log(2 * pi * (A + D)) + r^2 * V)
  list(variance = A, beta = b, std_error = sqrt(diag(Q)), eblup = as.numeric(X %*% b) + A * V * r, mse = D * (1 - B) + B^2 * rowSums((X %*% Q) * X) + 2 * B^2 * spread * V - bias * B^2, loglike = l, bic = -2 * l + (p + 1) * log(m))
}
sets <- list(`five areas` = c(5, 0, 1, 1), `five areas, a covariate` = c(5, 1, 1, 1), `small variances, one tiny` = c(15, 0, 1, .01), `in tens of thousands` = c(15, 1, 1e4, 1),
             `three covariates` = c(15, 3, 1, 1), `sixty areas` = c(60, 0, 1, 1), `sixty areas, large numbers` = c(60, 3, 1e4, .2), `large variances` = c(60, 3, 1, 2), `in thousandths` = c(30, 1, .001, 1))
made <- list()
for (name in names(sets)) { s <- sets[[name]]; set.seed(nchar(name)); m <- s[1]; q <- s[2]; Z <- matrix(signif(rnorm(m * q, 10, 3), 5), m)
  D <- signif(runif(m, .05, 2) * s[4] * s[3]^2, 5); if (name == "small variances, one tiny") D[1] <- D[1] * 1e-5
  y <- signif(as.numeric(cbind(1, Z) %*% (c(50, rnorm(q)) * s[3])) + rnorm(m, 0, 1.5 * s[3]) + rnorm(m, 0, sqrt(D)), 8)
  made[[name]] <- list(estimate = y, variance = D, covariates = lapply(seq_len(q), function(j) Z[, j]), fits = lapply(list(reml = "REML", ml = "ML", fh = "FH"), function(k) fitted(y, cbind(1, Z), D, k))) }
write_json(made, "other_areas.json", digits = I(17), auto_unbox = TRUE)
