# The estimators of the pipeline in base R, each with the call that gives the same numbers in a package.
# Read by reproduce.R. Nothing here is fitted to one study: every function takes a data frame of person-waves.

# --- reading -------------------------------------------------------------------------------------------------

read_columns <- function(file, columns, text) {
  # The named columns of a CSV file: those in `text` as text, the others as numbers; nothing else is read.
  header <- names(read.csv(file, nrows = 1, check.names = FALSE))
  absent <- setdiff(columns, header)
  if (length(absent)) stop("the export has no column ", paste(absent, collapse = ", "))
  kinds <- ifelse(header %in% columns, ifelse(header %in% text, "character", "numeric"), "NULL")
  read.csv(file, colClasses = kinds, check.names = FALSE, na.strings = "", encoding = "UTF-8")
}

person_waves <- function(panel, waves = NULL, arms = NULL) {
  # The interviews of the named waves and arms (all, if none is named), persons in order of appearance.
  keep <- panel$is_present == 1
  if (!is.null(waves)) keep <- keep & panel$wave %in% waves
  if (!is.null(arms)) keep <- keep & panel$arm %in% arms
  rows <- panel[keep, , drop = FALSE]
  rows[order(match(rows$person_id, unique(rows$person_id)), rank_of(rows$wave)), , drop = FALSE]
}

with_weight <- function(rows, weights, waves) {
  # The rows of people who have a weight of a set, which is for these waves.
  rows[!is.na(rows[[weights]]) & rows$wave %in% waves, , drop = FALSE]
}

levels_of <- function(values) sort(unique(values[!is.na(values)]), method = "radix")
rank_of <- function(values) match(values, levels_of(values))
level_name <- function(level) if (is.numeric(level)) format(level, trim = TRUE, digits = 15) else as.character(level)

# --- the terms of a regression -------------------------------------------------------------------------------

terms_of <- function(rows, outcome, exposures, covariates, categorical, wave_effects, intercept, also = character()) {
  # Complete rows, the outcome, and one column a term: dummies against the first level, waves against the first wave.
  used <- unique(c(outcome, exposures, covariates, "person_id", "wave", also))
  rows <- rows[complete.cases(rows[, used]), , drop = FALSE]
  columns <- list()
  about <- data.frame(component = character(), term = character(), wave = character(), group = character())
  add <- function(component, term, values, wave = "", group = "") {
    columns[[length(columns) + 1]] <<- as.numeric(values)
    about[nrow(about) + 1, ] <<- list(component, term, wave, group)
  }
  if (intercept) add("intercept", "intercept", rep(1, nrow(rows)))
  for (name in c(exposures, covariates)) {
    values <- rows[[name]]
    if (is.numeric(values) && !(name %in% categorical)) {
      add("coefficient", name, values)
    } else {
      for (level in levels_of(values)[-1]) add("coefficient", name, values == level, group = level_name(level))
    }
  }
  if (wave_effects) for (wave in levels_of(rows$wave)[-1]) add("wave", wave, rows$wave == wave, wave = wave)
  list(rows = rows, y = rows[[outcome]], x = do.call(cbind, columns), about = about, outcome = outcome,
       person = match(rows$person_id, unique(rows$person_id)))
}

result <- function(data, estimate, std_error = NA_real_, about = data$about) {
  data.frame(outcome = data$outcome, about, estimate = as.numeric(estimate), std_error = as.numeric(std_error))
}

one_row <- function(component, term, wave = "", group = "") {
  data.frame(component = component, term = term, wave = wave, group = group)
}

# --- least squares -------------------------------------------------------------------------------------------

least_squares <- function(y, x, weights = NULL) {
  # (Weighted) least squares; the inverse is that of X'WX.
  if (is.null(weights)) weights <- rep(1, length(y))
  root <- sqrt(weights / mean(weights))
  decomposed <- qr(x * root, LAPACK = FALSE)
  if (decomposed$rank < ncol(x)) stop("terms are collinear")
  list(estimate = qr.coef(decomposed, y * root), residual = (y * root) - qr.fitted(decomposed, y * root),
       x = x * root, inverse = chol2inv(qr.R(decomposed)))
}

clustered <- function(fit, clusters, correction = "hc1") {
  # Errors depend on each other within a cluster, one way or two (Cameron, Gelbach & Miller 2011).
  # hc1: n / (n - k), as plm's vcovHC(type = "HC1"); stata: times G / (G - 1) and (n - 1) / n as well.
  n <- nrow(fit$x)
  scores <- fit$x * fit$residual
  middle <- function(cluster) {
    sums <- rowsum(scores, cluster)
    factor <- if (correction == "stata") nrow(sums) / (nrow(sums) - 1) * (n - 1) / n else 1
    crossprod(sums) * factor
  }
  meat <- middle(clusters[[1]])
  if (length(clusters) == 2) {
    meat <- meat + middle(clusters[[2]]) - middle(paste(clusters[[1]], clusters[[2]], sep = "\r"))
  }
  fit$inverse %*% meat %*% fit$inverse * n / (n - ncol(fit$x))
}

covariance_of <- function(fit, data, cluster, correction, absorbed = 0) {
  if (is.null(cluster)) {
    return(sum(fit$residual^2) / (nrow(fit$x) - ncol(fit$x) - absorbed) * fit$inverse)
  }
  clustered(fit, lapply(cluster, function(name) data$rows[[name]]), correction)
}

