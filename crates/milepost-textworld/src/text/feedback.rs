/// What the world answers to a turn, beside what can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feedback {
    /// Nothing was done yet.
    Start,
    /// This instance of a rule was applied.
    Did(u32),
    /// The command is not possible here.
    Nothing,
    /// It is no command.
    NotUnderstood,
}

/// What is said when a rule was applied, with slots for what its placeholders stand for; empty where what
/// can be seen says all.
pub(crate) fn sentence(rule: &str) -> &'static str {
    match rule {
        "look" | "inventory" => "",
        "go/north" => "you go north .",
        "go/south" => "you go south .",
        "go/east" => "you go east .",
        "go/west" => "you go west .",
        "take" => "you take the {o} .",
        "take/c" => "you take the {o} from the {c} .",
        "take/s" => "you take the {o} from the {s} .",
        "drop" => "you drop the {o} .",
        "put" => "you put the {o} on the {s} .",
        "insert" => "you insert the {o} into the {c} .",
        "open/c" => "you open the {c} .",
        "open/d" => "you open the {d} .",
        "close/c" => "you close the {c} .",
        "close/d" => "you close the {d} .",
        "lock/c" => "you lock the {c} with the {k} .",
        "lock/d" => "you lock the {d} with the {k} .",
        "unlock/c" => "you unlock the {c} with the {k} .",
        "unlock/d" => "you unlock the {d} with the {k} .",
        "eat" => "you eat the {f} .",
        "slice" => "you slice the {f} with the {o} .",
        "chop" => "you chop the {f} with the {o} .",
        "dice" => "you dice the {f} with the {o} .",
        "cook/stove/raw" | "cook/stove/needs_cooking" => "you fry the {f} .",
        "cook/oven/raw" | "cook/oven/needs_cooking" => "you roast the {f} .",
        "cook/toaster/raw" | "cook/toaster/needs_cooking" => "you grill the {f} .",
        "cook/stove/burned" | "cook/oven/burned" | "cook/toaster/burned" => "the {f} is burned .",
        "make/recipe/1" | "make/recipe/2" | "make/recipe/3" => "you prepare the meal .",
        "examine/I" | "examine/t" | "examine/c" | "examine/s" | "examine/d" => "you see nothing .",
        _ => "done .",
    }
}
