# An unbalanced panel with gaps, missing answers and a nested cluster design, and what R's plm, lme4, sandwich and survey
# make of it. Re-run: cd models && Rscript run.R
source("../ref_utils.R")
suppressMessages({library(plm); library(lme4); library(sandwich); library(survey)})
set.seed(20261)
n <- 420; waves <- 5
stratum <- sample(c("north", "centre", "south", "isles"), n, TRUE, c(.35, .4, .24, .01))
psu <- ifelse(stratum == "isles", 1, sample(1:12, n, TRUE))          # numbered within the stratum
psu[stratum == "south"] <- sample(1:4, sum(stratum == "south"), TRUE)
psu_effect <- rnorm(60, 0, .3)[as.integer(factor(paste(stratum, psu)))]
person <- data.frame(person_id = sprintf("p%03d", sample(n)), stratum, psu, design_weight = round(exp(rnorm(n, 0, .4)), 3),
  is_woman = rbinom(n, 1, .55), education = sample(c("none", "school", "degree"), n, TRUE), u = rnorm(n, 0, .7) + psu_effect, m = rnorm(n, 3, .8))
d <- do.call(rbind, lapply(1:waves, function(t) {
  contact <- person$m + rnorm(n, 0, .7) + .1 * t; threat <- 4 - .4 * contact + .3 * person$u + rnorm(n, 0, .6)
  data.frame(person[c("person_id", "stratum", "psu", "design_weight", "is_woman", "education")], wave = sprintf("w%02d", t), contact, threat,
    trust = 1 + .25 * (contact - person$m) + .45 * person$m - .15 * threat + .2 * person$is_woman + c(0, .1, .05, -.1, .15)[t] + person$u + rnorm(n, 0, .5)) }))
