use milepost_testkit::environment::KeyScope;
use milepost_testkit::tokens::{ExpertPromise, Options, check, check_demonstrator, demonstrator_conformance};
use proptest::prelude::*;

use super::*;

fn options() -> Options {
    Options { expert: ExpertPromise::FromAnywhere, keys: KeyScope::Observation, ..Options::default() }
}

#[test]
fn the_default_worlds_keep_every_law_of_token_worlds() {
    let met = demonstrator_conformance(&CodeDsl::default(), &options());
    assert!(met.malformed > 0 && met.refused > 0 && met.endings == met.episodes, "{met:?}");
    assert_eq!(met.solved, 8);
    let met = demonstrator_conformance(&CodeTool::default(), &options());
    assert!(met.malformed > 0 && met.refused > 0 && met.endings == met.episodes, "{met:?}");
    assert_eq!(met.solved, 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_configuration_of_code_dsl_keeps_them(
        task in task_configs(), turns in 1u32..=4, typed: bool, minipy: bool,
    ) {
        let language = if minipy { Language::MiniPy } else { Language::Pipeline };
        let mask = if typed && !minipy { Mask::Typed } else { Mask::Syntax };
        let world = CodeDsl::new(CodeConfig { task, turns, language, mask }).expect("parameters");
        let met = check_demonstrator(&world, &Options { walks: 2, ..options() });
        prop_assert_eq!(met.map_err(|v| TestCaseError::fail(v.to_string()))?.solved, 8);
    }

    #[test]
    fn every_configuration_of_code_tool_keeps_them(
        task in task_configs(), calls in 1u32..=4, thoughts in 0u32..=2, flaky in 0.0..0.6, mask in 0usize..3,
    ) {
        let mask = [CallMask::Free, CallMask::Syntax, CallMask::Typed][mask];
        let config = ToolConfig { task, calls, thoughts, flaky: 0.0, mask };
        let options = Options { walks: 2, ..options() };
        let met = check_demonstrator(&CodeTool::new(config.clone()).expect("parameters"), &options);
        prop_assert_eq!(met.map_err(|v| TestCaseError::fail(v.to_string()))?.solved, 8);
        // A flaky tool fails the expert's calls too; all other laws hold.
        let flaky = CodeTool::new(ToolConfig { flaky, ..config }).expect("parameters");
        check(&flaky, &options).map_err(|v| TestCaseError::fail(v.to_string()))?;
    }
}

#[test]
fn the_worlds_share_one_vocabulary_whose_language_and_synonyms_are_48_words() {
    let (code, tool) = (CodeDsl::default(), CodeTool::default());
    assert_eq!(code.vocabulary(), tool.vocabulary());
    let spec = code.vocabulary().id("spec").expect("a word");
    assert_eq!((spec, code.vocabulary().word(47)), (48, Some("default")));
    let words: Vec<&str> = code.vocabulary().words().skip(code.vocabulary().len() - 17).collect();
    assert_eq!((words[0], words[1], words[2], words[16]), ("check", "sorry", "at-0", "at-14"));
}

#[test]
fn parameters_out_of_bounds_are_named() {
    let named = |config: CodeConfig| CodeDsl::new(config).expect_err("refused").parameter;
    let with = |task: TaskConfig| CodeConfig { task, ..CodeConfig::default() };
    assert_eq!(named(CodeConfig { turns: 0, ..CodeConfig::default() }), "turns");
    assert_eq!(named(CodeConfig { language: Language::MiniPy, ..CodeConfig::default() }), "mask");
    assert_eq!(named(with(TaskConfig { hard: 1, ..TaskConfig::default() })), "hard");
    assert_eq!(named(with(TaskConfig { copies: 20, ..TaskConfig::default() })), "copies");
    assert_eq!(named(with(TaskConfig { least_ops: 4, most_ops: 3, ..TaskConfig::default() })), "most-ops");
    let flaky = CodeTool::new(ToolConfig { flaky: 1.5, ..ToolConfig::default() });
    assert_eq!(flaky.expect_err("refused").parameter, "flaky");
}
