use milepost_core::TaskSeed;
use proptest::prelude::*;

use crate::pages::measure::merged_list;
use crate::pages::{PageConfig, Print, Query, World};

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let cases = [
        (PageConfig { entities: 0, ..PageConfig::default() }, "entities"),
        (PageConfig { pages: 3, ..PageConfig::default() }, "pages"),
        (PageConfig { relations: 2, ..PageConfig::default() }, "relations"),
        (PageConfig { values: 17, ..PageConfig::default() }, "values"),
        (PageConfig { list: 65, ..PageConfig::default() }, "list"),
        (PageConfig { large_print: 1.5, ..PageConfig::default() }, "large-print"),
        (PageConfig { retriever_noise: f64::NAN, ..PageConfig::default() }, "retriever-noise"),
        (PageConfig { clutter: -0.1, ..PageConfig::default() }, "clutter"),
        (PageConfig { sharp: 9, ..PageConfig::default() }, "sharp"),
        (PageConfig { padding: 3, ..PageConfig::default() }, "padding"),
        (PageConfig { max_turns: 0, ..PageConfig::default() }, "max-turns"),
    ];
    for (config, parameter) in cases {
        let error = config.validate().expect_err(parameter);
        assert_eq!(error.parameter, parameter, "{error}");
    }
    assert_eq!(PageConfig::default().validate(), Ok(()));
}

#[test]
fn a_parameter_that_does_not_exist_is_refused() {
    let error = serde_json::from_str::<PageConfig>(r#"{ "large-prints": 0.5 }"#).expect_err("unknown");
    assert!(error.to_string().contains("large-prints"), "{error}");
    let config: PageConfig =
        serde_json::from_str(r#"{ "large-print": 0.5, "actions": "without-crop" }"#).expect("known");
    assert_eq!(config.large_print, 0.5);
}

#[test]
fn the_share_of_large_print_is_that_of_the_parameter() {
    let config = PageConfig { pages: 16, ..PageConfig::default() };
    let large = (0..2000)
        .filter(|seed| !World::draw(&config, TaskSeed::literal(*seed)).oracle().gold[0].needs_crop)
        .count();
    // Five standard errors of a share of 0.3 among 2000.
    assert!((large as f64 / 2000.0 - 0.3).abs() < 0.052, "{large}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn gold_pages_are_exactly_those_that_tell_the_answer(seed: u64) {
        let world = World::draw(&PageConfig::default(), TaskSeed::literal(seed));
        let Query { entity, relation } = world.question();
        let telling: Vec<u32> = (0..)
            .zip(world.pages())
            .filter(|(_, page)| page.entity == entity && page.cell(relation).is_some())
            .map(|(id, _)| id)
            .collect();
        prop_assert!(!telling.is_empty());
        prop_assert_eq!(world.oracle().pages(), telling);
        for gold in &world.oracle().gold {
            let page = &world.pages()[gold.page as usize];
            let cell = page.cell(relation).expect("gold pages tell the relation");
            prop_assert_eq!(cell.value, world.oracle().answer);
            prop_assert_eq!(gold.region, page.cell_box(cell));
            prop_assert_eq!(gold.needs_crop, page.print == Print::Small);
        }
    }

    #[test]
    fn without_noise_the_gold_pages_come_first(seed: u64) {
        let config = PageConfig { retriever_noise: 0.0, ..PageConfig::default() };
        let world = World::draw(&config, TaskSeed::literal(seed));
        let list = world.retrieve(world.question());
        let gold = world.oracle().pages();
        prop_assert!(list[..gold.len()].iter().all(|page| gold.contains(page)));
    }

    #[test]
    fn result_lists_hold_different_pages_and_repeat(seed: u64, entity in 0..16_u32, relation in 0..6_u32) {
        let config = PageConfig { retriever_noise: 3.0, ..PageConfig::default() };
        let world = World::draw(&config, TaskSeed::literal(seed));
        let list = world.retrieve(Query { entity, relation });
        prop_assert_eq!(list.len(), 5);
        prop_assert_eq!(merged_list(&[&list[..]]).len(), 5);
        prop_assert_eq!(world.retrieve(Query { entity, relation }), list);
    }
}
