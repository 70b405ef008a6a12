//! The surface forms of captions: what is said of a rule, in five ways.

use crate::text::sentence;

/// Ways in which each thing is said.
pub(super) const FORMS: usize = 5;

/// The forms of the sentence of a rule; the first is the one that all games use.
pub(super) fn forms(rule: &str) -> [&'static str; FORMS] {
    let others = match rule {
        "go/north" => {
            ["you walk north .", "you head to the north .", "off you go , north .", "a few steps north ."]
        }
        "go/south" => {
            ["you walk south .", "you head to the south .", "off you go , south .", "a few steps south ."]
        }
        "go/east" => {
            ["you walk east .", "you head to the east .", "off you go , east .", "a few steps east ."]
        }
        "go/west" => {
            ["you walk west .", "you head to the west .", "off you go , west .", "a few steps west ."]
        }
        "take" => [
            "you pick up the {o} .",
            "the {o} is in your hands now .",
            "from the floor you grab the {o} .",
            "now you hold the {o} .",
        ],
        "take/c" => [
            "out of the {c} you pick the {o} .",
            "you reach into the {c} and get the {o} .",
            "you grab the {o} that was in the {c} .",
            "the {o} leaves the {c} for your hands .",
        ],
        "take/s" => [
            "you pick the {o} off the {s} .",
            "you reach over the {s} and get the {o} .",
            "you grab the {o} that was on the {s} .",
            "the {o} leaves the {s} for your hands .",
        ],
        "drop" => [
            "you let go of the {o} .",
            "the {o} is on the floor now .",
            "down goes the {o} .",
            "you leave the {o} here .",
        ],
        "put" => [
            "the {o} is on the {s} now .",
            "you set the {o} down on the {s} .",
            "you leave the {o} on the {s} .",
            "onto the {s} goes the {o} .",
        ],
        "insert" => [
            "the {o} is in the {c} now .",
            "you place the {o} inside the {c} .",
            "you leave the {o} in the {c} .",
            "into the {c} goes the {o} .",
        ],
        "open/c" => [
            "the {c} is open now .",
            "you pull the {c} open .",
            "the {c} opens .",
            "you lift the lid of the {c} .",
        ],
        "close/c" => [
            "the {c} is closed now .",
            "you shut the {c} .",
            "the {c} closes .",
            "you push the lid of the {c} down .",
        ],
        "open/d" => [
            "the {d} is open now .",
            "you push the {d} open .",
            "the {d} swings open .",
            "the way through the {d} is free .",
        ],
        "close/d" => [
            "the {d} is closed now .",
            "you shut the {d} .",
            "the {d} swings shut .",
            "the way through the {d} is barred .",
        ],
        "unlock/c" => [
            "the {k} turns and the {c} is not locked any more .",
            "the lock of the {c} gives way to the {k} .",
            "with the {k} you undo the lock of the {c} .",
            "click , the {k} fits the {c} .",
        ],
        "lock/c" => [
            "the {k} turns and the {c} is locked .",
            "the lock of the {c} snaps shut behind the {k} .",
            "with the {k} you secure the {c} .",
            "clack , the {c} is locked by the {k} .",
        ],
        "eat" => [
            "the {f} tastes good .",
            "you have a bite , and the {f} is gone .",
            "that was the {f} .",
            "you swallow the {f} .",
        ],
        "cook/stove/raw" | "cook/stove/needs_cooking" => [
            "the {f} sizzles on the stove .",
            "you cook the {f} on the stove .",
            "the {f} is nicely fried now .",
            "it smells of fried {f} .",
        ],
        "cook/stove/burned" => [
            "you burn the {f} .",
            "the {f} turns black .",
            "smoke rises from the {f} .",
            "it smells of burned {f} .",
        ],
        _ => [sentence(rule); FORMS - 1],
    };
    let [a, b, c, d] = others;
    [sentence(rule), a, b, c, d]
}
