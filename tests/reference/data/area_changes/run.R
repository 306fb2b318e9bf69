# Changes of area means between waves on a panel, with R's survey: the same people, so that means covary.
# Rscript run.R writes panel.csv (made up) and reference.json. survey 4.1.1, jsonlite.
suppressMessages(library(survey)); library(jsonlite)
set.seed(20240611)
n <- 420
people <- data.frame(
  person_id = sprintf("p%04d", 1:n), stratum = paste0("s", 1 + (1:n) %% 4), area = sample(c("north", "south", "east", "coast"), n, TRUE, c(.45, .3, .17, .08)),
  level = rnorm(n, 55, 14))
people$psu <- paste0(people$stratum, "-", sample(1:9, n, TRUE))
people$arm <- ifelse(people$area == "coast", "elsewhere", "invested")
rows <- do.call(rbind, lapply(1:3, function(w) {
  here <- people[runif(n) > c(.05, .25, .4)[w], ]
  here$wave <- sprintf("w%02d", w)
  here$weight <- round(exp(rnorm(nrow(here), 0, .4)), 4)
  here$trust <- round(here$level + 1.5 * w - 3 * (here$area == "south") * w + rnorm(nrow(here), 0, 9), 3)
  for (q in 1:3) here[[paste0("q", q)]] <- round(here$level + q + w + rnorm(nrow(here), 0, 12), 3)
  if (w == 1) here$q3 <- NA
  here
}))
rows$level <- NULL
rows$both <- round(rowMeans(rows[, c("q1", "q2", "q3")], na.rm = TRUE), 10)  # the scale as published, on what was asked
write.csv(rows, "panel.csv", row.names = FALSE, na = "")
rows <- read.csv("panel.csv")
rows$common <- rowMeans(rows[, c("q1", "q2")])  # on the questions of both waves

options(survey.lonely.psu = "certainty")
designs <- list(
  persons = svydesign(ids = ~person_id, weights = ~weight, data = rows),
  units = svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = rows, nest = TRUE))
out <- list()
one <- function(by, what, name) {
  k <- svycontrast(by, what)
  out[[name]] <<- list(estimate = unname(coef(k)[1]), std_error = unname(SE(k)[1]))
}
for (d in names(designs)) for (measure in c("trust", "common")) {
  by <- svyby(as.formula(paste0("~", measure)), ~area + wave, designs[[d]], svymean, covmat = TRUE)
  for (a in unique(rows$area)) {
    for (p in list(c(1, 2), c(2, 3), c(1, 3))) {
      w <- sprintf("%s.w%02d", a, p)
      one(by, setNames(c(-1, 1), w), paste(d, measure, "difference", a, p[2], p[1]))
      one(by, parse(text = sprintf("100 * `%s` / `%s`", w[2], w[1]))[[1]], paste(d, measure, "ratio", a, p[2], p[1]))
    }
    if (a != "coast") for (w in 1:3)
      one(by, setNames(c(1, -1), sprintf(c(paste0(a, ".w%02d"), "coast.w%02d"), w)), paste(d, measure, "comparison", a, w))
    one(by, setNames(c(1, -.5, -.5), paste0(a, c(".w03", ".w01", ".w02"))), paste(d, measure, "earlier", a))
  }
}
# those of the area who answered either wave as a design of their own
for (a in unique(rows$area)) {
  own <- svydesign(ids = ~person_id, weights = ~weight, data = rows[rows$area == a & rows$wave %in% c("w01", "w02"), ])
  by <- svyby(~trust, ~wave, own, svymean, covmat = TRUE)
  one(by, c("w01" = -1, "w02" = 1), paste("answered trust difference", a, 2, 1))
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "reference.json")