replicate_errors <- function(y, x, person, replicates) {
  # The spread of the estimates over the replicate weights of persons, in each of which all weighting was done again.
  weights <- as.matrix(replicates$weights)[match(person, replicates$person_id), , drop = FALSE]
  each <- apply(weights, 2, function(w) solve(crossprod(x * w, x), crossprod(x * w, y)))
  each <- matrix(each, nrow = ncol(x))
  sqrt(replicate_variance(each, replicates$factors))
}

replicate_variance <- function(each, factors) {
  # `each`: quantities in rows, replicates in columns; around their mean, as survey does by default.
  centre <- rowMeans(each[, factors > 0, drop = FALSE])
  as.numeric(((each - centre)^2) %*% factors)
}

demeaned <- function(values, person, weights = NULL) {
  # Deviations from each person's (weighted) mean.
  values <- as.matrix(values)
  if (is.null(weights)) weights <- rep(1, nrow(values))
  means <- rowsum(values * weights, person) / as.numeric(rowsum(weights, person))
  values - means[match(person, rownames(means)), , drop = FALSE]
}

person_means <- function(values, person) as.matrix(values) - demeaned(values, person)

weights_in <- function(data, weights) if (is.null(weights)) NULL else data$rows[[weights]]

positive <- function(rows, weights) {
  if (is.null(weights)) rows else rows[!is.na(rows[[weights]]) & rows[[weights]] > 0, , drop = FALSE]
}

# --- regressions of panels -----------------------------------------------------------------------------------

pooled <- function(rows, outcome, exposures, covariates = character(), categorical = character(), wave_effects = TRUE,
                   cluster = "person_id", correction = "hc1", weights = NULL, replicates = NULL) {
  # lm(); lmtest::coeftest(lm, sandwich::vcovCL) with its factor; plm(model = "pooling") with vcovHC(type = "HC1").
  data <- terms_of(positive(rows, weights), outcome, exposures, covariates, categorical, wave_effects, TRUE, cluster)
  fit <- least_squares(data$y, data$x, weights_in(data, weights))
  error <- if (is.null(replicates)) sqrt(diag(covariance_of(fit, data, cluster, correction))) else
    replicate_errors(data$y, data$x, data$rows$person_id, replicates)
  result(data, fit$estimate, error)
}

fixed_effects <- function(rows, outcome, exposures, covariates = character(), categorical = character(),
                          wave_effects = TRUE, cluster = "person_id", correction = "hc1", weights = NULL,
                          replicates = NULL, effects = "person") {
  # plm(model = "within", index = c("person_id", "wave")), vcovHC(type = "HC1"); fixest::feols(y ~ x | person_id).
  both <- effects == "person_and_wave"
  data <- terms_of(positive(rows, weights), outcome, exposures, covariates, categorical, wave_effects && !both, FALSE,
                   cluster)
  w <- weights_in(data, weights)
  y <- demeaned(data$y, data$person, w)
  x <- demeaned(data$x, data$person, w)
  n_waves <- length(levels_of(data$rows$wave))
  absorbed <- length(unique(data$person)) + if (both) n_waves - 1 else 0
  if (both) {
    # waves are taken out of what is left, as well
    dummies <- sapply(levels_of(data$rows$wave)[-1], function(wave) data$rows$wave == wave) * 1
    dummies <- demeaned(dummies, data$person, w)
    root <- if (is.null(w)) rep(1, nrow(x)) else sqrt(w)
    taken <- qr(dummies * root)
    y <- qr.resid(taken, y * root) / root
    x <- qr.resid(taken, x * root) / root
  }
  fit <- least_squares(as.numeric(y), x, w)
  # by Stata's correction absorbed waves count in k, as their dummies do
  left <- nrow(x) - ncol(x)
  counted <- if (both && correction == "stata" && length(cluster) > 0) n_waves - 1 else 0
  error <- if (is.null(replicates)) {
    sqrt(diag(covariance_of(fit, data, cluster, correction, absorbed)) * left / (left - counted))
  } else {
    all <- if (both) cbind(demeaned(data$x, data$person), dummies) else x
    replicate_errors(if (both) as.numeric(demeaned(data$y, data$person)) else as.numeric(y), all,
                     data$rows$person_id, replicates)[seq_len(ncol(x))]
  }
  result(data, fit$estimate, error)
}

first_difference <- function(rows, outcome, exposures, covariates = character(), categorical = character(),
                             wave_effects = TRUE, cluster = "person_id", correction = "hc1", weights = NULL,
                             replicates = NULL) {
  # plm(model = "fd"): each interview less the person's one before, whatever lies between.
  data <- terms_of(positive(rows, weights), outcome, exposures, covariates, categorical, wave_effects, FALSE, cluster)
  later <- which(c(FALSE, diff(data$person) == 0))
  x <- data$x[later, , drop = FALSE] - data$x[later - 1, , drop = FALSE]
  about <- data$about
  if (!wave_effects) {
    x <- cbind(1, x)
    about <- rbind(one_row("intercept", "intercept"), about)
  }
  y <- data$y[later] - data$y[later - 1]
  w <- weights_in(data, weights)
  if (!is.null(w)) w <- 1 / (1 / w[later] + 1 / w[later - 1])
  fit <- least_squares(y, x, w)
  changes <- list(rows = data$rows[later, , drop = FALSE], outcome = outcome)
  error <- if (is.null(replicates)) sqrt(diag(covariance_of(fit, changes, cluster, correction))) else
    replicate_errors(y, x, changes$rows$person_id, replicates)
  result(changes, fit$estimate, error, about)
}

