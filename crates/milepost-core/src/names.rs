/// The candidate nearest to `name` by edit distance, if any is near enough to be a plausible slip:
/// at most a third of the letters differ (one slip is always allowed). Ties go to the first.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_none() {
        let names = ["learning_rate", "gamma", "lambda"];
        assert_eq!(nearest("learning_rte", names), Some("learning_rate"));
        assert_eq!(nearest("gama", names), Some("gamma"));
        assert_eq!(nearest("entropy", names), None);
    }
}
