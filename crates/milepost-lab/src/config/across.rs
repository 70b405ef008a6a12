//! Arms × environments: an experiment that names several environments runs every arm in each of them.

use toml::{Table, Value};

use super::error::ConfigError;
use super::read::Reader;

/// The table of environments by name, each laid over `[environment]`.
pub(super) const ENVIRONMENTS: &str = "environments";

/// Each arm in each of the environments, as the arms `ARM-ENVIRONMENT`; the arms as they are where none is named.
pub(super) fn arms(
    reader: &Reader<'_>,
    arms: Table,
    environments: &Table,
    environment: &str,
) -> Result<Table, ConfigError> {
    if environments.is_empty() {
        return Ok(arms);
    }
    let mut all = Table::new();
    for (name, arm) in &arms {
        let path = format!("arms.{name}");
        let Value::Table(arm) = arm else {
            return Err(reader.invalid(&path, format!("is a {}; write a table [{path}]", arm.type_str())));
        };
        if arm.contains_key(environment) {
            let reason = format!(
                "is set, but the arm is run in each of [{ENVIRONMENTS}]; name it there, or remove those"
            );
            return Err(reader.invalid(&format!("{path}.{environment}"), reason));
        }
        for (world, keys) in environments {
            let mut arm = arm.clone();
            arm.insert(environment.to_owned(), keys.clone());
            let expanded = format!("{name}-{world}");
            if arms.contains_key(&expanded) || all.insert(expanded.clone(), Value::Table(arm)).is_some() {
                let reason =
                    format!("makes an arm called `{expanded}`, and there is another; rename one of them");
                return Err(reader.invalid(&format!("{ENVIRONMENTS}.{world}"), reason));
            }
        }
    }
    Ok(all)
}
