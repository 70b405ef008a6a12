use std::fmt;

use milepost_eval::verdict::Direction;
use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use crate::measures::Known;

/// What is made of a quantity's course over training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Its value at the last evaluation.
    Final,
    /// Its mean over the budget: the area under the curve divided by its length.
    AreaUnder,
    /// Its best value at any evaluation.
    Peak,
    /// How much of its best value is lost again by the end; never negative.
    Lost,
    /// What is spent until it first reaches the threshold, in the unit of the budget; the whole budget if it never does.
    StepsTo,
    /// The mean over all iterations of training of a number or count that the loop reports.
    Training,
}

impl Form {
    const ALL: [Self; 6] =
        [Self::Final, Self::AreaUnder, Self::Peak, Self::Lost, Self::StepsTo, Self::Training];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Final => "final-",
            Self::AreaUnder => "area-under-",
            Self::Peak => "peak-",
            Self::Lost => "lost-",
            Self::StepsTo => "steps-to-",
            Self::Training => "training-",
        }
    }
}

/// One number a run is judged by: a form and a quantity, such as `final-success`, `area-under-return`,
/// `steps-to-success` or `training-entropy`.
///
/// Quantities are those of every evaluation (`success`, `return`, `length`), the environment's own
/// [measures](crate::measures), and, for [`Form::Training`], whatever the loop reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct MetricName {
    form: Form,
    of: String,
}

/// The success rate.
pub(crate) const SUCCESS: &str = "success";
/// The mean return.
pub(crate) const RETURN: &str = "return";
/// The mean length of an episode.
pub(crate) const LENGTH: &str = "length";

impl MetricName {
    /// A form of a quantity.
    pub fn new(form: Form, of: impl Into<String>) -> Self {
        Self { form, of: of.into() }
    }

    /// What is made of it.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The quantity.
    #[must_use]
    pub fn of(&self) -> &str {
        &self.of
    }

    /// Refuses a quantity that an environment with these measures does not offer.
    pub(crate) fn check(&self, measures: &[Known]) -> Result<(), ConfigError> {
        let known = match self.form {
            Form::Training => true,
            Form::StepsTo => self.of == SUCCESS,
            Form::Final | Form::AreaUnder | Form::Peak | Form::Lost => {
                [SUCCESS, RETURN, LENGTH].contains(&self.of.as_str())
                    || measures.iter().any(|measure| measure.name == self.of)
            }
        };
        if known {
            return Ok(());
        }
        let quantities = [SUCCESS, RETURN, LENGTH].into_iter().chain(measures.iter().map(|known| known.name));
        let names = quantities.flat_map(|of| {
            [Form::Final, Form::AreaUnder, Form::Peak, Form::Lost].map(|form| Self::new(form, of).to_string())
        });
        let names: Vec<String> = names.chain([Self::new(Form::StepsTo, SUCCESS).to_string()]).collect();
        Err(ConfigError::unknown_name("metric", &self.to_string(), names.iter().map(String::as_str)))
    }

    /// Which of two values is better. Statistics of training are better higher, unless a claim says otherwise.
    #[must_use]
    pub fn direction(&self, measures: &[Known]) -> Direction {
        match self.form {
            Form::StepsTo | Form::Lost => Direction::LowerIsBetter,
            Form::Training => Direction::HigherIsBetter,
            Form::Final | Form::AreaUnder | Form::Peak => quantity_direction(&self.of, measures),
        }
    }

    /// What it is, in words.
    pub(crate) fn about(&self, measures: &[Known]) -> String {
        let quantity = match self.of.as_str() {
            SUCCESS => "success rate",
            RETURN => "mean return of an episode",
            LENGTH => "mean turns of an episode",
            of => measures.iter().find(|known| known.name == of).map_or(of, |known| known.about),
        };
        match self.form {
            Form::Final => format!("{quantity}, at the end"),
            Form::AreaUnder => format!("{quantity}, mean over training"),
            Form::Peak => format!("{quantity}, at its best"),
            Form::Lost => format!("{quantity}: what of its best is lost again by the end"),
            Form::StepsTo => "what is spent until the success rate first reaches the threshold".to_owned(),
            Form::Training => format!("`{}` of the loop, mean over iterations", self.of),
        }
    }

    /// Whether more of its quantity is better.
    pub(crate) fn quantity_is_better_higher(&self, measures: &[Known]) -> bool {
        quantity_direction(&self.of, measures) == Direction::HigherIsBetter
    }

    /// Whether it lies between 0 and 1 by its definition.
    #[must_use]
    pub fn is_rate(&self) -> bool {
        self.of == SUCCESS && matches!(self.form, Form::Final | Form::AreaUnder | Form::Peak)
    }
}

/// Which of two values of a quantity is better.
fn quantity_direction(of: &str, measures: &[Known]) -> Direction {
    match of {
        SUCCESS | RETURN => Direction::HigherIsBetter,
        LENGTH => Direction::LowerIsBetter,
        _ => measures
            .iter()
            .find(|known| known.name == of)
            .map_or(Direction::HigherIsBetter, |known| known.direction),
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.form.prefix(), self.of)
    }
}

impl From<MetricName> for String {
    fn from(name: MetricName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for MetricName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let form = Form::ALL.into_iter().find_map(|form| Some((form, name.strip_prefix(form.prefix())?)));
        match form {
            Some((form, of)) if !of.is_empty() => Ok(Self::new(form, of)),
            _ => Err(format!(
                "`{name}` is not a metric: write what is made of a quantity ({}) and the quantity, such as \
                 `final-success`",
                Form::ALL.map(Form::prefix).join(", ")
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_s_name_is_its_form_and_its_quantity() {
        for name in ["final-success", "area-under-return", "lost-f1", "training-sampler.drawn.kept"] {
            let metric = MetricName::try_from(name.to_owned()).expect("a metric");
            assert_eq!(metric.to_string(), name);
        }
        for name in ["success", "final-", "finale-success"] {
            assert!(MetricName::try_from(name.to_owned()).expect_err(name).contains("final-success"));
        }
    }

    #[test]
    fn only_what_the_environment_measures_can_be_asked_for() {
        let measures = [Known { name: "searches", about: "", direction: Direction::LowerIsBetter }];
        let metric = |name: &str| MetricName::try_from(name.to_owned()).expect("a metric");
        for name in ["final-searches", "peak-length", "steps-to-success", "training-anything"] {
            assert!(metric(name).check(&measures).is_ok(), "{name}");
        }
        let error = metric("final-serches").check(&measures).expect_err("a slip").to_string();
        assert!(error.contains("final-searches"), "{error}");
        assert!(metric("steps-to-return").check(&measures).is_err());
        assert_eq!(metric("final-searches").direction(&measures), Direction::LowerIsBetter);
        assert_eq!(metric("lost-success").direction(&measures), Direction::LowerIsBetter);
    }
}
