//! Classic BPF for seccomp: an assembler of the few shapes that a system-call filter needs.
//!
//! The program sees `struct seccomp_data { u32 nr; u32 arch; u64 ip; u64 args[6]; }` and returns an action. Source:
//! `linux/filter.h`, `linux/seccomp.h`.

/// Kill the whole process, status `SIGSYS`.
pub(super) const KILL: u32 = 0x8000_0000;
/// Go on.
pub(super) const ALLOW: u32 = 0x7fff_0000;
/// Fail with an error number.
pub(super) const fn errno(number: i32) -> u32 {
    0x0005_0000 | (number as u32 & 0xffff)
}

const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const ANY_BIT: u16 = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;

/// Where the low word of an argument lies; the high word is 4 bytes on (little-endian).
const fn argument_at(index: u8) -> u32 {
    16 + 8 * index as u32
}

/// One instruction, `struct sock_filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instruction {
    code: u16,
    yes: u8,
    no: u8,
    k: u32,
}

impl Instruction {
    pub(super) fn bytes(self) -> [u8; 8] {
        let ([a, b], [k0, k1, k2, k3]) = (self.code.to_ne_bytes(), self.k.to_ne_bytes());
        [a, b, self.yes, self.no, k0, k1, k2, k3]
    }
}

const fn load(at: u32) -> Instruction {
    Instruction { code: LOAD, yes: 0, no: 0, k: at }
}

const fn give(action: u32) -> Instruction {
    Instruction { code: RETURN, yes: 0, no: 0, k: action }
}

const fn jump(code: u16, k: u32, yes: u8, no: u8) -> Instruction {
    Instruction { code, yes, no, k }
}

/// What a system call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The same whatever its arguments are.
    Always(u32),
    /// Allowed if none of these bits of an argument is set, else `EPERM`.
    WithoutBits { argument: u8, bits: u32 },
    /// Allowed if the low word of an argument is one of these, else `EPERM`.
    OneOf { argument: u8, values: &'static [u32] },
    /// Allowed if an argument is a null pointer, else `EPERM`.
    Null { argument: u8 },
}

impl Rule {
    /// Straight-line code that always returns; the accumulator may be lost.
    fn block(self) -> Vec<Instruction> {
        let refuse = give(errno(libc::EPERM));
        match self {
            Self::Always(action) => vec![give(action)],
            Self::WithoutBits { argument, bits } => {
                vec![load(argument_at(argument)), jump(ANY_BIT, bits, 1, 0), give(ALLOW), refuse]
            }
            Self::OneOf { argument, values } => {
                let mut block = vec![load(argument_at(argument))];
                for value in values {
                    block.extend([jump(EQUAL, *value, 0, 1), give(ALLOW)]);
                }
                block.push(refuse);
                block
            }
            Self::Null { argument } => vec![
                load(argument_at(argument)),
                jump(EQUAL, 0, 0, 3),
                load(argument_at(argument) + 4),
                jump(EQUAL, 0, 0, 1),
                give(ALLOW),
                refuse,
            ],
        }
    }
}

/// The filter: the architecture first, then the numbers, in the table's order; what is in no row is `EPERM`.
///
/// `first_foreign` is the least number that belongs to another calling convention (x32), if there is one.
pub(super) fn compile(
    architecture: u32,
    first_foreign: Option<u32>,
    table: &[(u32, Rule)],
) -> Vec<Instruction> {
    let mut program =
        vec![load(ARCHITECTURE_AT), jump(EQUAL, architecture, 1, 0), give(KILL), load(NUMBER_AT)];
    if let Some(first) = first_foreign {
        program.extend([jump(AT_LEAST, first, 0, 1), give(KILL)]);
    }
    for (number, rule) in table {
        let block = rule.block();
        program.push(jump(EQUAL, *number, 0, block.len() as u8));
        program.extend(block);
    }
    program.push(give(errno(libc::EPERM)));
    program
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The kernel's machine, as far as the assembler uses it.
    fn interpret(program: &[Instruction], number: u32, architecture: u32, arguments: [u64; 6]) -> u32 {
        let mut data = Vec::new();
        data.extend(number.to_ne_bytes());
        data.extend(architecture.to_ne_bytes());
        data.extend([0; 8]);
        data.extend(arguments.iter().flat_map(|argument| argument.to_le_bytes()));
        let (mut accumulator, mut at) = (0, 0);
        loop {
            let instruction = program[at];
            at += 1;
            let k = instruction.k;
            let taken = match instruction.code {
                LOAD => {
                    let word = &data[k as usize..k as usize + 4];
                    accumulator = u32::from_le_bytes(word.try_into().expect("four bytes"));
                    continue;
                }
                RETURN => return k,
                EQUAL => accumulator == k,
                AT_LEAST => accumulator >= k,
                ANY_BIT => accumulator & k != 0,
                other => panic!("no instruction {other}"),
            };
            at += usize::from(if taken { instruction.yes } else { instruction.no });
        }
    }

    const HERE: u32 = 77;
    const REFUSE: u32 = errno(libc::EPERM);

    fn meaning(rule: Rule, arguments: [u64; 6]) -> u32 {
        let allowed = match rule {
            Rule::Always(action) => return action,
            Rule::WithoutBits { argument, bits } => arguments[usize::from(argument)] as u32 & bits == 0,
            Rule::OneOf { argument, values } => values.contains(&(arguments[usize::from(argument)] as u32)),
            Rule::Null { argument } => arguments[usize::from(argument)] == 0,
        };
        if allowed { ALLOW } else { REFUSE }
    }

    fn rule() -> impl Strategy<Value = Rule> {
        prop_oneof![
            prop::sample::select(vec![ALLOW, KILL, errno(libc::ENOSYS)]).prop_map(Rule::Always),
            (0..6_u8, 0..16_u32).prop_map(|(argument, bits)| Rule::WithoutBits { argument, bits }),
            (0..6_u8).prop_map(|argument| Rule::OneOf { argument, values: &[1, 3, 7] }),
            (0..6_u8).prop_map(|argument| Rule::Null { argument }),
        ]
    }

    proptest! {
        #[test]
        fn the_program_means_its_table(
            rules in prop::collection::vec(rule(), 1..40),
            number in 0..60_u32,
            small in prop::array::uniform6(0..9_u64),
            high in any::<bool>(),
        ) {
            let table: Vec<_> = rules.iter().enumerate().map(|(number, rule)| (number as u32, *rule)).collect();
            let program = compile(HERE, Some(1 << 30), &table);
            let arguments = small.map(|word| if high { word | 1 << 40 } else { word });
            let expected = rules.get(number as usize).map_or(REFUSE, |rule| meaning(*rule, arguments));
            prop_assert_eq!(interpret(&program, number, HERE, arguments), expected);
            prop_assert_eq!(interpret(&program, number, HERE + 1, arguments), KILL);
            prop_assert_eq!(interpret(&program, number | 1 << 30, HERE, arguments), KILL);
        }
    }
}
