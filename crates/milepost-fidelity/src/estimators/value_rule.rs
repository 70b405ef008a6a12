use milepost_credit::CreditError;

use super::Critic;
use crate::{CaIdCard, Context, CreditEstimator, Estimate, FidelityError, Meter, Needs, Unit};

/// A credit rule that needs the rewards of an episode and a critic's values of it, nothing else.
///
/// `rule(horizon)` gives a closure `(rewards, values, credit)` that is called once per episode and may keep
/// buffers of the length of the longest one.
pub(super) trait ValueRule: Send {
    /// Name and parameters, without the critic: `gae(gamma=1,lambda=0.95`.
    fn title(&self) -> String;

    /// Discount of the values that the critic is fitted on.
    fn gamma(&self) -> f64;

    /// The critic.
    fn critic(&self) -> &Critic;

    /// The critic, to be fitted.
    fn critic_mut(&mut self) -> &mut Critic;

    /// What is credited.
    fn unit(&self) -> Unit {
        Unit::Step
    }

    /// The rule.
    fn rule(
        &self,
        horizon: usize,
    ) -> impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError> + use<'_, Self>;
}

impl<T: ValueRule> CreditEstimator for T {
    fn name(&self) -> String {
        format!("{},critic={})", self.title(), self.critic().name())
    }

    fn card(&self) -> CaIdCard {
        self.critic().card(self.unit())
    }

    fn needs(&self) -> Needs {
        self.critic().needs()
    }

    fn wants_episodes(&self) -> usize {
        self.critic().wants_episodes()
    }

    fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        let gamma = self.gamma();
        self.critic_mut().fit(context, gamma, meter)
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        self.critic().credit(context, meter, self.rule(context.horizon()))
    }
}

/// The answers of a [`ValueRule`] that are the same for every struct with fields `gamma` and `critic`.
macro_rules! fields_of_a_value_rule {
    () => {
        fn gamma(&self) -> f64 {
            self.gamma
        }

        fn critic(&self) -> &Critic {
            &self.critic
        }

        fn critic_mut(&mut self) -> &mut Critic {
            &mut self.critic
        }
    };
}
pub(super) use fields_of_a_value_rule;