between <- function(rows, outcome, exposures, covariates = character(), categorical = character()) {
  # plm(model = "between"): least squares of persons' means.
  data <- terms_of(rows, outcome, exposures, covariates, categorical, FALSE, TRUE)
  sizes <- as.numeric(table(data$person))
  fit <- least_squares(as.numeric(rowsum(data$y, data$person)) / sizes, rowsum(data$x, data$person) / sizes)
  result(data, fit$estimate, sqrt(diag(covariance_of(fit, data, NULL, ""))))
}

random_effects_fit <- function(data, cluster, correction) {
  # Generalised least squares with the variances of Swamy and Arora, of unbalanced panels as Baltagi and Chang (1994).
  sizes <- as.numeric(table(data$person))
  n <- length(data$y); persons <- length(sizes)
  within_x <- demeaned(data$x, data$person); within_y <- as.numeric(demeaned(data$y, data$person))
  scaled <- within_x / rep(pmax(sqrt(colSums(data$x^2)), 1e-300), each = n)
  scaled <- scaled[, apply(abs(scaled), 2, max) > 1e-9, drop = FALSE]  # what never changes within a person is gone
  inside <- if (ncol(scaled)) qr(scaled, tol = 1e-9) else list(rank = 0)
  left <- if (ncol(scaled)) qr.resid(inside, within_y) else within_y
  residual <- sum(left^2) / (n - persons - inside$rank)
  mean_x <- rowsum(data$x, data$person) / sizes; mean_y <- as.numeric(rowsum(data$y, data$person)) / sizes
  across <- qr(mean_x, tol = 1e-9)
  freedom <- persons - across$rank
  if (length(unique(sizes)) > 1) {
    left <- qr.resid(qr(mean_x * sqrt(sizes), tol = 1e-9), mean_y * sqrt(sizes))
    means <- crossprod(mean_x * sqrt(sizes)); sums <- crossprod(rowsum(data$x, data$person))
    decomposed <- eigen(means, symmetric = TRUE)
    kept <- decomposed$values > max(decomposed$values) * 1e-12
    vectors <- decomposed$vectors[, kept, drop = FALSE]
    inverse <- vectors %*% (t(vectors) / decomposed$values[kept])
    person <- max(0, (sum(left^2) - freedom * residual) / (n - sum(diag(inverse %*% sums))))
  } else {
    person <- max(0, sum(qr.resid(across, mean_y)^2) / freedom - residual / sizes[1])
  }
  theta <- (1 - sqrt(residual / (sizes * person + residual)))[data$person]
  fit <- least_squares(data$y - theta * mean_y[data$person], data$x - theta * mean_x[data$person, , drop = FALSE])
  list(estimate = fit$estimate, covariance = covariance_of(fit, data, cluster, correction),
       variances = c(person = person, residual = residual))
}

variance_rows <- function(data, variances) {
  shares <- c(variances, icc = unname(variances["person"] / sum(variances)))
  about <- do.call(rbind, lapply(names(shares), function(name) one_row("variance", name)))
  result(data, shares, NA, about)
}

random_effects <- function(rows, outcome, exposures, covariates = character(), categorical = character(),
                           wave_effects = TRUE, cluster = "person_id", correction = "hc1") {
  # plm(model = "random"), vcovHC(type = "HC1").
  data <- terms_of(rows, outcome, exposures, covariates, categorical, wave_effects, TRUE, cluster)
  fit <- random_effects_fit(data, cluster, correction)
  rbind(result(data, fit$estimate, sqrt(diag(fit$covariance))), variance_rows(data, fit$variances))
}

hausman <- function(rows, outcome, exposures, covariates = character(), categorical = character(),
                    wave_effects = TRUE) {
  # plm::phtest(fixed, random): classical covariances.
  data <- terms_of(rows, outcome, exposures, covariates, categorical, wave_effects, TRUE)
  moves <- colSums(abs(demeaned(data$x, data$person))) > 1e-9
  random <- random_effects_fit(data, NULL, "")
  y <- as.numeric(demeaned(data$y, data$person)); x <- demeaned(data$x[, moves, drop = FALSE], data$person)
  fixed <- least_squares(y, x)
  covariance <- covariance_of(fixed, data, NULL, "", length(unique(data$person)))
  spread <- covariance - random$covariance[moves, moves, drop = FALSE]
  about <- data$about[moves, ]
  about$component <- "fixed_minus_random"
  if (min(diag(spread)) <= 0) return(result(data, numeric(), numeric(), about[0, ]))
  result(data, fixed$estimate - random$estimate[moves], sqrt(diag(spread)), about)
}

mundlak <- function(rows, outcome, exposures, covariates = character(), categorical = character(),
                    wave_effects = TRUE, cluster = "person_id", correction = "hc1") {
  # plm(model = "random") with persons' means of the exposures added.
  data <- terms_of(rows, outcome, exposures, covariates, categorical, wave_effects, TRUE, cluster)
  own <- data$about$component == "coefficient" & data$about$term %in% exposures
  means <- person_means(data$x[, own, drop = FALSE], data$person)
  added <- data$about[own, ]
  added$component <- "contextual"
  data$about$component[own] <- "within"
  data$about <- rbind(data$about, added)
  data$x <- cbind(data$x, means)
  fit <- random_effects_fit(data, cluster, correction)
  rbind(result(data, fit$estimate, sqrt(diag(fit$covariance))), variance_rows(data, fit$variances))
}

