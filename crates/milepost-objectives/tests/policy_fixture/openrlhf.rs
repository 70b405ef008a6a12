//! OpenRLHF's policy loss.

use milepost_credit::Aggregation;
use milepost_objectives::profiles;
use milepost_testkit::golden::{Case, Section};

use crate::arrays::Arrays;
use crate::common::{expect, flag, given, scalar, word};

pub(crate) fn policy_loss(section: &Section, case: &Case) {
    let (low, high) = (scalar(case, "clip_eps_low"), scalar(case, "clip_eps_high"));
    let per_token = flag(case, "token_level_loss");
    let mode = if per_token { Aggregation::TokenMean } else { Aggregation::SeqMeanTokenMean };
    let objective = match word(case, "policy_loss_type") {
        "ppo" => profiles::openrlhf::ppo(low, high, given(case, "dual_clip"), mode),
        "gspo" => profiles::openrlhf::gspo(low, high),
        other => panic!("no loss is called {other}"),
    };
    let (report, gradient) = Arrays::read(case, "action_mask").evaluate(&objective);
    let tolerance = section.tolerance.f64;
    expect(tolerance, case, "loss", &[report.loss]);
    expect(tolerance, case, "grad_log_prob", &gradient);
    expect(tolerance, case, "clip_ratio", &[report.clip_fraction()]);
    expect(tolerance, case, "ppo_kl", &[report.approx_kl()]);
}
