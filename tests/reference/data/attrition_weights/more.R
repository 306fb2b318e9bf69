# Further numbers on panel_wide.csv: transition shares with area-clustered logit intervals.
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
writeLines(toJSON(R, auto_unbox = TRUE, digits = NA, pretty = TRUE), "more.json")
