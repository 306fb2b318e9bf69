# Multilevel regression with post-stratification by lme4 (tightened). Run: Rscript poststratified.R
suppressMessages({library(lme4); library(jsonlite)}); R <- list()
set.seed(41); m <- 16; ages <- c("16-34", "35-54", "55+"); edu <- c("degree", "none", "other", "school")
census <- expand.grid(area = sprintf("A%02d", 1:m), age = ages, education = edu, stringsAsFactors = FALSE); census$count <- sample(40:900, nrow(census), TRUE)
dep <- round(runif(m, 5, 45), 1); census$deprivation <- dep[match(census$area, sprintf("A%02d", 1:m))]; census <- census[order(census$area, census$age, census$education), ]
N <- 700; pick <- census[sample(nrow(census), N, TRUE, census$count), ]; pick <- pick[pick$area != "A05", ]; n <- nrow(pick)
eta <- c(0, .3, .6)[match(pick$age, ages)] + c(.5, -.2, 0, .1)[match(pick$education, edu)] - .02 * pick$deprivation + rnorm(m, 0, .4)[match(pick$area, sprintf("A%02d", 1:m))]
people <- data.frame(area = pick$area, age = pick$age, education = pick$education, trust = round(3 + eta + rnorm(n, 0, .9), 2), volunteers = rbinom(n, 1, plogis(eta)))
write.csv(people, "cell_people.csv", row.names = FALSE, quote = FALSE); write.csv(census, "census.csv", row.names = FALSE, quote = FALSE)
d <- merge(people, unique(census[, c("area", "deprivation")])); ctl <- list(rhobeg = 1e-2, rhoend = 1e-12, maxfun = 1e5)
lc <- lmerControl(optimizer = "bobyqa", optCtrl = ctl, check.conv.grad = "ignore", check.conv.hess = "ignore", check.conv.singular = "ignore"); gc <- glmerControl(optimizer = "bobyqa", optCtrl = ctl, tolPwrss = 1e-13, check.conv.grad = "ignore", check.conv.hess = "ignore")
post <- function(f) { census$p <- predict(f, census, type = "response", allow.new.levels = TRUE); w <- census$count; list(area = as.vector(tapply(census$p * w, census$area, sum) / tapply(w, census$area, sum)), overall = sum(census$p * w) / sum(w), beta = unname(fixef(f)), std_error = unname(sqrt(diag(as.matrix(vcov(f, use.hessian = FALSE))))), sd = as.data.frame(VarCorr(f))$sdcor, loglik = as.numeric(logLik(f))) }
R$gaussian <- post(lmer(trust ~ age + education + deprivation + (1 | area), d, control = lc))
R$gaussian_random <- post(lmer(trust ~ age + (1 | area) + (1 | education), d, control = lc))
R$binary <- post(glmer(volunteers ~ age + education + deprivation + (1 | area), d, binomial, control = gc))
R$binary_random <- post(glmer(volunteers ~ age + (1 | area) + (1 | education), d, binomial, control = gc))
writeLines(toJSON(R, digits = I(16), auto_unbox = TRUE), "poststratified.json")
