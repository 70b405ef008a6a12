//! How a test ended: the kernel's word first, the child's last.

use std::time::Duration;

use milepost_codeexec::{Crash, ExceptionClass, InvalidResult as Invalid, Limit, Reason, Rejected};

use crate::codec::{self, Bounds};
use crate::{Ending, Limits};

/// What the kernel says of a child that is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Death {
    /// As `wait` gives it.
    pub(crate) status: i32,
    /// Killed at the wall limit.
    pub(crate) timed_out: bool,
    pub(crate) cpu: Duration,
}

const SIGKILL: i32 = 9;
const SIGSYS: i32 = 31;
const SIGXCPU: i32 = 24;
const SIGXFSZ: i32 = 25;

/// The table of verdicts: the kernel's word first, the child's last.
///
/// `flooded`: captured output reached its cap. `frame`: the bytes of a complete frame for this test, if any.
pub(crate) fn ending(death: Death, limits: &Limits, flooded: bool, frame: Option<&[u8]>) -> Ending {
    let signal = death.status & 0x7f;
    if death.timed_out {
        return Ending::Limit(Limit::Wall);
    }
    match signal {
        SIGXCPU => return Ending::Limit(Limit::Cpu),
        SIGKILL if death.cpu >= limits.cpu => return Ending::Limit(Limit::Cpu),
        SIGSYS => return Ending::Violation,
        SIGXFSZ => return Ending::Limit(Limit::Output),
        _ if flooded => return Ending::Limit(Limit::Output),
        SIGKILL => return Ending::Limit(Limit::Memory),
        0 => {}
        other => return Ending::Crashed(Crash::Signal(other)),
    }
    frame
        .and_then(|frame| answer(frame, limits))
        .unwrap_or(Ending::Crashed(Crash::Exited(death.status >> 8 & 0xff)))
}

/// The child's answer. `None` if no honest harness wrote it: then there is no answer.
fn answer(frame: &[u8], limits: &Limits) -> Option<Ending> {
    let (kind, rest) = frame.split_first()?;
    let line_and_text = || {
        let (line, text) = rest.split_first_chunk::<4>()?;
        let line = u32::from_le_bytes(*line);
        Some(((line > 0).then_some(line), std::str::from_utf8(text).ok()?))
    };
    Some(match kind {
        b'V' => {
            let bounds = Bounds {
                depth: limits.result_depth as usize,
                nodes: limits.result_nodes,
                bits: limits.integer_bits,
            };
            Ending::Returned(codec::get(rest, bounds).ok()?)
        }
        b'E' => match line_and_text()? {
            (_, "MemoryError") => Ending::Limit(Limit::Memory),
            (line, class) if is_class_name(class) => {
                // A class that a later Python has added, or that a forger made up, is an exception.
                Ending::Raised { class: ExceptionClass::parse(class).unwrap_or(ExceptionClass::Exception), line }
            }
            _ => return None,
        },
        b'X' => {
            let (line, reason) = line_and_text()?;
            Ending::Rejected(Rejected { reason: Reason::Syntax(reason.to_owned()), line })
        }
        b'P' => Ending::Invalid(match rest {
            b"n" => Invalid::NotPlain,
            b"c" => Invalid::Cyclic,
            b"d" => Invalid::TooDeep,
            b"l" => Invalid::TooLarge,
            _ => return None,
        }),
        _ => return None,
    })
}

/// A word of letters, not long: what a forger may put there is bounded.
fn is_class_name(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use milepost_codeexec::Value;

    use super::*;

    fn dead(status: i32, cpu_ms: u64) -> Death {
        Death { status, timed_out: false, cpu: Duration::from_millis(cpu_ms) }
    }

    const VALUE: &[u8] = b"VT";

    #[test]
    fn the_kernels_word_comes_before_the_childs() {
        let of = |death, flooded| ending(death, &Limits::default(), flooded, Some(VALUE));
        assert_eq!(of(dead(0, 0), false), Ending::Returned(Value::Bool(true)));
        assert_eq!(of(Death { timed_out: true, ..dead(SIGKILL, 0) }, false), Ending::Limit(Limit::Wall));
        assert_eq!(of(dead(SIGKILL, 2000), false), Ending::Limit(Limit::Cpu));
        assert_eq!(of(dead(SIGKILL, 100), false), Ending::Limit(Limit::Memory));
        assert_eq!(of(dead(SIGXCPU, 0), false), Ending::Limit(Limit::Cpu));
        assert_eq!(of(dead(SIGSYS, 0), false), Ending::Violation);
        assert_eq!(of(dead(SIGXFSZ, 0), false), Ending::Limit(Limit::Output));
        assert_eq!(of(dead(0, 0), true), Ending::Limit(Limit::Output));
        assert_eq!(of(dead(11, 0), false), Ending::Crashed(Crash::Signal(11)));
    }

    #[test]
    fn without_a_complete_frame_there_is_no_answer_whatever_the_exit_code() {
        let of = |frame| ending(dead(0, 0), &Limits::default(), false, frame);
        for frame in [None, Some(&b""[..]), Some(b"V"), Some(b"VTT"), Some(b"pass"), Some(b"E\0\0\0\0no class!")] {
            assert_eq!(of(frame), Ending::Crashed(Crash::Exited(0)), "{frame:?}");
        }
        assert_eq!(of(Some(b"E\0\0\0\0MemoryError")), Ending::Limit(Limit::Memory));
        let line = Some(7);
        assert_eq!(of(Some(b"E\x07\0\0\0KeyError")), Ending::Raised { class: ExceptionClass::KeyError, line });
        assert_eq!(of(Some(b"Pc")), Ending::Invalid(Invalid::Cyclic));
    }
}