within_between <- function(rows, outcome, exposures, covariates = character(), categorical = character(),
                           wave_effects = TRUE) {
  # lme4::lmer(y ~ x_within + x_between + z + wave + (1 | person_id)), by REML.
  data <- terms_of(rows, outcome, exposures, covariates, categorical, wave_effects, TRUE)
  split <- split_terms(data, exposures)
  fit <- random_intercept(data$y, split$x, data$person)
  pairs <- which(split$about$component == "within")
  difference <- split$about[pairs, ]
  difference$component <- "within_minus_between"
  spread <- sapply(pairs, function(at) {
    contrast <- numeric(ncol(split$x)); contrast[c(at, at + 1)] <- c(1, -1)
    sqrt(contrast %*% fit$covariance %*% contrast)
  })
  rbind(
    result(data, fit$estimate, sqrt(diag(fit$covariance)), split$about),
    variance_rows(data, fit$variances),
    result(data, fit$estimate[pairs] - fit$estimate[pairs + 1], spread, difference),
    result(data, fit$log_likelihood, NA, one_row("fit", "log_likelihood"))
  )
}

split_terms <- function(data, exposures) {
  # Each exposure as the deviation from the person's own mean, and that mean.
  x <- list(); about <- data$about[0, ]
  for (at in seq_len(ncol(data$x))) {
    row <- data$about[at, ]
    if (row$component == "coefficient" && row$term %in% exposures) {
      mean <- as.numeric(person_means(data$x[, at], data$person))
      x <- c(x, list(data$x[, at] - mean, mean))
      about <- rbind(about, transform(row, component = "within"), transform(row, component = "between"))
    } else {
      x <- c(x, list(data$x[, at]))
      about <- rbind(about, row)
    }
  }
  list(x = do.call(cbind, x), about = about)
}

random_intercept <- function(y, x, person) {
  # Restricted maximum likelihood, profiled to the ratio of the two variances (Bates et al. 2015, section 3.4).
  decomposed <- qr(x); triangle <- qr.R(decomposed); basis <- qr.Q(decomposed)
  joined <- cbind(basis, y); k <- ncol(x); n <- length(y); freedom <- n - k
  sizes <- as.numeric(table(person)); sums <- rowsum(joined, person); total <- crossprod(joined)
  at <- function(ratio) {
    grown <- 1 + ratio * sizes
    products <- total - crossprod(sums * sqrt(ratio / grown))
    inner <- products[1:k, 1:k, drop = FALSE]
    coefficient <- solve(inner, products[1:k, k + 1])
    squares <- products[k + 1, k + 1] - sum(products[1:k, k + 1] * coefficient)
    slopes <- -crossprod(sums / grown)
    contrast <- c(-coefficient, 1)
    slope <- sum(sizes / grown) + freedom * sum(contrast * (slopes %*% contrast)) / squares +
      sum(solve(inner) * slopes[1:k, 1:k])
    deviance <- sum(log(grown)) + freedom * (1 + log(2 * pi * squares / freedom)) +
      as.numeric(determinant(inner)$modulus)
    list(coefficient = coefficient, inverse = solve(inner), variance = squares / freedom, deviance = deviance,
         slope = slope)
  }
  ratio <- 0
  if (at(0)$slope < 0) {
    low <- 0; high <- 1e-3
    while (at(high)$slope < 0) { low <- high; high <- high * 4 }
    while (high - low > 1e-13 * high) {
      middle <- (low + high) / 2
      if (middle <= low || middle >= high) break
      if (at(middle)$slope < 0) low <- middle else high <- middle
    }
    ratio <- (low + high) / 2
  }
  found <- at(ratio); back <- solve(triangle)
  list(estimate = as.numeric(back %*% found$coefficient),
       covariance = found$variance * back %*% found$inverse %*% t(back),
       variances = c(person = ratio * found$variance, residual = found$variance),
       log_likelihood = -(found$deviance + 2 * sum(log(abs(diag(triangle))))) / 2)
}

# --- logistic regressions ------------------------------------------------------------------------------------

logit_fit <- function(data, cluster = NULL) {
  fit <- suppressWarnings(glm.fit(data$x, data$y, family = binomial(), control = list(epsilon = 1e-14, maxit = 100)))
  chance <- fit$fitted.values
  bread <- chol2inv(chol(crossprod(data$x * sqrt(chance * (1 - chance)))))
  covariance <- bread
  if (!is.null(cluster)) {
    sums <- rowsum(data$x * (data$y - chance), data$rows[[cluster]])
    n <- nrow(data$x); groups <- nrow(sums)
    covariance <- bread %*% crossprod(sums) %*% bread * groups / (groups - 1) * (n - 1) / (n - ncol(data$x))
  }
  list(estimate = as.numeric(fit$coefficients), covariance = covariance, chance = chance)
}

logit_rows <- function(data, fit) {
  error <- sqrt(diag(fit$covariance))
  terms <- which(data$about$component == "coefficient")
  ratios <- data$about[terms, ]; ratios$component <- "odds_ratio"
  effects <- data$about[terms, ]; effects$component <- "marginal_effect"
  marginal <- sapply(terms, function(at) marginal_effect(data, fit, at))
  rate <- mean(data$y)
  likelihood <- sum(log(ifelse(data$y == 1, fit$chance, 1 - fit$chance)))
  alone <- length(data$y) * (rate * log(rate) + (1 - rate) * log(1 - rate))
  rbind(
    result(data, fit$estimate, error),
    result(data, exp(fit$estimate[terms]), exp(fit$estimate[terms]) * error[terms], ratios),
    result(data, marginal[1, ], marginal[2, ], effects),
    result(data, likelihood, NA, one_row("fit", "log_likelihood")),
    result(data, 1 - likelihood / alone, NA, one_row("fit", "mcfadden_r2"))
  )
}

