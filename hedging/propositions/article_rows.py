"""The 34 claims: what is said about Kazakhstan, and what the models say to it.

Each row is a number, a key, the claim, the propositions that answer it, a verdict, the answer and
what speaks against the claim.  A name without a proposition stands for all about that model.
"""

from __future__ import annotations

__all__ = ["ROWS", "VERDICTS"]

VERDICTS = {
    "proved": "all that the answer rests on follows by algebra for all parameters",
    "proved in part": "some of it follows by algebra, all agrees with the solver wherever tried",
    "confirmed": "nothing of it is proved, all agrees with the solver wherever tried",
    "qualified": "the claim holds in one part of the models and fails in another",
    "contradicted": "the claim fails in all the models that speak of it",
    "illustrated by data": "a fact, which the models take as given",
}
"""A model proves what follows from its assumptions, never that these are the facts."""

Row = tuple[int, str, str, tuple[str, ...], str, str, str]

ROWS: tuple[Row, ...] = (
    (
        1,
        "between_two_giants",
        "A large landlocked state of few people has steered between Russia and China since 1991, "
        "and courted the West as well.",
        ("triadic_hedging.complete_solution", "triadic_hedging.calibrated_cases"),
        "illustrated by data",
        "M's choice among two camps and hedging, against two powers that accommodate or press, is "
        "solved completely; with the values of its own trade and arms Kazakhstan hedges quietly in "
        "every window at the default parameters.",
        "",
    ),
    (
        2,
        "keep_everyone_content",
        "A pragmatic policy that keeps every partner content may be what lets a medium power "
        "thrive.",
        (
            "triadic_hedging.critical_immunity",
            "common_agency.hedging_is_implemented",
        ),
        "proved in part",
        "Hedging is an equilibrium where what it retains is at least the best single patron and "
        "immunity is at least critical; it is efficient where what it is worth to all exceeds the "
        "best exclusive tie.",
        "",
    ),
    (
        3,
        "connector",
        "Geography makes it the connector of eastern China, Central Asia and Siberia.",
        ("bridge_rivalry.sole_hub", "bridge_rivalry.coexistence_band"),
        "confirmed",
        "The state with the larger share is the sole hub where the rest does not repay a second "
        "one; two hubs coexist in a band of shares.",
        "",
    ),
    (
        4,
        "neighbour_of_both",
        "Only three states border both giants.",
        ("triadic_hedging.capitulation_threshold", "triadic_hedging.calibrated_cases"),
        "illustrated by data",
        "Within reach of both, M can be coerced by both; whether it gives in to one alone is a "
        "threshold of its immunity.  Mongolia, the nearest comparator, hedges too.",
        "",
    ),
    (
        5,
        "division_of_labour",
        "Russia keeps its security and China builds its economy.",
        ("sphere_division.pure_equilibria", "sphere_division.grim_respect"),
        "proved",
        "Spheres are respected where entry pays neither power alone, and where it pays both if "
        "they are patient enough.",
        "",
    ),
    (
        6,
        "china_enters_security",
        "China's part in Central Asian security is growing.",
        ("sphere_division.pure_equilibria", "sphere_division.chicken_mix"),
        "proved",
        "B enters security as soon as its share of the rent exceeds the cost of entry, and A does "
        "not answer where friction outweighs its own gain.",
        "",
    ),
    (
        7,
        "gifts_and_sales",
        "China courts with gifts and arms: lorries and trailers in 2015, transport aircraft in "
        "2018.",
        (
            "influence_contest.regimes",
            "influence_contest.neutrality_lowers_rents",
            "courtship_race.price_of_alignment",
        ),
        "proved in part",
        "Whether both powers court, one or none depends on M's neutrality; while both do, a more "
        "neutral M draws smaller outlays.",
        "",
    ),
    (
        8,
        "chinese_arms",
        "China's share of Central Asian arms rose from 1.5 % to 18 % in a decade.",
        (
            "sphere_division.pure_equilibria",
            "sphere_division.erosion_path",
            "sphere_division.least_patience",
        ),
        "illustrated by data",
        "Past the cost of entry respect is no longer B's best reply; as B's share grows it takes "
        "more patience to restrain B and less to restrain A.",
        "The SIPRI register of January 2025 has 1.6 % (2010-2014) and 12.8 % (2015-2020), and less "
        "than 1 % for Kazakhstan itself (2015-2019).",
    ),
    (
        9,
        "rival_institutions",
        "Both are top trade partners and compete through institutions.",
        (
            "common_agency.truthful_equilibrium",
            "courtship_race.pure_equilibria",
        ),
        "confirmed",
        "Offers that depend on what M does lead to what is best for all three together; bids for "
        "sole alignment have several equilibria.",
        "",
    ),
    (
        10,
        "shared_red_line",
        "Russia and China agree that it must not drift into an American sphere.",
        (
            "red_line_veto.two_guardians_deter_less",
            "red_line_veto.two_guardians_are_not_alone",
            "red_line_veto.equal_guardians",
            "red_line_veto.never_certain",
        ),
        "qualified",
        "A shared line is as safe as a line with one guardian where one of the two takes on the "
        "guard and the other rides free; such equilibria exist wherever both guard, one for each "
        "guardian, and often where both do not.  In none does M stay for sure.",
        "Where both guard, mixing with M, the line is crossed more often than with either alone, "
        "as each leaves the costly posture to the other: at the defaults with probability .084, "
        "against .044 (A guards) and .057 (B).  Which of the three is played is left open.",
    ),
    (
        11,
        "deliberate_hedging",
        "The government hedges between the two and others on purpose.",
        (
            "triadic_hedging.pure_equilibria",
            "hedging_bimatrix.complete_set",
            "alignment_ladder.pure_equilibria",
            "alignment_ladder.rises_with_value",
        ),
        "proved in part",
        "Parameters divide into regions where M aligns, hedges or mixes, each with its own "
        "inequalities.",
        "",
    ),
    (
        12,
        "western_ties_offset",
        "It takes economic support from both neighbours and keeps Western ties to offset them.",
        (
            "triadic_hedging.immunity_has_three_sources",
            "triadic_hedging.critical_immunity",
            "triadic_hedging.capitulation_threshold",
        ),
        "proved",
        "An offset is immunity from another source: enough of it carries M over the critical "
        "immunity and the threshold of capitulation.",
        "",
    ),
    (
        13,
        "no_sides_taken",
        "It takes no side between America and China while receiving both.",
        (
            "ambiguity_signalling.productive_ambiguity",
            "ambiguity_signalling.empty_window",
        ),
        "confirmed",
        "In a window of beliefs both powers court a state that does not say which way it leans; "
        "the window closes where courting is too dear.",
        "",
    ),
    (
        14,
        "american_interest",
        "The American strategy to 2025 consolidates interest in the country.",
        (
            "triadic_hedging.own_policy",
            "triadic_hedging.offset_begins",
            "triadic_hedging.immunity_has_three_sources",
        ),
        "proved",
        "With the third courtier not a player but an offset to pressure: a better outside option "
        "never ends a quiet hedge, and enough of it begins one where M prefers hedging.",
        "",
    ),
    (
        15,
        "regional_enabler",
        "It makes itself useful to America in the region, with scholarships and wheat for "
        "Afghanistan.",
        (
            "mediation_immunity.pure_equilibria",
            "mediation_immunity.mixed_equilibrium",
        ),
        "confirmed",
        "A service that costs more than the standing it brings is given, for certain or sometimes, "
        "only where the immunity that it buys is worth the cost.",
        "",
    ),
    (
        16,
        "useful_to_each",
        "It is a buffer and market for Russia, a gateway for China, a welcome neutral for America.",
        (
            "triadic_hedging.standing_stakes",
            "triadic_hedging.useful_buffer",
            "triadic_hedging.usefulness_helps",
            "common_agency.hedging_is_implemented",
        ),
        "qualified",
        "Usefulness decides what is jointly best, and deters pressure where the powers commit "
        "before M chooses.",
        "Where all move at once usefulness changes no equilibrium: a power that presses loses "
        "nothing of it.",
    ),
    (
        17,
        "partner_of_all",
        "It is the partner of all and the ally of none.",
        ("alliance_dilemma.pure_equilibria", "alliance_dilemma.regimes"),
        "proved in part",
        "Distance is the best reply where the alliance is worth less than its risk of entrapment, "
        "weighed against the risk of abandonment.",
        "",
    ),
    (
        18,
        "asian_geneva",
        "It would be an Asian Geneva: size and place do not fix political weight.",
        (
            "hedging_population.bloc_and_hedgers",
            "mediator_credibility.neutral_is_not_believed",
        ),
        "qualified",
        "Hedgers survive beside a bloc that is worth more to them than to its own members.",
        "A neutral mediator that fears war is not believed: trust takes a stake in the party.",
    ),
    (
        19,
        "record_of_mediation",
        "It has a record of mediation: Astana, Russia and Turkey, Iran, Ukraine.",
        (
            "mediation_immunity.pure_equilibria",
            "mediator_credibility.trust",
        ),
        "confirmed",
        "A channel that is worth much to a power replaces immunity: it refrains so as not to lose "
        "it.",
        "",
    ),
    (
        20,
        "immunity_by_mediation",
        "Taking part in others' settlements buys immunity from pressure to take sides.",
        (
            "triadic_hedging.critical_immunity",
            "hedging_bimatrix.critical_immunity",
            "mediation_immunity.pure_equilibria",
            "mediation_immunity.immunity_makes_both_rarer",
        ),
        "proved in part",
        "At the critical immunity pressure stops, and the value of the channel lowers what is "
        "needed.",
        "Where M mixes, more immunity makes pressure rarer but mediation rarer as well.",
    ),
    (
        21,
        "shelter_from_criticism",
        "It shelters the country from criticism of its closeness to either side.",
        (
            "mediation_immunity.pure_equilibria",
            "ambiguity_signalling.productive_ambiguity",
        ),
        "confirmed",
        "Mediation pays by itself where standing is worth its cost, and ambiguity where its own "
        "cost is small against being courted.",
        "",
    ),
    (
        22,
        "hearing_state",
        "Consultation with society is to make policy credible.",
        (
            "coercive_demand.voice",
            "coercive_demand.backward_induction",
            "coercive_demand.empty_threat",
        ),
        "confirmed",
        "A public pledge makes resistance credible beyond a threshold of audience cost, and "
        "changes the outcome exactly where conflict would cost the demander a little.",
        "",
    ),
    (
        23,
        "challengers",
        "Azerbaijan and Uzbekistan would be bridges too.",
        ("bridge_rivalry.coexistence_band", "bridge_rivalry.hub_mix", "bridge_rivalry.larger_hub"),
        "proved in part",
        "Two bridges coexist in a band of shares; outside it the rivals play chicken or one stands "
        "aside.",
        "",
    ),
    (
        24,
        "vaccines_from_both",
        "It takes vaccines from Russia and from China.",
        (
            "common_agency.hedging_is_implemented",
            "alignment_portfolio.diversification",
            "alignment_portfolio.best_share",
        ),
        "proved in part",
        "Taking from both is what menus bring about where it has the largest joint surplus, and "
        "diversifying pays a cautious state where returns differ less than risk.",
        "",
    ),
    (
        25,
        "rivalry_tests_the_balance",
        "The balance will be tested as great-power rivalry hardens.",
        ("triadic_hedging.critical_rivalry", "triadic_hedging.rivalry_path"),
        "proved in part",
        "The quiet hedge survives up to a critical rivalry, 1.6 at the defaults; beyond it M "
        "hedges with falling probability: .86, .76, .49, .23 at 1.7, 2, 2.5, 4.",
        "Not steadily: while the second power begins to press too, hedging recovers a little.  And "
        "where fear of drift dominates no rivalry breaks the hedge (see 31).",
    ),
    (
        26,
        "trust_of_several",
        "To keep the trust of one party is hard, of several in conflict nearly impossible.",
        (
            "patient_hedging.nearly_impossible",
            "patient_hedging.partners_threshold",
            "patient_hedging.partners_u_shape",
            "mediator_credibility.not_both_sides",
        ),
        "qualified",
        "With any false alarms, beyond some number of partners no patience suffices; and mediators "
        "of opposed bias are never both believed.",
        "A few partners may be easier than one: each adds to the stake before noise wins.",
    ),
    (
        27,
        "smaller_groupings",
        "Groupings without Russia and China could follow ASEAN or the Nordic Council.",
        (
            "regional_grouping.pure_equilibria",
            "regional_grouping.symmetric_mixtures",
        ),
        "confirmed",
        "A grouping that needs k members has equilibria with exactly k and with none, and two in "
        "which all join with the same probability.",
        "",
    ),
    (
        28,
        "regional_goodwill",
        "They would earn it goodwill as an arbiter of regional disputes.",
        (
            "regional_grouping.symmetric_mixtures",
            "regional_grouping.no_third_root",
        ),
        "confirmed",
        "A larger benefit per cost is what makes joining with some probability an equilibrium at "
        "all.",
        "",
    ),
    (
        29,
        "not_all_is_decided_by_giants",
        "Great powers need not decide everything.",
        ("triadic_hedging.own_policy", "triadic_hedging.capitulation_threshold"),
        "proved",
        "Immunity, retention and the cost of hedging are M's own, and improving them never ends a "
        "quiet hedge.",
        "",
    ),
    (
        30,
        "pivotal_when_tension_rises",
        "Middle powers are pivotal for more than one side when tension rises.",
        (
            "courtship_race.price_of_alignment",
            "courtship_race.quiet_hedge_and_race",
        ),
        "qualified",
        "In a race for alignment the price is the smaller of the two powers' stakes, which grow "
        "with tension.",
        "The same game may have a quiet hedge in which nobody bids and M earns nothing.",
    ),
    (
        31,
        "flexible_states_in_demand",
        "As competition moves to Asia, states that mediate and bend will be in demand.",
        (
            "triadic_hedging.drift_protects",
            "hedging_population.bloc_and_hedgers",
        ),
        "qualified",
        "Where each power fears M's drift more than it values concessions, hedging survives any "
        "rivalry.",
        "Otherwise the opposite: rivalry beyond a critical value breaks the hedge (see 25).",
    ),
    (
        32,
        "stabilisers",
        "Middle powers stabilise the relations of great powers.",
        (
            "triadic_hedging.drift_protects",
            "common_agency.hedging_is_implemented",
        ),
        "proved in part",
        "Drift makes lone pressure defeat itself, and hedging can be what is best for all three.",
        "",
    ),
    (
        33,
        "not_fully_replicable",
        "Size, resources and the Soviet legacy make it hard to copy.",
        (
            "triadic_hedging.calibrated_cases",
            "hedging_population.bloc_and_hedgers",
        ),
        "illustrated by data",
        "The same parameters make Belarus align and others hedge; and where hedgers live on a bloc "
        "they are diluted by their own number.",
        "",
    ),
    (
        34,
        "pragmatic_patience",
        "The lesson is usefulness to all, flexibility and pragmatic patience.",
        (
            "patient_hedging.grim_trigger",
            "patient_hedging.waiting_option",
            "patient_hedging.limited_punishment",
        ),
        "proved in part",
        "Even-handedness and keeping options open are kept by patience above thresholds in closed "
        "form.",
        "",
    ),
)
