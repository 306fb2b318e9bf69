# Further numbers on panel_wide.csv: transition shares with area-clustered logit intervals; the attrition logits of
# run.R converged to the last digit (glm's default stops at 1e-8 of the deviance, and takes the standard errors one
# step before that).
# Run in this folder: Rscript more.R
suppressMessages({library(survey); library(jsonlite)})
p <- read.csv("panel_wide.csv"); R <- list()
br <- quantile(p$trust1, c(1/3, 2/3)); cutter <- function(x) as.character(cut(x, c(-Inf, br, Inf), labels = c("lo", "mid", "hi")))
p$from <- cutter(p$trust1); p$to <- ifelse(is.na(p$trust2), "missing", cutter(p$trust2))
rows <- list()
for (a in c("lo", "mid", "hi")) for (b in c("lo", "mid", "hi", "missing")) {
  p$hit <- as.numeric(p$to == b); d <- subset(svydesign(ids = ~area, weights = ~1, data = p), from == a)
  ci <- svyciprop(~hit, d, method = "logit", df = length(unique(p$area)) - 1)
  m <- svymean(~hit, d); rows[[length(rows) + 1]] <- list(origin = a, destination = b, share = as.numeric(coef(m)), std_error = as.numeric(SE(m)), conf_low = as.numeric(attr(ci, "ci")[1]), conf_high = as.numeric(attr(ci, "ci")[2]))
}
R$transitions_clustered_by_area <- rows
ct <- function(m) { s <- summary(m)$coefficients; lapply(setNames(rownames(s), rownames(s)), function(r) as.list(setNames(s[r, ], c("estimate", "se", "stat", "p")))) }
for (v in c("female", "ageg", "edu", "ethnic")) p[[v]] <- factor(p[[v]])
p$edu <- relevel(p$edu, "mid"); p$ageg <- relevel(p$ageg, "35-54"); p$ethnic <- relevel(p$ethnic, "white")
tight <- glm.control(epsilon = 1e-15, maxit = 100); el <- p[p$died_w3 == 0, ]
R$attrition_logit <- ct(glm(resp4 ~ female + ageg + edu + ethnic + trust1 + contact1, binomial, el, control = tight))
R$sequential <- list(); ok <- rep(TRUE, nrow(el))
for (w in 2:4) { d <- el[ok, ]; d$y <- d[[paste0("resp", w)]]; R$sequential[[paste0("wave", w)]] <- ct(glm(y ~ female + ageg + edu + trust1, binomial, d, control = tight)); ok <- ok & el[[paste0("resp", w)]] == 1 }
writeLines(toJSON(R, auto_unbox = TRUE, digits = NA, pretty = TRUE), "more.json")