marginal_effect <- function(data, fit, at) {
  # The mean change in probability, as marginaleffects::avg_slopes and avg_comparisons, and its standard error.
  x <- data$x
  if (all(x[, at] %in% c(0, 1))) {
    same <- data$about$component == "coefficient" & data$about$term == data$about$term[at]
    low <- x; low[, same] <- 0
    high <- low; high[, at] <- 1
    p <- plogis(as.numeric(low %*% fit$estimate)); q <- plogis(as.numeric(high %*% fit$estimate))
    gradient <- (colSums(high * (q * (1 - q))) - colSums(low * (p * (1 - p)))) / nrow(x)
    effect <- mean(q - p)
  } else {
    density <- fit$chance * (1 - fit$chance)
    gradient <- fit$estimate[at] * colSums(x * (density * (1 - 2 * fit$chance))) / nrow(x)
    gradient[at] <- gradient[at] + mean(density)
    effect <- mean(density) * fit$estimate[at]
  }
  c(effect, sqrt(as.numeric(gradient %*% fit$covariance %*% gradient)))
}

logit <- function(rows, outcome, exposures, covariates = character(), categorical = character(),
                  wave_effects = TRUE, cluster = "person_id") {
  # glm(family = binomial); clustered: sandwich::vcovCL(type = "HC1").
  data <- terms_of(rows, outcome, exposures, covariates, categorical, wave_effects, TRUE, cluster)
  logit_rows(data, logit_fit(data, cluster))
}

attrition <- function(rows, targets, exposures, covariates = character(), categorical = character(), origin) {
  # glm(answered ~ x, family = binomial) for each target: who of those asked answered all of its waves.
  waves <- levels_of(rows$wave)
  found <- lapply(names(targets), function(name) {
    wanted <- targets[[name]]
    start <- if (origin == "latest") {
      before <- rows[rows$wave %in% waves[seq_len(min(match(wanted, waves)) - 1)], ]
      before[rank_of(before$wave) == ave(rank_of(before$wave), before$person_id, FUN = max), ]
    } else rows[rows$wave == origin, ]
    for (wave in wanted) start <- start[start$arm %in% unique(rows$arm[rows$wave == wave]), ]
    answered <- rows[rows$wave %in% wanted, ]
    counts <- tapply(answered$wave, answered$person_id, function(held) length(unique(held)))
    stayed <- names(counts)[counts == length(unique(wanted))]
    outcome <- paste0("answered_", name)
    start[[outcome]] <- as.numeric(start$person_id %in% stayed)
    data <- terms_of(start, outcome, exposures, covariates, categorical, FALSE, TRUE)
    fit <- logit_fit(data)
    spread <- sd(fit$chance)
    area <- area_under_curve(fit$chance, data$y)
    adjusted <- adjusted_r_indicator(data$x, fit)
    made <- rbind(
      logit_rows(data, fit),
      result(data, mean(data$y), NA, one_row("fit", "response_rate")),
      result(data, 1 - 2 * spread, NA, one_row("fit", "r_indicator")),
      result(data, spread / mean(fit$chance), NA, one_row("fit", "cv_probability")),
      result(data, area[1], area[2], one_row("fit", "auc")),
      result(data, adjusted[1], adjusted[2], one_row("fit", "r_indicator_adjusted"))
    )
    if (length(targets) > 1 && length(wanted) == 1) made$wave <- wanted
    made
  })
  do.call(rbind, found)
}

area_under_curve <- function(score, response) {
  # pROC::auc and pROC::var (DeLong), from mid-ranks.
  yes <- score[response == 1]; no <- score[response == 0]
  both <- rank(c(yes, no))
  above <- (both[seq_along(yes)] - rank(yes)) / length(no)
  below <- 1 - (both[length(yes) + seq_along(no)] - rank(no)) / length(yes)
  c(mean(above), sqrt(var(above) / length(yes) + var(below) / length(no)))
}

adjusted_r_indicator <- function(x, fit) {
  # 1 - 2 S, with S^2 freed of what it owes to estimating the probabilities (Shlomo, Skinner & Schouten 2012).
  n <- nrow(x); gap <- fit$chance - mean(fit$chance)
  gradient <- x * (fit$chance * (1 - fit$chance))
  gradient <- sweep(gradient, 2, colMeans(gradient))
  square <- sum(gap^2) / (n - 1) - sum((gradient %*% fit$covariance) * gradient) / n
  slope <- as.numeric(gap %*% gradient) / n
  moved <- (crossprod(gradient) / n) %*% fit$covariance
  squares <- gap^2
  variance <- 4 * as.numeric(slope %*% fit$covariance %*% slope) + 2 * sum(diag(moved %*% moved)) +
    mean((squares - mean(squares))^2) / n
  spread <- sqrt(max(square, 0))
  c(1 - 2 * spread, if (spread > 0) sqrt(variance) / spread else NA)
}

# --- estimates on the survey design --------------------------------------------------------------------------

filled <- function(rows, column) column %in% names(rows) && any(!is.na(rows[[column]]))

