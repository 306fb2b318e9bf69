# Two-stage designs, lonely units, Rao-Scott tests and calibrated designs of R's survey, on simulated people.
source("../ref_utils.R")
suppressMessages(library(survey))
set.seed(11); R <- list()
# ---- 3 strata of 12, 9 and 6 places, of which 5, 4 and 1 are drawn; 4 to 9 of 20 to 40 people of each
strata <- c(north = 12, south = 9, isles = 6); drawn <- c(north = 5, south = 4, isles = 1)
d <- do.call(rbind, lapply(names(strata), function(s) do.call(rbind, lapply(seq_len(drawn[[s]]), function(p) { n <- sample(4:9, 1); of <- sample(20:40, 1); lean <- rnorm(1, 0, .6)
  data.frame(stratum = s, place = p, person = seq_len(n), places = strata[[s]], people = of, weight = strata[[s]] / drawn[[s]] * of / n, lean = lean, row.names = NULL) }))))
n <- nrow(d); d$contact <- round(3 + d$lean + rnorm(n), 3); d$trust <- round(2 + .5 * d$contact + d$lean + rnorm(n, 0, .7), 3)
d$helped <- rbinom(n, 1, plogis(-.5 + .6 * d$lean)); d$education <- sample(c("none", "school", "degree"), n, TRUE, c(.3, .4, .3)); d$woman <- rbinom(n, 1, .5)
d$answer <- cut(d$trust + rnorm(n, 0, .5), c(-Inf, 3, 4, Inf), labels = c("low", "middle", "high")); d$lean <- NULL; d$id <- seq_len(n)
write.csv(d, "people.csv", row.names = FALSE)
st <- function(x) list(est = as.numeric(coef(x)), se = as.numeric(SE(x)))
gl <- function(m) ct(summary(m)$coefficients)
test <- function(d, f) lapply(list(F = "F", Chisq = "Chisq"), function(s) { h <- svychisq(f, d, statistic = s); list(statistic = as.numeric(h$statistic), parameter = as.numeric(h$parameter), p = as.numeric(h$p.value)) })
block <- function(d) list(mean = st(svymean(~trust, d)), total = st(svytotal(~helped, d)), ratio = st(svyratio(~trust, ~contact, d)), domain = st(svymean(~trust, subset(d, woman == 1))),
  lm = gl(svyglm(trust ~ contact + woman, d)), answer_by_woman = test(d, ~answer + woman), answer_by_education = test(d, ~answer + education), helped_by_woman = test(d, ~helped + woman))
# ---- two stages, both without replacement, under each rule for the stratum of one place
for (rule in c("certainty", "adjust", "average", "remove")) { options(survey.lonely.psu = rule); R$two_stage[[rule]] <- block(svydesign(ids = ~place + id, strata = ~stratum, fpc = ~places + people, weights = ~weight, data = d, nest = TRUE)) }
# ---- one stage with replacement, under each rule; a domain that leaves strata with one unit
for (rule in c("certainty", "adjust", "average", "remove")) { options(survey.lonely.psu = rule); R$one_stage[[rule]] <- block(svydesign(ids = ~place, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)) }
options(survey.lonely.psu = "certainty"); R$independent <- block(svydesign(ids = ~1, weights = ~weight, data = d))
# ---- calibrated designs: the residual of the margins is what varies
g <- svydesign(ids = ~place, strata = ~stratum, weights = ~weight, data = d, nest = TRUE); N <- sum(d$weight)
mar <- function(v, s) { z <- data.frame(names(s), N * unname(s)); names(z) <- c(v, "Freq"); z }
women <- mar("woman", c("0" = .48, "1" = .52)); school <- mar("education", c(none = .25, school = .45, degree = .3))
made <- list(raked = rake(g, list(~woman, ~education), list(women, school), control = list(maxit = 500, epsilon = 1e-13)), post_stratified = postStratify(g, ~education, school),
  linear = calibrate(g, ~factor(woman) + education, c(`(Intercept)` = N, `factor(woman)1` = .52 * N, educationnone = .25 * N, educationschool = .45 * N)))
R$calibrated <- lapply(made, function(m) list(weights = as.numeric(weights(m)), mean = st(svymean(~trust, m)), total = st(svytotal(~helped, m)), lm = gl(svyglm(trust ~ contact + woman, m))))
# ---- the same people a wave later, some gone: jackknife of changes, differences of groups, regression, raked anew
later <- d; later$trust <- round(d$trust + .15 + .2 * d$woman + rnorm(n, 0, .5), 3); stays <- rbinom(n, 1, plogis(1 + .4 * d$woman)) == 1
long <- rbind(cbind(d, wave = "w01"), cbind(later, wave = "w02")[stays, ]); write.csv(long[c("id", "stratum", "place", "weight", "wave", "trust", "contact", "woman", "education")], "waves.csv", row.names = FALSE)
jk <- as.svrepdesign(svydesign(ids = ~place, strata = ~stratum, weights = ~weight, data = long, nest = TRUE), type = "JKn")
margins <- list(list(~woman, ~education), list(transform(women, Freq = Freq * sum(long$weight) / N), transform(school, Freq = Freq * sum(long$weight) / N)))
raked <- rake(jk, margins[[1]], margins[[2]], control = list(maxit = 500, epsilon = 1e-13))
cn <- function(b, w) { x <- svycontrast(b, w); list(est = as.numeric(coef(x)), se = as.numeric(SE(x))) }
R$jackknife <- lapply(list(design = jk, raked = raked), function(g) list(change = cn(svyby(~trust, ~wave, g, svymean, covmat = TRUE), c(w01 = -1, w02 = 1)),
  difference = cn(svyby(~trust, ~woman, subset(g, wave == "w02"), svymean, covmat = TRUE), c("0" = -1, "1" = 1)), ratio = st(svyratio(~trust, ~contact, subset(g, wave == "w02"))),
  lm = gl(svyglm(trust ~ contact + woman + wave, g))))
save_ref(R, c("survey"), c("people.csv is simulated here; the stratum isles has one place."))
