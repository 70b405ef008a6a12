//! JSON has no NaN: a number that is not finite is written as `null` and read back as NaN.

/// For one `f64`.
pub(super) mod number {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde dictates the signature")]
    pub(in crate::report) fn serialize<S: Serializer>(value: &f64, out: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() { out.serialize_f64(*value) } else { out.serialize_none() }
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(input)?.unwrap_or(f64::NAN))
    }
}

/// For a sequence of `f64`.
pub(super) mod numbers {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::ptr_arg, reason = "serde dictates the signature")]
    pub(in crate::report) fn serialize<S: Serializer>(values: &Vec<f64>, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(values.iter().map(|v| v.is_finite().then_some(*v)))
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<f64>, D::Error> {
        let values = Vec::<Option<f64>>::deserialize(input)?;
        Ok(values.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect())
    }
}