design_of <- function(rows, weight, lonely, subset, replicates = NULL) {
  # survey::svydesign(ids = ~psu, strata = ~stratum, weights = ~w, nest = TRUE), or svrepdesign() with replicates.
  # Without sampling units persons are the units where they have several rows, or else rows.
  if (!is.null(replicates)) {
    return(list(rows = rows, weights = rows[[weight]], lonely = lonely, subset = subset, factors = replicates$factors,
                each = as.matrix(replicates$weights)[match(rows$person_id, replicates$person_id), , drop = FALSE]))
  }
  strata <- filled(rows, "stratum"); psu <- filled(rows, "psu")
  if (is.null(weight) && filled(rows, "design_weight")) weight <- "design_weight"
  if (!is.null(weight)) rows <- rows[!is.na(rows[[weight]]) & rows[[weight]] != 0, , drop = FALSE]
  unit <- if (psu) rows$psu else if (anyDuplicated(rows$person_id)) rows$person_id else seq_len(nrow(rows))
  stratum <- if (strata) rows$stratum else rep("all", nrow(rows))
  if (anyNA(unit) || anyNA(stratum)) stop("rows without a stratum or a sampling unit")
  list(rows = rows, weights = if (is.null(weight)) rep(1, nrow(rows)) else rows[[weight]], stratum = stratum,
       unit = paste(stratum, unit, sep = "\r"), lonely = lonely, subset = subset)
}

taylor <- function(influence, stratum, unit, lonely, inside) {
  # Variance of a total by Taylor linearisation: between units within strata (survey's svyrecvar).
  totals <- rowsum(influence, unit)
  home <- stratum[match(rownames(totals), unit)]
  size <- table(home)[home]
  means <- tapply(totals, home, mean)[home]
  alone <- as.numeric(size) == 1
  if (lonely == "fail" && any(alone)) stop("a stratum has a single sampling unit")
  if (lonely == "adjust") means[alone] <- 0
  scale <- ifelse(alone, 1, as.numeric(size) / pmax(as.numeric(size) - 1, 1))
  variance <- sum(scale * (as.numeric(totals) - as.numeric(means))^2)
  if (lonely == "average") {
    reached <- unique(stratum[inside])
    variance <- variance * length(reached) / max(sum(!(reached %in% home[alone])), 1)
  }
  variance
}

design_row <- function(design, parts, domain, head) {
  # The sum of signed means, each over its rows; `domain` are the rows of the design that the cell lies in.
  if (any(sapply(parts, function(part) !any(part$rows)))) return(NULL)
  mean_of <- function(part, weights) part$sign * sum(weights[part$rows] * part$values[part$rows]) /
    sum(weights[part$rows])
  estimate <- sum(sapply(parts, mean_of, design$weights))
  answered <- Reduce(`|`, lapply(parts, function(part) part$rows))
  if (!is.null(design$each)) {
    each <- Reduce(`+`, lapply(parts, function(part) {
      used <- design$each[part$rows, , drop = FALSE]
      part$sign * colSums(used * part$values[part$rows]) / colSums(used)
    }))
    error <- sqrt(replicate_variance(matrix(each, nrow = 1), design$factors))
  } else {
    influence <- numeric(length(design$weights))
    for (part in parts) {
      w <- design$weights[part$rows]; total <- sum(w)
      ratio <- sum(w * part$values[part$rows]) / total
      influence[part$rows] <- influence[part$rows] + part$sign * w * (part$values[part$rows] - ratio) / total
    }
    used <- if (design$subset == "answered") answered else domain
    units <- length(unique(design$unit[answered])); strata <- length(unique(design$stratum[answered]))
    error <- if (units - strata < 1) NA else
      sqrt(taylor(influence[used], design$stratum[used], design$unit[used], design$lonely, answered[used]))
  }
  cbind(head, estimate = estimate, std_error = error)
}

head_of <- function(outcome, component, term, wave = "", group = "") {
  data.frame(outcome = outcome, component = component, term = term, wave = wave, group = group)
}

cells_of <- function(rows, group) {
  # Every wave, and every group in it.
  cells <- list()
  for (wave in levels_of(rows$wave)) {
    here <- rows$wave == wave
    groups <- if (is.null(group)) list(NULL) else as.list(levels_of(rows[[group]][here]))
    for (level in groups) {
      inside <- if (is.null(level)) here else here & !is.na(rows[[group]]) & rows[[group]] == level
      name <- if (is.null(level)) "" else level_name(level)
      cells[[length(cells) + 1]] <- list(wave = wave, group = name, rows = inside, domain = here)
    }
  }
  cells
}

design_means <- function(rows, outcomes, group = NULL, weight = NULL, lonely = "fail", subset = "domain",
                         replicates = NULL) {
  # survey::svyby(~y, ~wave, svymean), by wave: subset(design, wave == w), or a design of those who answered.
  design <- design_of(rows, weight, lonely, subset, replicates)
  made <- lapply(outcomes, function(outcome) {
    values <- design$rows[[outcome]]
    lapply(cells_of(design$rows, group), function(cell) {
      part <- list(sign = 1, values = values, rows = cell$rows & !is.na(values))
      design_row(design, list(part), cell$domain, head_of(outcome, "mean", outcome, cell$wave, cell$group))
    })
  })
  do.call(rbind, unlist(made, recursive = FALSE))
}

design_shares <- function(rows, outcomes, group = NULL, weight = NULL, lonely = "fail", subset = "domain",
                          replicates = NULL) {
  # survey::svymean(~factor(y)): the share of each answer.
  design <- design_of(rows, weight, lonely, subset, replicates)
  made <- lapply(outcomes, function(outcome) {
    values <- design$rows[[outcome]]
    lapply(levels_of(rows[[outcome]]), function(level) lapply(cells_of(design$rows, group), function(cell) {
      part <- list(sign = 1, values = (values == level) * 1, rows = cell$rows & !is.na(values))
      head <- head_of(outcome, "share", level_name(level), cell$wave, cell$group)
      design_row(design, list(part), cell$domain, head)
    }))
  })
  do.call(rbind, unlist(unlist(made, recursive = FALSE), recursive = FALSE))
}

