"""What rows of estimates are about: one record per component, from which tables, figures and pooling take their facts.

The order of the records is the order of printing.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.specs.records import Records


@dataclass(frozen=True)
class Component:
    """One value of the column ``component`` of the Estimates table.

    ``label`` stands in a sentence after the name of the term, ``heading`` above its column in a table of models (empty:
    not shown there), ``legend`` beside its mark in a figure of coefficients (None: not drawn there).
    """

    key: str
    label: str = ""
    heading: str = ""
    legend: str | None = None
    sorted_first: bool = False  # rows of a regression come in the order of these records; all others follow
    refitted: bool = False  # estimated anew with each set of replicate weights
    log_scale: bool = False  # a ratio: pooled, and given its interval, on the log scale
    derived: bool = False  # the same result on another scale: meant only where it is named
    level: bool = False  # a level at one wave, as trends show it
    compared: bool = False  # a level, or a difference of levels, that is read across waves or groups
    is_change: bool = False  # compares waves by itself
    is_difference: bool = False  # compares groups by itself
    in_units: bool = False  # in units of its outcome for one unit of its term: others are on another scale
    relates: bool = False  # relates two measures, in units of neither
    is_path: bool = False  # from one wave to the next, and in such units: compared with other paths only standardised

    @property
    def is_association(self) -> bool:
        """Whether it relates two measures, so that it may be compared where one unit of each is as much everywhere."""
        return (self.in_units or self.relates) and not self.compared


COMPONENTS: Records[Component] = Records(
    "a component of estimates",
    Component(
        "within",
        "within a person",
        "Within a person",
        legend="Within a person, over time",
        sorted_first=True,
        in_units=True,
    ),
    Component("between", "between people", "Between people", legend="Between people", sorted_first=True, in_units=True),
    Component("contextual", "between less within", legend="Contextual", sorted_first=True, in_units=True),
    Component("coefficient", "", "Estimate", legend="", sorted_first=True, refitted=True, in_units=True),
    Component("persistence", "at the next wave, of itself", "Wave before", sorted_first=True, in_units=True),
    Component("lagged", "of an earlier wave", sorted_first=True, in_units=True),
    Component("history", "by the answer of a wave", sorted_first=True, in_units=True),
    Component("wave", "wave", sorted_first=True, refitted=True, compared=True, is_change=True),
    Component("intercept", "intercept", sorted_first=True, refitted=True),
    Component("contrast", "", refitted=True, in_units=True),
    Component("threshold", "threshold", sorted_first=True, refitted=True),
    Component("within_minus_between", "within less between", in_units=True),
    Component("fixed_minus_random", "fixed less random effects", in_units=True),
    Component("long_run", "in the long run", derived=True, in_units=True),
    Component("odds_ratio", "as an odds ratio", log_scale=True, derived=True, in_units=True),
    Component("rate_ratio", "as a rate ratio", log_scale=True, derived=True, in_units=True),
    Component("marginal_effect", "average change in probability", derived=True, in_units=True),
    Component("prediction", "predicted", refitted=True, derived=True),
    Component("standardised", "per standard deviation", derived=True, relates=True),
    Component("standardised_latent", "standardised on the latent outcome", derived=True, relates=True),
    Component(
        "effect", "effect of the treatment", "Effect of the treatment", legend="Effect of the treatment", in_units=True
    ),
    Component("event_time", "by time since the start", in_units=True),
    Component("event_time_band", "by time since the start, simultaneous band", derived=True, in_units=True),
    Component("cohort_effect", "by start", in_units=True),
    Component("calendar_effect", "by wave", in_units=True),
    Component("group_time", "by start and wave", in_units=True),
    Component("group_time_band", "by start and wave, simultaneous band", derived=True, in_units=True),
    Component("comparison", "comparison of groups", in_units=True),
    Component("comparison_weight", "weight of the comparison"),
    Component("honest_bounds", "if trends diverge", derived=True, in_units=True),
    Component("breakdown", "divergence at which the effect is no longer told from zero"),
    Component("smooth_bounds", "if trends go on straight, or bend", derived=True, in_units=True),
    Component("smooth_breakdown", "bend of trends at which the effect is no longer told from zero"),
    Component("detectable_slope", "difference in trends that would have been found"),
    Component("synthetic", "mixture of other areas"),
    Component("donor_weight", "share in the mixture"),
    Component("level_change", "change in level", "Change in level", legend="Change in level", in_units=True),
    Component("slope_change", "change in slope", "Change in slope", in_units=True),
    Component("trend", "slope before", "Slope before", in_units=True),
    Component("departure", "departure from the course before", in_units=True),
    Component("counterfactual", "had the course before gone on"),
    Component("variance", "variance"),
    Component("standard_deviation", "standard deviation between groups"),
    Component("random_correlation", "correlation of random effects"),
    Component("autocorrelation", "correlation of residuals one step apart"),
    Component("icc", "intraclass correlation"),
    Component("r_squared", "share of variance explained"),
    Component("working_correlation", "working correlation of answers"),
    Component("test", "test"),
    Component("fit", "fit"),
    Component("sample", "sample"),
    Component("mean", "mean", level=True, compared=True),
    Component("share", "share", level=True, compared=True),
    Component("ratio", "ratio"),
    Component("quantile", "quantile", compared=True),
    Component("total", "total", compared=True),
    Component("change", "change", compared=True, is_change=True),
    Component("difference", "difference", compared=True, is_difference=True),
    Component("difference_of_changes", "difference of changes", compared=True, is_change=True, is_difference=True),
    Component("design_effect", "design effect", derived=True),
    Component("association", "association"),
    Component("simple_slope", "at a value of the moderator", refitted=True, derived=True, in_units=True),
    Component("slope_curve", "along the moderator", refitted=True, derived=True, in_units=True),
    Component("slope_region", "where the slope differs from zero", derived=True),
    Component("moderator", "share of the answers", derived=True),
    Component("version", "", in_units=True),
    *(
        Component(f"{key}{level}", f"{label}{where}", in_units=not derived, derived=derived)
        for key, label, derived in (
            ("path", "path", False),
            ("indirect_effect", "indirect effect", False),
            ("total_indirect_effect", "total indirect effect", False),
            ("direct_effect", "direct effect", False),
            ("total_effect", "total effect", False),
            ("proportion_mediated", "share of the total effect that is mediated", True),
            ("indirect_difference", "difference of indirect effects", False),
            ("sensitivity_rho", "correlation of errors at which nothing is mediated", True),
            ("robustness_value", "robustness value", True),
            ("e_value", "E-value of the indirect effect", True),
        )
        for level, where in (("", ""), ("_within", " within a person"), ("_between", " between people"))
    ),
    Component("standardised_within", "within a person, standardised", relates=True),
    Component("standardised_between", "between people, standardised", relates=True),
    Component("explained_within", "share of the change within people"),
    Component("explained_between", "share of the difference between people"),
    Component("indirect_within_minus_between", "indirect effect within less between", in_units=True),
    Component("missing_information", "share of the information missing"),
    Component("tipping_curve", "with missing answers shifted"),
    Component("tipping_point", "tipping point"),
    Component("cell", "", in_units=True),
    Component("diagnostic", "diagnostic"),
    Component("multiverse", "over all analyses"),
    Component("variance_share", "share of the variance between analyses"),
    Component("joint_test", "joint test over all analyses"),
    Component("equivalence", "equivalence test", derived=True),
    Component("corrected", "corrected for several tests", derived=True),
    Component("lag", "at the next wave, within a person", in_units=True, is_path=True),
    Component("lag_standardised", "at the next wave, standardised", relates=True),
    Component("lag_rescaled", "at the next wave, rescaled to one interval", in_units=True, is_path=True),
    Component("between_correlation", "correlation of lasting levels", relates=True),
    Component("covariance", "covariance", relates=True),
    Component("correlation", "correlation", relates=True),
    Component("covariate", "effect of a covariate", in_units=True),
    Component("ladder", "comparison of nested models"),
    Component("growth", "growth", compared=True, is_change=True),
    Component("growth_variance", "variance of growth"),
    Component("growth_covariance", "covariance of growth"),
    Component("feedback", "of change on its own level before", is_path=True),
    Component("coupling", "of change on the level before", in_units=True, is_path=True),
    Component("derived", ""),
    Component("score_test", "score test of an equality"),
    Component("loading", "loading"),
    Component("loading_standardised", "standardised loading"),
    Component("configural", "configural invariance"),
    Component("thresholds", "threshold invariance"),
    Component("metric", "metric invariance"),
    Component("scalar", "scalar invariance"),
    Component("strict", "strict invariance"),
    Component("partial scalar", "partial scalar invariance"),
    Component("partial strict", "partial strict invariance"),
    Component("invariance", "invariance"),
    Component("latent_mean", "latent mean", compared=True),
    Component("latent_mean_partial", "latent mean under partial invariance"),
    Component("reliability", "reliability"),
    Component("alpha_without", "alpha without the item"),
)
"""Component → its record."""
