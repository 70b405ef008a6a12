//! Typed, described snapshots of an environment's state.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ProgressError;

/// Who may read a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Policies too: the agent could observe it.
    Agent,
    /// Rewards, but no policy: the full state of a simulator.
    Privileged,
}

/// The type and range of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// True or false.
    Boolean,
    /// A whole number from `least` to `most`.
    Integer {
        /// The smallest value.
        least: i64,
        /// The largest value.
        most: i64,
    },
    /// A number from `least` to `most`.
    Real {
        /// The smallest value.
        least: f64,
        /// The largest value.
        most: f64,
    },
    /// One of these names.
    Category(Vec<String>),
}

/// One described field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its path, such as `agent.x`.
    pub path: String,
    /// Type and range.
    pub kind: FieldKind,
    /// Unit, such as `cell`, `step` or `1`.
    pub unit: String,
    /// Who may read it.
    pub access: Access,
    /// What it is, in a sentence.
    pub about: String,
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Of [`FieldKind::Boolean`].
    Boolean(bool),
    /// Of [`FieldKind::Integer`].
    Integer(i64),
    /// Of [`FieldKind::Real`].
    Real(f64),
    /// Of [`FieldKind::Category`], by its index.
    Category(u32),
    /// Not known in this state, as an object that is out of sight. Not zero.
    Unknown,
}

/// The fields of an environment's records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema {
    fields: Vec<Field>,
}

impl Schema {
    /// Of fields with different paths.
    pub fn new(fields: Vec<Field>) -> Result<Self, ProgressError> {
        for (index, field) in fields.iter().enumerate() {
            if fields[..index].iter().any(|other| other.path == field.path) {
                let reason = "there are two fields of this path".to_owned();
                return Err(ProgressError::Field { field: field.path.clone(), reason });
            }
        }
        Ok(Self { fields })
    }

    /// The fields, in order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn index(&self, path: &str) -> Result<usize, ProgressError> {
        self.fields.iter().position(|field| field.path == path).ok_or_else(|| {
            let nearest = milepost_core::nearest(path, self.fields.iter().map(|field| field.path.as_str()));
            let hint = nearest.map_or_else(String::new, |name| format!("; did you mean {name}?"));
            ProgressError::Field { field: path.to_owned(), reason: format!("there is no such field{hint}") }
        })
    }
}

/// A snapshot that fits its schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    schema: Arc<Schema>,
    values: Vec<Value>,
}

impl Record {
    /// One value for each field, of its type and within its range; NaN and infinities are refused here, when a
    /// record is made, and not in whatever reads it.
    pub fn new(schema: Arc<Schema>, values: Vec<Value>) -> Result<Self, ProgressError> {
        if values.len() != schema.fields.len() {
            let (found, wanted) = (values.len(), schema.fields.len());
            let reason = format!("there are {found} values for {wanted} fields");
            return Err(ProgressError::Field { field: "(all)".to_owned(), reason });
        }
        for (field, value) in schema.fields.iter().zip(&values) {
            let fits = match (&field.kind, value) {
                (_, Value::Unknown) | (FieldKind::Boolean, Value::Boolean(_)) => true,
                (FieldKind::Integer { least, most }, Value::Integer(x)) => (least..=most).contains(&x),
                (FieldKind::Real { least, most }, Value::Real(x)) => (least..=most).contains(&x),
                (FieldKind::Category(names), Value::Category(x)) => (*x as usize) < names.len(),
                _ => false,
            };
            if !fits {
                let reason = format!("{value:?} does not fit {:?}", field.kind);
                return Err(ProgressError::Field { field: field.path.clone(), reason });
            }
        }
        Ok(Self { schema, values })
    }

    /// The value at a path, for readers that may see everything.
    pub fn get(&self, path: &str) -> Result<Value, ProgressError> {
        Ok(self.values[self.schema.index(path)?])
    }

    /// The fields and values that an agent may see.
    pub fn visible(&self) -> impl Iterator<Item = (&Field, Value)> {
        let both = self.schema.fields.iter().zip(self.values.iter().copied());
        both.filter(|(field, _)| field.access == Access::Agent)
    }

    /// Its schema.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Arc<Schema> {
        let field = |path: &str, kind, access| Field {
            path: path.to_owned(),
            kind,
            unit: "1".to_owned(),
            access,
            about: "for a test".to_owned(),
        };
        let fields = vec![
            field("agent.x", FieldKind::Integer { least: 0, most: 7 }, Access::Agent),
            field("door.open", FieldKind::Boolean, Access::Privileged),
            field("speed", FieldKind::Real { least: 0.0, most: 1.0 }, Access::Agent),
            field("held", FieldKind::Category(vec!["key".into(), "ball".into()]), Access::Agent),
        ];
        Arc::new(Schema::new(fields).expect("different paths"))
    }

    #[test]
    fn records_fit_their_schema_or_are_refused() {
        let good = [Value::Integer(3), Value::Boolean(true), Value::Real(0.5), Value::Category(1)];
        let record = Record::new(schema(), good.to_vec()).expect("fits");
        assert_eq!(record.get("door.open"), Ok(Value::Boolean(true)));
        assert!(record.get("door.opened").expect_err("no such").to_string().contains("door.open?"));
        let bad = [Value::Integer(8), Value::Real(1.0), Value::Real(f64::NAN), Value::Category(2)];
        for (index, value) in bad.into_iter().enumerate() {
            let mut values = good.to_vec();
            values[index] = value;
            assert!(matches!(Record::new(schema(), values), Err(ProgressError::Field { .. })));
        }
        assert!(Record::new(schema(), good[1..].to_vec()).is_err());
        let unknown = [Value::Integer(3), Value::Unknown, Value::Unknown, Value::Unknown];
        assert_eq!(
            Record::new(schema(), unknown.to_vec()).expect("unknown fits").get("speed"),
            Ok(Value::Unknown)
        );
        let twice = [schema().fields[0].clone(), schema().fields[0].clone()];
        assert!(Schema::new(twice.to_vec()).is_err());
    }

    #[test]
    fn an_agent_never_sees_a_privileged_field() {
        let values = vec![Value::Integer(3), Value::Boolean(true), Value::Real(0.5), Value::Category(1)];
        let record = Record::new(schema(), values).expect("fits");
        let seen: Vec<&str> = record.visible().map(|(field, _)| field.path.as_str()).collect();
        assert_eq!(seen, ["agent.x", "speed", "held"]);
    }
}