design_changes <- function(rows, outcomes, group = NULL, weight = NULL, lonely = "fail", subset = "domain",
                           replicates = NULL) {
  # survey::svycontrast(svyby(~y, ~wave, design, svymean, covmat = TRUE)): the same people tie the waves together.
  rows <- rows[order(match(rows$person_id, unique(rows$person_id)), rank_of(rows$wave)), , drop = FALSE]
  first <- match(rows$person_id, rows$person_id)
  if (is.null(replicates)) for (column in c("stratum", "psu")) {
    if (filled(rows, column)) rows[[column]] <- rows[[column]][first]
  }
  design <- design_of(rows, weight, lonely, subset, replicates)
  everyone <- rep(TRUE, nrow(design$rows))
  groups <- if (is.null(group)) list(NULL) else as.list(levels_of(rows[[group]]))
  made <- list()
  for (outcome in outcomes) {
    values <- design$rows[[outcome]]
    waves <- levels_of(design$rows$wave[!is.na(values)])
    pairs <- lapply(seq_along(waves)[-1], function(at) waves[c(at - 1, at)])
    if (length(waves) > 2) pairs <- c(pairs, list(waves[c(1, length(waves))]))
    for (pair in pairs) {
      sides <- lapply(groups, function(level) {
        here <- !is.na(values)
        if (!is.null(level)) here <- here & !is.na(design$rows[[group]]) & design$rows[[group]] == level
        list(list(sign = 1, values = values, rows = here & design$rows$wave == pair[2]),
             list(sign = -1, values = values, rows = here & design$rows$wave == pair[1]))
      })
      term <- paste0(pair[1], "_to_", pair[2])
      for (at in seq_along(groups)) {
        name <- if (is.null(groups[[at]])) "" else level_name(groups[[at]])
        made <- c(made, list(design_row(design, sides[[at]], everyone, head_of(outcome, "change", term, pair[2], name))))
        if (at > 1) {
          opposite <- lapply(sides[[1]], function(part) { part$sign <- -part$sign; part })
          head <- head_of(outcome, "difference_of_changes", term, pair[2], name)
          made <- c(made, list(design_row(design, c(sides[[at]], opposite), everyone, head)))
        }
      }
    }
  }
  do.call(rbind, made)
}

design_differences <- function(rows, outcomes, group, weight = NULL, lonely = "fail", subset = "domain",
                               replicates = NULL) {
  # survey::svycontrast(svyby(~y, ~group, design, svymean, covmat = TRUE)) within each wave.
  design <- design_of(rows, weight, lonely, subset, replicates)
  levels <- levels_of(rows[[group]])
  made <- list()
  for (outcome in outcomes) for (wave in levels_of(design$rows$wave)) for (level in levels[-1]) {
    values <- design$rows[[outcome]]; here <- design$rows$wave == wave; held <- design$rows[[group]]
    part <- function(sign, value) list(sign = sign, values = values,
                                       rows = here & !is.na(values) & !is.na(held) & held == value)
    term <- paste0(level_name(level), "_minus_", level_name(levels[1]))
    head <- head_of(outcome, "difference", term, wave)
    made <- c(made, list(design_row(design, list(part(1, level), part(-1, levels[1])), here, head)))
  }
  do.call(rbind, made)
}

design_regression <- function(rows, outcome, exposures, covariates = character(), categorical = character(),
                              wave_effects = TRUE, weight = NULL, lonely = "fail", subset = "domain",
                              replicates = NULL) {
  # survey::svyglm(y ~ x, design).
  design <- design_of(rows, weight, lonely, subset, replicates)
  design$rows$row_number <- seq_len(nrow(design$rows))
  data <- terms_of(design$rows, outcome, exposures, covariates, categorical, wave_effects, TRUE, "row_number")
  used <- data$rows$row_number
  w <- design$weights[used]
  inverse <- solve(crossprod(data$x * w, data$x))
  estimate <- as.numeric(inverse %*% crossprod(data$x * w, data$y))
  if (!is.null(design$each)) {
    each <- apply(design$each[used, , drop = FALSE], 2, function(v) solve(crossprod(data$x * v, data$x),
                                                                          crossprod(data$x * v, data$y)))
    return(result(data, estimate, sqrt(replicate_variance(matrix(each, nrow = length(estimate)), design$factors))))
  }
  influence <- matrix(0, nrow(design$rows), length(estimate))
  influence[used, ] <- (data$x * (w * as.numeric(data$y - data$x %*% estimate))) %*% inverse
  inside <- seq_len(nrow(design$rows)) %in% used
  kept <- if (subset == "answered") inside else rep(TRUE, length(inside))
  error <- sapply(seq_along(estimate), function(at) {
    sqrt(taylor(influence[kept, at], design$stratum[kept], design$unit[kept], lonely, inside[kept]))
  })
  result(data, estimate, error)
}

read_replicates <- function(file, factors) {
  weights <- read.csv(file, check.names = FALSE, colClasses = c(person_id = "character"))
  list(person_id = weights$person_id, factors = factors,
       weights = weights[, setdiff(names(weights), c("person_id", "panel_weight"))])
}

