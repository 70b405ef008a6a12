//! What the credit x-ray shows of a state beyond what was said: programs and their tests.

use milepost_codeexec::code_dsl::{CodeDsl, CodeTool, Difficulty, Submission, ToolAction, Words};
use milepost_core::{SpanKind, TokenEnvironment, Trajectory};
use milepost_microworlds::tokens::{SingleTurn, TurnTask};
use milepost_taskworlds::lookup::LookupQa;
use milepost_taskworlds::pages::PageText;
use milepost_taskworlds::rule_db::RuleDb;
use milepost_textworld::quest_env::TextQuest;

/// A world that may have more to show of its state than the policy was told.
pub(super) trait Views {
    /// Lines of text; none where the conversation says it all.
    fn view(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Views for LookupQa {}
impl Views for PageText {}
impl Views for RuleDb {}
impl Views for TextQuest {}
impl<T: TurnTask> Views for SingleTurn<T> {}

/// What there was to see before each turn of a trajectory and after the last, `[T + 1]`, by playing it again. A world that
/// cannot be played again shows nothing from there on.
pub(super) fn along<E>(world: &E, trajectory: &Trajectory<()>) -> Vec<Vec<String>>
where
    E: TokenEnvironment<Action = Vec<u32>> + Views,
{
    let turns = trajectory.turns.len();
    let mut turns_written = vec![Vec::new(); turns];
    for span in trajectory.spans.iter().filter(|span| span.kind == SpanKind::Policy) {
        turns_written[span.turn as usize].extend_from_slice(&trajectory.tokens[span.range()]);
    }
    let (mut world, mut views) = (world.clone(), Vec::with_capacity(turns + 1));
    if world.reset(trajectory.task).is_ok() {
        views.push(world.view());
        for turn in &turns_written {
            if world.step(turn).is_err() {
                break;
            }
            views.push(world.view());
        }
    }
    views.resize(turns + 1, Vec::new());
    views
}

const fn mark(passed: bool) -> char {
    if passed { '✓' } else { '✗' }
}

impl Views for CodeDsl {
    /// The last program, each shown test with what it gave, and how many of the rewarded tests passed.
    fn view(&self) -> Vec<String> {
        let Some(task) = self.task() else { return Vec::new() };
        let last = self.submissions().last();
        let program = last.map(|submission| match (&submission.program, submission.error) {
            (Ok(program), Some(fault)) => format!("program: {program} ({:?} error)", fault.class),
            (Ok(program), None) => format!("program: {program}"),
            (Err(fault), _) => format!("no program: {:?} error at token {}", fault.class, fault.at),
        });
        // Blanks at the beginning of a line would be lost in a picture.
        let line = |line: &str| line.replace("    ", "\u{a0}\u{a0}\u{a0}\u{a0}");
        let lines: Vec<String> = program.iter().flat_map(|program| program.lines().map(line)).collect();
        let shown = task.shown().iter().enumerate().map(|(index, case)| {
            let test = format!("{:?} → {}", case.input, case.output);
            let Some(submission) = last else { return format!("test {test}") };
            let passed = submission.shown.get(index).copied().unwrap_or(false);
            let got = match &submission.program {
                Ok(program) if !passed => format!(", got {}", program.says(case)),
                _ => String::new(),
            };
            format!("{} {test}{got}", mark(passed))
        });
        let shown: Vec<String> = shown.collect();
        let rewarded = last.map(|submission| rewarded(task.train().difficulties(), submission));
        lines.into_iter().chain(shown).chain(rewarded).collect()
    }
}

/// `rewarded tests: easy 12/16, medium 2/6, hard 0/2`
fn rewarded(difficulties: &[Difficulty], submission: &Submission) -> String {
    let of = |wanted: Difficulty| {
        let kind = difficulties.iter().zip(&submission.passed).filter(|(found, _)| **found == wanted);
        let (all, passed) =
            kind.fold((0, 0), |(all, good), (_, passed)| (all + 1, good + u32::from(*passed)));
        format!("{} {passed}/{all}", format!("{wanted:?}").to_lowercase())
    };
    let kinds = [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard].map(of);
    format!("rewarded tests: {}", kinds.join(", "))
}

impl Views for CodeTool {
    /// Every program that the tool ran with what it gave, and the answer against the wanted one.
    fn view(&self) -> Vec<String> {
        let wanted = self.answer().map(|answer| format!("wanted: {answer}"));
        let events = self.events().iter().map(|event| match &event.action {
            ToolAction::Run { written, slipped, result } => {
                let ids: Vec<u32> = written.iter().map(|token| Words::token(*token)).collect();
                let program = self.vocabulary().decode(&ids);
                let slip = if *slipped { " (reached the tool with a slip)" } else { "" };
                match result {
                    Ok(value) => format!("✓ {program} → {value}{slip}"),
                    Err(fault) => format!("✗ {program}: {:?} error{slip}", fault.class),
                }
            }
            ToolAction::Answer { value, right } => format!("{} answer {value}", mark(*right)),
            ToolAction::Malformed => "✗ a turn that could not be understood".to_owned(),
        });
        wanted.into_iter().chain(events).collect()
    }
}

#[cfg(test)]
mod tests {
    use milepost_codeexec::code_dsl::{CodeConfig, Language, Mask};
    use milepost_core::{Demonstrator, Environment, TaskSeed};

    use super::*;

    #[test]
    fn programs_are_shown_with_their_tests_before_and_after_a_submission() {
        let mut world = CodeDsl::new(CodeConfig::default()).expect("valid");
        world.reset(TaskSeed::literal(3)).expect("a task");
        let before = world.view();
        assert!(before.iter().all(|line| line.starts_with("test [")) && before.len() == 4, "{before:?}");
        world.step(&vec![milepost_core::Vocabulary::END]).expect("running");
        let failed = world.view();
        assert!(failed[0].starts_with("no program: Parse error"), "{failed:?}");
        assert!(failed[1].starts_with('✗') && failed.last().is_some_and(|line| line.contains("easy 0/16")));
        world.reset(TaskSeed::literal(3)).expect("a task");
        let turn = world.expert_turn().expect("running");
        world.step(&turn).expect("running");
        let solved = world.view();
        assert!(solved[0].starts_with("program: ") && solved[1].starts_with('✓'), "{solved:?}");
        assert!(solved.last().is_some_and(|line| line.contains("easy 16/16")), "{solved:?}");
    }

    #[test]
    fn a_program_in_minipy_is_shown_line_by_line_with_its_blocks() {
        let config = CodeConfig { language: Language::MiniPy, mask: Mask::Syntax, ..CodeConfig::default() };
        let mut world = CodeDsl::new(config).expect("valid");
        world.reset(TaskSeed::literal(3)).expect("a task");
        let turn = world.expert_turn().expect("running");
        world.step(&turn).expect("running");
        let view = world.view();
        assert_eq!(view[0], "program: def f(a):");
        assert!(view[1].starts_with("\u{a0}\u{a0}\u{a0}\u{a0}a = "), "{view:?}");
        assert!(view.iter().any(|line| line.starts_with('✓')), "{view:?}");
    }

    #[test]
    fn calls_of_a_tool_are_shown_with_what_they_gave_and_what_was_wanted() {
        let mut world = CodeTool::new(milepost_codeexec::code_dsl::ToolConfig::default()).expect("valid");
        world.reset(TaskSeed::literal(3)).expect("a task");
        assert!(world.view()[0].starts_with("wanted: "));
        while world.ending().is_none() {
            let turn = world.expert_turn().expect("running");
            world.step(&turn).expect("running");
        }
        let lines = world.view();
        assert!(lines.iter().any(|line| line.contains(" → ")), "{lines:?}");
        assert!(lines.last().is_some_and(|line| line.starts_with("✓ answer")), "{lines:?}");
    }
}
