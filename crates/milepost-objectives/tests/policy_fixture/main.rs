//! Policy objectives against recorded verl, OpenRLHF and TRL.

#[path = "../common/mod.rs"]
mod common;

mod arrays;
mod critic;
mod divergence;
mod openrlhf;
mod trl;
mod verl;

use common::for_every_section;

#[test]
fn fixture_every_section_of_policy_losses() {
    for_every_section(
        "policy_losses.json",
        &[
            ("verl_ppo", verl::ppo),
            ("verl_ppo_clip_higher", verl::ppo),
            ("verl_gspo", verl::gspo),
            ("verl_cispo", verl::cispo),
            ("verl_gpg_loss", verl::gpg),
            ("verl_sapo", verl::sapo),
            ("verl_geo_mean", verl::geo_mean),
            ("verl_dro", verl::dro),
            ("verl_dppo_tv", verl::dppo_tv),
            ("verl_dppo_kl", verl::dppo_kl),
            ("verl_kl_cov", verl::kl_cov),
            ("verl_agg_loss", verl::agg_loss),
            ("verl_kl_penalty", divergence::verl),
            ("openrlhf_approx_kl", divergence::openrlhf),
            ("verl_value_loss", critic::value_loss),
            ("verl_entropy", critic::entropy),
            ("openrlhf_policy_loss", openrlhf::policy_loss),
            ("trl_grpo_losses", trl::grpo_losses),
            // Rewards and a controller, not objectives: they live in, and are checked by, milepost-credit.
            ("verl_kl_in_reward", |_, _| {}),
            ("verl_adaptive_kl", |_, _| {}),
        ],
    );
}
