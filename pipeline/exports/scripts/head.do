version 14
clear all
set more off
set varabbrev off
scalar compared = 0
scalar differing = 0
scalar greatest = 0

program define compare_number
    // A number of the pipeline and Stata's: the difference is a share of it, or of its standard error if that is larger.
    args name pipeline own tolerance error
    scalar difference = abs(`own' - `pipeline') / max(abs(`pipeline'), `error', 1e-12)
    scalar compared = scalar(compared) + 1
    local mark " "
    if missing(scalar(difference)) | scalar(difference) > `tolerance' {
        local mark "x"
        scalar differing = scalar(differing) + 1
    }
    if !missing(scalar(difference)) {
        scalar greatest = max(scalar(greatest), scalar(difference))
    }
    display "  `mark' pipeline " %15.9g `pipeline' "   Stata " %15.9g `own' "   difference " %8.1e scalar(difference) "   `name'"
end

program define replicate_error, rclass
    // The spread of an expression over the replicate weights: the command is run with each in place of @.
    args factor expression command
    tempname value total squares before
    _estimates hold `before', restore
    scalar `total' = 0
    scalar `squares' = 0
    local number = 0
    foreach weight of varlist replicate_* {
        local once : subinstr local command "@" "`weight'", all
        quietly `once'
        scalar `value' = `expression'
        scalar `total' = `total' + `value'
        scalar `squares' = `squares' + `value'^2
        local number = `number' + 1
    }
    return scalar se = sqrt(`factor' * (`squares' - `total'^2 / `number'))
end

program define declare_design
    // Strata and sampling units where the panel has them; persons are the units where it has none.
    args weight lonely
    capture drop stratum_n unit_n
    quietly count if !missing(stratum)
    local strata ""
    if r(N) > 0 {
        egen long stratum_n = group(stratum)
        local strata "strata(stratum_n)"
    }
    quietly count if !missing(psu)
    if r(N) > 0 {
        egen long unit_n = group(stratum psu), missing
    }
    else {
        egen long unit_n = group(person_id)
    }
    local by ""
    if "`weight'" != "" {
        quietly drop if missing(`weight') | `weight' == 0
        local by "[pweight = `weight']"
    }
    svyset unit_n `by', `strata' singleunit(`lonely')
end

program define design_estimate
    // svy: of a command about a variable, over the rows marked `inside': the others stay in the design as a domain, or
    // leave it.
    args command outcome inside subset
    if "`subset'" == "answered" {
        quietly keep if `inside'
        quietly svy: `command'
    }
    else {
        quietly replace `outcome' = 0 if missing(`outcome')
        quietly svy, subpop(`inside'): `command'
    }
end