here <- d$wave == "w01" | runif(nrow(d)) < c(.95, .85, .75, .65, .6)[as.integer(factor(d$wave))]; here[d$person_id %in% person$person_id[1:25] & d$wave == "w01"] <- FALSE
d <- d[here, ]; d$psu <- as.integer(d$psu)
d$trust[runif(nrow(d)) < .04] <- NA; d$threat[runif(nrow(d)) < .03] <- NA
d$trust[d$stratum == "south" & d$psu > 1 & d$wave == "w04"] <- NA    # leaves one unit with answers there
d$helped <- rbinom(nrow(d), 1, plogis(-1 + .4 * d$contact - .2 * ifelse(is.na(d$threat), 2, d$threat) + .3 * d$is_woman)); d$helped[is.na(d$threat)] <- NA
d <- d[sample(nrow(d)), ]; d[c("contact", "threat", "trust")] <- round(d[c("contact", "threat", "trust")], 4)
write.csv(d, "panel.csv", row.names = FALSE, na = "")
R <- list()
# ---- plm
cc <- d[complete.cases(d[c("trust", "contact", "threat")]), ]; for (l in c("none", "school")) cc[[l]] <- as.numeric(cc$education == l); for (w in 2:5) cc[[sprintf("w%02d", w)]] <- as.numeric(cc$wave == sprintf("w%02d", w))
P <- pdata.frame(cc, index = c("person_id", "wave")); f <- trust ~ contact + threat + w02 + w03 + w04 + w05; g <- trust ~ contact + threat
tab <- function(m, V) { b <- coef(m); list(coef = as.list(b), se = as.list(sqrt(diag(as.matrix(V)))[names(b)]), df = df.residual(m), n = nobs(m)) }
three <- function(m) list(classical = tab(m, vcov(m)), hc1 = tab(m, vcovHC(m, type = "HC1", cluster = "group")), stata = tab(m, vcovHC(m, type = "sss", cluster = "group")), none = tab(m, vcovHC(m, type = "HC0", cluster = "group")))
R$pooled <- three(plm(update(f, . ~ . + is_woman + none + school), P, model = "pooling")); R$within <- three(plm(f, P, model = "within"))
R$within_twoways <- three(plm(g, P, model = "within", effect = "twoways")); x <- cc[order(cc$person_id, cc$wave), ]; i <- which(x$person_id[-1] == x$person_id[-nrow(x)]) + 1      # plm's vcovHC stops at persons with one row
dx <- data.frame(lapply(x[c("trust", "contact", "threat")], function(v) v[i] - v[i - 1])); fd <- lm(g, dx); who <- x$person_id[i]; hc0 <- vcovCL(fd, who, type = "HC0", cadjust = FALSE)
stopifnot(max(abs(coef(fd) - coef(plm(g, P, model = "fd")))) < 1e-10)
R$fd <- list(classical = tab(plm(g, P, model = "fd"), vcov(plm(g, P, model = "fd"))), hc1 = tab(fd, hc0 * nobs(fd) / df.residual(fd)), stata = tab(fd, vcovCL(fd, who, type = "HC1")), none = tab(fd, hc0))
adjacent <- as.integer(substr(x$wave[i], 3, 3)) - as.integer(substr(x$wave[i - 1], 3, 3)) == 1; R$fd_adjacent <- { m <- lm(g, dx[adjacent, ]); tab(m, vcov(m)) }
R$random <- three(plm(update(f, . ~ . + is_woman + none + school), P, model = "random")); R$random$ercomp <- as.list(ercomp(plm(update(f, . ~ . + is_woman + none + school), P, model = "random"))$sigma2)
R$pooled_weighted <- { m <- plm(g, P, model = "pooling", weights = design_weight); tab(m, vcov(m)) }
R$within_weighted <- { m <- lm(trust ~ contact + threat + factor(wave) + person_id, cc, weights = cc$design_weight * (1 + .1 * as.integer(factor(cc$wave)))); list(coef = as.list(coef(m)[2:3]), se = as.list(sqrt(diag(vcov(m)))[2:3]), df = df.residual(m)) }
R$hausman <- ht(phtest(plm(f, P, model = "within"), plm(f, P, model = "random"))); R$hausman_no_waves <- ht(phtest(plm(g, P, model = "within"), plm(g, P, model = "random")))
R$hausman_time_constant <- ht(phtest(plm(f, P, model = "within"), plm(update(f, . ~ . + is_woman + none + school), P, model = "random")))
po <- lm(trust ~ contact + threat + factor(wave), cc); R$pooled_by_psu <- list(coef = as.list(coef(po)), se = ses(vcovCL(po, cluster = paste(cc$stratum, cc$psu), type = "HC1")))
for (v in c("contact", "threat")) { cc[[paste0(v, "_m")]] <- ave(cc[[v]], cc$person_id); cc[[paste0(v, "_w")]] <- cc[[v]] - cc[[paste0(v, "_m")]] }
# ---- lme4
mix <- function(reml) { m <- lmer(trust ~ contact_w + contact_m + threat_w + threat_m + is_woman + education + factor(wave) + (1 | person_id), cc, REML = reml, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11)))
  v <- as.data.frame(VarCorr(m))$vcov; L <- rbind(c(0, 1, -1, rep(0, 9)), c(0, 0, 0, 1, -1, rep(0, 7))); L <- L[, seq_along(fixef(m))]; dl <- L %*% fixef(m)
  list(fixed = ct(coef(summary(m))), person = v[1], residual = v[2], logLik = as.numeric(logLik(m)), wald = as.numeric(t(dl) %*% solve(L %*% as.matrix(vcov(m)) %*% t(L)) %*% dl)) }
