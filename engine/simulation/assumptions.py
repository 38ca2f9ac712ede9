"""Every number the synthetic city assumes, in one place, with where it comes from.

These are assumptions of a simulation, not policy: no firm is judged by them. "Chosen" means set by hand so that the
record counts, result mix and predictability of the city resemble what is published about real ones.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Rates, mixes and effect sizes of the generator. Rates are per year, shares 0..1, effects on the logit scale."""

    # --- register -------------------------------------------------------------------------------------------------
    type_shares: tuple[float, float, float] = (0.45, 0.50, 0.05)
    """Enterprises, individual businesses, cooperatives: chosen, near the national register's make-up."""
    stock_share: float = 0.62
    """Entities that exist before the first day; the others are founded in the years simulated. Chosen."""
    mean_age_years: tuple[float, float, float] = (7.5, 5.5, 8.0)
    longest_age_years: float = 32.0
    exit_rates: tuple[float, float, float] = (0.045, 0.075, 0.04)
    """Leaving the register: chosen, of the order of published yearly cancellation rates."""
    exit_risk_slope: float = 0.25
    exit_shares: tuple[float, float, float, float] = (0.70, 0.12, 0.12, 0.06)
    """Cancelled, revoked, closed, moved out. Chosen."""
    mean_silent_days: tuple[float, float, float, float] = (45.0, 300.0, 30.0, 15.0)
    """From the end of trading to the register's entry, same order: revoked firms are long gone. Chosen."""
    gone_rate: float = 0.002
    """Stops trading without telling the register ("unreachable"). Chosen."""
    move_rate: float = 0.025
    capital_change_rate: float = 0.012
    without_uscc_share: float = 0.006
    """Individual businesses founded before 2015 that never changed to an 18-character code. Chosen."""
    shared_address_share: float = 0.05
    """Enterprises registered at an address shared by many (cluster registration). Chosen."""

    # --- hidden risk ----------------------------------------------------------------------------------------------
    type_effects: tuple[float, float, float] = (0.0, 0.12, -0.2)
    district_effect_sd: float = 0.12
    young_effect: float = 0.35
    young_decay_years: float = 3.0
    latent_sd: float = 1.15
    """With the observable part this gives an AUC of the true risk of about .75 for random findings."""
    latent_yearly_correlation: float = 0.95
    """Compliance changes slowly: past scores are the best single predictor in the public inspection records."""

    # --- inspectors -----------------------------------------------------------------------------------------------
    inspectors_per_thousand: float = 6.0
    strictness_sd: float = 0.35
    """Chicago's inspectors show an intra-class correlation of .10 (STATS §4), .6 on this scale; ours work to a list."""
    expired_share: float = 0.03
    left_share: float = 0.08
    recusals_per_inspector: float = 0.15
    yearly_cap: tuple[int, int] = (80, 140)

    # --- inspections ----------------------------------------------------------------------------------------------
    item_logit_shift: float = -0.42
    """Brings the mean over a risk of sd 1 back to the item's base rate: E logistic(a + Z) > logistic(a)."""
    unreachable_share: float = 0.006
    """Registered address of a trading entity where nobody is met, at average risk; Tianning 2017: 3 of 97."""
    unreachable_risk_slope: float = 0.7
    gone_unreachable_share: float = 0.45
    """Of entities that stopped trading; the others are found closed (``exited``)."""
    no_activity_share: float = 0.02
    refused_share: float = 0.006
    """Of visits with a problem. Chosen."""
    second_code_share: float = 0.10
    publicity_mix: tuple[float, ...] = (0.08, 0.55, 0.12, 0.25, 0.0)
    """Publicity items: pending, not_publicised, false_publicity, corrected, other_law.
    Tianning 2017 of 19 problems: 10 not publicised, 6 corrected, 3 unreachable."""
    conduct_mix: tuple[float, ...] = (0.20, 0.03, 0.02, 0.63, 0.12)
    """Other items, same order. Chosen."""
    mean_further_minor: float = 0.7
    major_share: float = 0.20
    major_risk_slope: float = 0.3
    critical_share: float = 0.04
    critical_risk_slope: float = 0.6
    onsite_share: float = 0.72
    document_share: float = 0.18
    late_publicity_share: float = 0.03
    """Results public later than 20 working days; targets ask for none (DOMAIN §6.1)."""
    referral_rate: float = 0.022
    referral_risk_slope: float = 0.9
    directed_shift: float = 0.9
    """A lead points to what is wrong: directed checks find more at the same risk. Chosen."""
    unfounded_shift: float = -0.3
    """After a complaint that proves unfounded a check finds a little less than chance would have it. Chosen."""
    directed_second_item_share: float = 0.35

    highest_rate: float = 24.0
    """No entity meets any kind of event more often than this, however risky. Chosen."""

    # --- complaints -----------------------------------------------------------------------------------------------
    complaint_rate: float = 0.22
    complaint_risk_slope: float = 1.0
    complaint_checked_share: float = 0.88
    complaint_visit_share: float = 0.22
    substantiated_logit: float = -1.2
    substantiated_risk_slope: float = 0.8

    # --- penalties and repair -------------------------------------------------------------------------------------
    penalty_shares: tuple[float, float, float] = (0.08, 0.40, 0.85)
    """Adverse finding that ends in a penalty, by its gravest violation: minor, major, critical. Chosen."""
    case_rate: float = 0.01
    case_risk_slope: float = 1.0
    severity_mix: tuple[tuple[float, float, float, float], ...] = (
        (0.35, 0.45, 0.20, 0.00),
        (0.08, 0.32, 0.56, 0.04),
        (0.00, 0.08, 0.62, 0.30),
    )
    """Penalty level none, minor, ordinary, serious, by gravest violation. Chosen."""
    fine_medians_cny: tuple[float, float, float] = (800.0, 6_000.0, 60_000.0)
    fine_log_sd: float = 0.8
    confiscation_share: float = 0.3
    ordinary_repair_share: float = 0.40
    serious_repair_share: float = 0.25
    overturned_share: float = 0.012
    """Revoked, corrected or withdrawn after reconsideration. Chosen."""

    # --- lists ----------------------------------------------------------------------------------------------------
    missing_report_logit: float = -4.2
    missing_report_risk_slope: float = 1.0
    missing_report_gone_share: float = 0.7
    abnormal_after_publicity_share: float = 0.5
    abnormal_removed_share: float = 0.78
    abnormal_mean_days: float = 170.0
    defaulter_rate: float = 0.004
    defaulter_risk_slope: float = 0.8
    defaulter_removed_share: float = 0.5
    defaulter_mean_days: float = 300.0
    serious_after_penalty_share: float = 0.4
    serious_early_share: float = 0.3

    # --- registers: reports, licences, outside grades, links; all chosen ----------------------------------------------
    late_report_share: float = 0.45
    """Of missing reports, those filed after all."""
    zero_report_logit: float = -3.2
    zero_report_risk_slope: float = 0.6
    report_checked_share: float = 0.03
    false_report_logit: float = -2.5
    false_report_risk_slope: float = 0.8
    licence_shares: tuple[float, float, float] = (0.30, 0.35, 0.10)
    """Enterprises, individual businesses, cooperatives that hold a licence."""
    lapse_logit: float = -2.4
    lapse_risk_slope: float = 0.7
    sanction_logit: float = -5.0
    sanction_risk_slope: float = 0.9
    graded_share: float = 0.5
    graded_noise_sd: float = 1.0
    graded_cuts: tuple[float, float, float, float] = (-1.2, 0.6, 1.4, 2.4)
    """Seen risk from which on the next worse place is given."""
    link_shares: tuple[float, float, float] = (0.12, 0.06, 0.04)
    """Enterprises with a legal representative, a shareholder, a head office in common with others."""
    link_noise_sd: float = 1.0

    def as_json(self) -> dict[str, object]:
        """Return the assumptions as JSON can hold them."""
        return asdict(self)
