/// Why an experiment file cannot be used. Every message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A key that nothing reads.
    #[error("{origin}: unknown key `{path}`{hint}")]
    UnknownKey {
        /// The file or option that wrote it.
        origin: String,
        /// Its dotted path.
        path: String,
        /// `; did you mean …` or a list of the keys there are.
        hint: String,
    },
    /// A value that does not fit.
    #[error("{origin}: `{path}`: {reason}")]
    Invalid {
        /// The file or option that wrote it.
        origin: String,
        /// Its dotted path.
        path: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Not TOML.
    #[error("{origin} is not valid TOML: {reason}")]
    Syntax {
        /// The file.
        origin: String,
        /// The parser's words, with line and column.
        reason: String,
    },
    /// The file cannot be read.
    #[error("experiment file {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A name that is not among the known ones.
    #[error("unknown {what} `{name}`{hint}")]
    UnknownName {
        /// What was to be named: an experiment, an arm, a scale, a device.
        what: &'static str,
        /// What was given.
        name: String,
        /// `; did you mean …` or a list of the names there are.
        hint: String,
    },
    /// Not the name of a metric.
    #[error("{0}")]
    Metric(String),
    /// An experiment of another kind than the command works on.
    #[error("{experiment} is of kind {found}; this command needs {wanted}")]
    OtherKind {
        /// The experiment.
        experiment: String,
        /// Its kind.
        found: &'static str,
        /// What is needed.
        wanted: &'static str,
    },
    /// `--set` without a key or a value.
    #[error(
        "--set {text}: write it as KEY=VALUE with a dotted key, for example --set method.learner.epochs=2"
    )]
    SetSyntax {
        /// What was given.
        text: String,
    },
    /// A base value that every arm replaces.
    #[error(
        "{origin}: `{path}` has no effect, because every arm sets it itself; set it in the arms or remove it there"
    )]
    NoEffect {
        /// The file or option that wrote it.
        origin: String,
        /// Its dotted path.
        path: String,
    },
}

impl ConfigError {
    /// An unknown name, with the nearest known one.
    pub fn unknown_name<'a>(
        what: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Self {
        Self::UnknownName { what, name: name.to_owned(), hint: hint(name, known) }
    }
}

/// `; did you mean …?` if a candidate is near, else the list of candidates.
pub(super) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = milepost_core::nearest(name, known.clone()) {
        return format!("; did you mean `{near}`?");
    }
    let names: Vec<_> = known.into_iter().collect();
    if names.is_empty() {
        "; nothing can be set here".into()
    } else {
        format!("; there are: {}", names.join(", "))
    }
}