R$mixed_reml <- mix(TRUE); R$mixed_ml <- mix(FALSE)
# ---- glm
lg <- glm(helped ~ contact + threat + is_woman + education, binomial, d, control = list(epsilon = 1e-14)); used <- d[as.integer(match(names(fitted(lg)), rownames(d))), ]
R$logit <- list(coef = ct(coef(summary(lg))), se_person_HC1 = ses(vcovCL(lg, cluster = used$person_id, type = "HC1")), mcfadden = 1 - lg$deviance / lg$null.deviance)
# ---- survey: means by wave and group, shares, both subsets, every lonely rule
des <- function(x) svydesign(~psu, strata = ~stratum, weights = ~design_weight, data = x, nest = TRUE)
one <- function(s) list(est = as.numeric(coef(s)), se = as.numeric(SE(s)))
for (rule in c("certainty", "adjust", "remove", "average")) { options(survey.lonely.psu = rule)
  R$means[[rule]] <- list(
    answered = lapply(split(d, d$wave), function(x) one(svymean(~trust, des(x[!is.na(x$trust), ])))),
    domain = lapply(split(d, d$wave), function(x) one(svymean(~trust, subset(des(x), !is.na(trust))))),
    answered_women = lapply(split(d, d$wave), function(x) one(svymean(~trust, des(x[!is.na(x$trust) & x$is_woman == 1, ])))),
    domain_women = lapply(split(d, d$wave), function(x) one(svymean(~trust, subset(des(x), !is.na(trust) & is_woman == 1)))))
}
options(survey.lonely.psu = "certainty")
R$deff <- lapply(split(d, d$wave), function(x) as.numeric(deff(svymean(~trust, des(x[!is.na(x$trust), ]), deff = "replace"))))
R$shares <- lapply(split(d, d$wave), function(x) { s <- svymean(~education, des(x)); list(est = as.list(coef(s)), se = as.list(SE(s))) })
R$unweighted <- lapply(split(d, d$wave), function(x) one(svymean(~trust, svydesign(~1, data = x[!is.na(x$trust), ], weights = rep(1, sum(!is.na(x$trust)))))))
# ---- the panel as one design: changes between waves, differences between groups, ratios, quantiles, regression
cn <- function(...) { s <- svycontrast(...); list(est = as.numeric(coef(s)), se = as.numeric(SE(s))) }
a <- des(d); over <- list(answered = des(d[!is.na(d$trust), ]), domain = subset(a, !is.na(trust)))
for (k in names(over)) { b <- svyby(~trust, ~wave, over[[k]], svymean, covmat = TRUE); bg <- svyby(~trust, ~wave + is_woman, over[[k]], svymean, covmat = TRUE)
  R$changes[[k]] <- list(w02_w01 = cn(b, c(w01 = -1, w02 = 1)), w05_w01 = cn(b, c(w01 = -1, w05 = 1)), w05_w04 = cn(b, c(w04 = -1, w05 = 1)))
  R$difference_of_changes[[k]] <- cn(bg, c(w01.0 = 1, w05.0 = -1, w01.1 = -1, w05.1 = 1)) }
difference <- function(x) cn(svyby(~trust, ~is_woman, x, svymean, covmat = TRUE), c("0" = -1, "1" = 1))
R$differences <- list(answered = lapply(split(d, d$wave), function(x) difference(des(x[!is.na(x$trust), ]))), domain = lapply(split(d, d$wave), function(x) difference(subset(des(x), !is.na(trust)))))
R$ratio <- lapply(split(d, d$wave), function(x) { s <- svyratio(~trust, ~contact, des(x[!is.na(x$trust), ])); list(est = as.numeric(coef(s)), se = as.numeric(SE(s))) })
R$quantile <- lapply(split(d, d$wave), function(x) { q <- svyquantile(~contact, des(x), c(.1, .25, .5, .9)); k <- svyquantile(~helped, subset(des(x), !is.na(helped)), .5); list(contact = as.data.frame(q$contact), helped = as.data.frame(k$helped)) })
gm <- function(m) { s <- summary(m); list(coef = ct(s$coefficients), df = m$df.residual) }
R$svyglm <- list(linear = gm(svyglm(trust ~ contact + threat + factor(wave), a)), logit = gm(svyglm(helped ~ contact + threat + is_woman, a, family = quasibinomial(), control = list(epsilon = 1e-14))))
R$total <- lapply(split(d, d$wave), function(x) one(svytotal(~helped, subset(des(x), !is.na(helped)))))
save_ref(R, c("plm", "lme4", "sandwich", "survey"), c("panel.csv is simulated here; waves w01-w05; psu numbers repeat between strata; stratum isles has one unit.",
  "south has one unit with answers to trust in w04."))
