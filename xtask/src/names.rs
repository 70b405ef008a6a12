/// The message for a name that is not one of `known`: the nearest one if it is near, else all of them.
pub(crate) fn unknown(kind: &str, name: &str, known: &[&str]) -> String {
    let nearest = known.iter().min_by_key(|candidate| distance(name, candidate));
    match nearest {
        Some(candidate) if distance(name, candidate) <= name.chars().count().max(3) / 3 + 1 => {
            format!("no {kind} is called `{name}`; did you mean `{candidate}`?")
        }
        _ => format!("no {kind} is called `{name}`; there are {}", known.join(", ")),
    }
}

/// Levenshtein distance: the fewest insertions, deletions and substitutions that turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (a, b, edits) in
            [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("té", "te", 1)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (edits, edits), "{a} {b}");
        }
    }

    #[test]
    fn a_far_name_is_answered_with_all_of_them() {
        assert_eq!(
            unknown("stage", "tydi", &["tidy", "fmt"]),
            "no stage is called `tydi`; did you mean `tidy`?"
        );
        assert_eq!(
            unknown("stage", "wxyz", &["tidy", "fmt"]),
            "no stage is called `wxyz`; there are tidy, fmt"
        );
    }
}