# --- cross-lagged models -------------------------------------------------------------------------------------

cross_lagged <- function(rows, constructs, intercepts, lags = "free", residuals = "free", means = "free",
                         waves = NULL) {
  # lavaan: each score a random intercept (if `intercepts`) and a part that varies within the person; full information
  # maximum likelihood, robust (Huber-White) standard errors.
  if (is.null(waves)) {
    waves <- Filter(function(wave) all(colSums(!is.na(rows[rows$wave == wave, constructs, drop = FALSE])) > 0),
                    levels_of(rows$wave))
  }
  people <- unique(rows$person_id[rows$wave %in% waves])
  wide <- list()
  for (one in seq_along(constructs)) for (at in seq_along(waves)) {
    part <- rows[rows$wave == waves[at], ]
    wide[[paste0("v", one, "t", at)]] <- part[[constructs[one]]][match(people, part$person_id)]
  }
  wide <- as.data.frame(wide)
  score <- function(one, at) paste0("v", one, "t", at)
  own <- function(one, at) paste0(if (intercepts) "w" else "", score(one, at))
  same <- function(kind, label) if (kind == "equal") paste0(label, "*") else ""
  n <- length(constructs); last <- length(waves)
  lines <- character()
  if (intercepts) for (one in 1:n) {
    lines <- c(lines, paste0("RI", one, " =~ ", paste0("1*", score(one, 1:last), collapse = " + ")))
    lines <- c(lines, paste0("w", score(one, 1:last), " =~ 1*", score(one, 1:last)))
    lines <- c(lines, paste0(score(one, 1:last), " ~~ 0*", score(one, 1:last)))
    lines <- c(lines, paste0("RI", one, " ~~ ", paste0("RI", one:n, collapse = " + ")))
  }
  for (at in 1:last) for (one in 1:n) {
    later <- at > 1
    if (later) lines <- c(lines, paste0(own(one, at), " ~ ", paste0(
      sapply(1:n, function(other) same(lags, paste0("b", one, "_", other))), own(1:n, at - 1), collapse = " + ")))
    held <- if (later) residuals else "free"
    lines <- c(lines, paste0(own(one, at), " ~~ ", paste0(
      sapply(one:n, function(other) same(held, paste0("c", one, "_", other))), own(one:n, at), collapse = " + ")))
    lines <- c(lines, paste0(score(one, at), " ~ ", same(means, paste0("m", one)), "1"))
  }
  fit <- suppressWarnings(lavaan::lavaan(paste(lines, collapse = "\n"), wide, missing = "fiml", estimator = "MLR"))
  made <- lavaan::parameterEstimates(fit, remove.eq = FALSE)
  made <- made[made$op == "~", ]
  place <- function(name) as.numeric(sub(".*t", "", name)); which_one <- function(name) as.numeric(sub(".*v([0-9]+)t.*", "\\1", name))
  found <- data.frame(outcome = constructs[which_one(made$lhs)], component = "lag", term = constructs[which_one(made$rhs)],
                      wave = if (lags == "equal") "" else waves[place(made$lhs)], group = "", estimate = made$est,
                      std_error = made$se)
  found[!duplicated(found[c("outcome", "term", "wave")]), ]
}

# --- comparing -----------------------------------------------------------------------------------------------

comparison <- new.env()
comparison$numbers <- 0
comparison$differing <- 0
comparison$greatest <- 0
comparison$skipped <- 0

KEY <- c("outcome", "component", "term", "wave", "group")

compare <- function(model, found, tolerance, expected) {
  # Prints each number of a model as the pipeline and as R have it. A difference is a share of the number, or of its
  # standard error where that is larger; one beyond the tolerance is counted.
  wanted <- expected[expected$model == model, , drop = FALSE]
  place <- match(do.call(paste, c(wanted[KEY], sep = "\r")), do.call(paste, c(found[KEY], sep = "\r")))
  cat("\n", model, " (", nrow(wanted), " estimates)\n", sep = "")
  for (at in seq_len(nrow(wanted))) {
    row <- wanted[at, ]
    name <- paste(Filter(nzchar, c(row$outcome, row$component, row$term, if (row$wave != row$term) row$wave, row$group)),
                  collapse = ", ")
    for (part in c("estimate", "std_error")) {
      value <- row[[part]]
      if (is.na(value)) next
      own <- if (is.na(place[at])) NA else found[[part]][place[at]]
      difference <- abs(own - value) / max(abs(value), if (is.na(row$std_error)) 0 else row$std_error, 1e-12)
      comparison$numbers <- comparison$numbers + 1
      differs <- is.na(difference) || difference > tolerance[[part]]
      if (differs) comparison$differing <- comparison$differing + 1
      if (!is.na(difference)) comparison$greatest <- max(comparison$greatest, difference)
      cat(sprintf("  %s %-9s pipeline %15.9g   R %15.9g   difference %8.1e   %s\n", if (differs) "x" else " ",
                  if (part == "estimate") "estimate" else "se", value, own, difference, name))
    }
  }
}

not_compared <- function(model, why) {
  comparison$skipped <- comparison$skipped + 1
  cat("\n", model, ": not compared. ", why, "\n", sep = "")
}

conclude <- function() {
  cat(sprintf("\n%d numbers compared, %d differ by more than the tolerance; greatest relative difference %.1e. ",
              comparison$numbers, comparison$differing, comparison$greatest))
  cat(sprintf("%d models not compared (see above).\n", comparison$skipped))
  if (comparison$differing > 0) quit(status = 1, save = "no")
}
