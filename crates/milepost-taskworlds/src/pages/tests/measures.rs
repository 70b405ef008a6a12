//! The laws of what is measured, on records of every shape.

use proptest::prelude::*;

use crate::pages::measure::{
    Format, Measures, Overlap, Weights, localisation, merged_list, ndcg, select_score,
};
use crate::pages::{EpisodeLog, GoldPage, PageOracle, Rect, SearchRecord, Viewed};

const ORDER: [Format; 3] = [Format::Broken, Format::Unanswered, Format::Complete];

fn lists() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(0..12_u32, 0..6), 0..5)
}

fn golds() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::btree_set(0..12_u32, 1..5).prop_map(|set| set.into_iter().collect())
}

fn rects() -> impl Strategy<Value = Rect> {
    (0..12, 0..12, -1..6, -1..6).prop_map(|(x, y, w, h)| Rect::new(x, y, x + w, y + h))
}

fn oracles() -> impl Strategy<Value = PageOracle> {
    (0..4_u32, prop::collection::btree_map(0..8_u32, (rects(), any::<bool>()), 0..4)).prop_map(
        |(answer, gold)| {
            let gold = gold
                .into_iter()
                .map(|(page, (region, needs_crop))| GoldPage { page, region, needs_crop })
                .collect();
            PageOracle { answer, gold }
        },
    )
}

fn logs() -> impl Strategy<Value = EpisodeLog> {
    let viewed =
        (0..8_u32, prop::collection::vec(rects(), 0..3)).prop_map(|(page, boxes)| Viewed { page, boxes });
    let search = (prop::collection::vec(0..8_u32, 0..5), prop::collection::vec(viewed, 0..3))
        .prop_map(|(results, selections)| SearchRecord { results, selections });
    (prop::collection::vec(search, 0..4), prop::option::of(0..4_u32), prop::bool::weighted(0.1))
        .prop_map(|(searches, answer, malformed)| EpisodeLog { searches, answer, malformed })
}

fn merged(lists: &[Vec<u32>]) -> Vec<u32> {
    merged_list(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn measures() -> impl Strategy<Value = Measures> {
    (0..3_usize, any::<bool>(), 0.0..=1.0, 0.0..=1.0, 0.0..=1.0).prop_map(
        |(format, answer, ranking, selection, localisation)| Measures {
            format: ORDER[format],
            answer: f64::from(u8::from(answer)),
            ranking,
            selection,
            localisation,
        },
    )
}

#[test]
fn lists_are_merged_rank_by_rank() {
    assert_eq!(merged_list(&[&[1, 2, 3][..], &[2, 4], &[], &[5, 1, 6]]), [1, 2, 5, 4, 3, 6]);
}

#[test]
fn ndcg_of_a_gold_page_in_second_place_is_one_over_log2_of_three() {
    assert!((ndcg(&[7, 3], &[3]) - 1.0 / libm::log2(3.0)).abs() < 1e-15);
    // Two gold pages at ranks 1 and 3.
    let by_hand = (1.0 + 0.5) / (1.0 + 1.0 / libm::log2(3.0));
    assert!((ndcg(&[3, 7, 4], &[3, 4]) - by_hand).abs() < 1e-15);
    assert_eq!(ndcg::<u32>(&[1, 2], &[]), 0.0);
    assert_eq!(ndcg(&[], &[1]), 0.0);
}

#[test]
fn selection_aims_at_the_first_gold_page_and_without_one_at_the_first_page() {
    assert_eq!(select_score(&[5, 3, 4], Some(3), &[3, 4]), 1.0);
    assert_eq!(select_score(&[5, 3, 4], Some(4), &[3, 4]), 0.0);
    assert_eq!(select_score(&[5, 6], Some(5), &[3, 4]), 1.0);
    assert_eq!(select_score(&[5, 6], Some(6), &[3, 4]), 0.0);
    assert_eq!(select_score(&[], Some(6), &[3, 4]), 0.0);
    assert_eq!(select_score(&[5, 6], None, &[3, 4]), 0.0);
}

#[test]
fn one_box_that_finds_two_has_precision_one() {
    let (left, right) = (Rect::new(0, 0, 4, 2), Rect::new(0, 0, 4, 3));
    let found = Overlap::count(&[left], &[left, right]);
    assert_eq!((found.hits, found.precision(), found.recall(), found.f1()), (2, 1.0, 1.0, 1.0));
    // The same box twice halves the precision.
    assert_eq!(Overlap::count(&[left, left], &[left]).f1(), 2.0 / 3.0);
}

#[test]
fn a_page_that_needs_no_crop_is_best_left_alone() {
    let cell = Rect::new(2, 4, 6, 6);
    assert_eq!(localisation(&[], &[]), 1.0);
    assert_eq!(localisation(&[cell], &[]), 0.0);
    assert_eq!(localisation(&[], &[cell]), 0.0);
    assert_eq!(localisation(&[cell], &[cell]), 1.0);
    // A degenerate box counts as issued.
    assert_eq!(localisation(&[Rect::new(5, 5, 5, 9), cell], &[cell]), 2.0 / 3.0);
}

#[test]
fn a_complete_useless_answer_can_rank_below_an_incomplete_good_search() {
    let weights = Weights::default();
    let useless =
        Measures { format: Format::Complete, answer: 0.0, ranking: 0.0, selection: 0.0, localisation: 0.0 };
    let searched =
        Measures { format: Format::Unanswered, ranking: 1.0, selection: 1.0, localisation: 1.0, ..useless };
    assert!((useless.total(&weights) - 0.1).abs() < 1e-15);
    assert!((searched.total(&weights) - 0.35).abs() < 1e-15);
}

#[test]
fn without_a_search_nothing_is_measured() {
    let oracle = PageOracle {
        answer: 1,
        gold: vec![GoldPage { page: 0, region: Rect::new(0, 0, 4, 2), needs_crop: true }],
    };
    let guessed = EpisodeLog { answer: Some(1), ..EpisodeLog::default() };
    let Measures { format, answer, ranking, selection, localisation } = Measures::of(&guessed, &oracle);
    assert_eq!((format, answer), (Format::Broken, 1.0));
    assert_eq!([ranking, selection, localisation], [0.0; 3]);
}

#[test]
fn a_page_selected_twice_is_localised_once() {
    let cell = Rect::new(0, 4, 4, 6);
    let gold = |page| GoldPage { page, region: cell, needs_crop: true };
    let oracle = PageOracle { answer: 1, gold: vec![gold(0), gold(1)] };
    let view = |page, boxes: &[Rect]| Viewed { page, boxes: boxes.to_vec() };
    let selections = vec![view(0, &[]), view(1, &[]), view(0, &[cell]), view(7, &[])];
    let search = SearchRecord { results: vec![7, 0, 1], selections };
    let log = EpisodeLog { searches: vec![search], ..EpisodeLog::default() };
    // Page 0 is found, page 1 is not, page 7 is not annotated.
    assert_eq!(Measures::of(&log, &oracle).localisation, 0.5);
}

proptest! {
    #[test]
    fn every_measure_and_the_total_are_in_the_unit_interval(log in logs(), oracle in oracles()) {
        let measures = Measures::of(&log, &oracle);
        for number in [
            measures.answer, measures.ranking, measures.selection, measures.localisation,
            measures.total(&Weights::default()),
        ] {
            prop_assert!((0.0..=1.0).contains(&number), "{:?}", measures);
        }
    }

    #[test]
    fn a_broken_format_is_worth_nothing(measures in measures()) {
        let broken = Measures { format: Format::Broken, ..measures };
        prop_assert_eq!(broken.total(&Weights::default()), 0.0);
        prop_assert_eq!(broken.total(&Weights::OUTCOME), 0.0);
    }

    #[test]
    fn the_format_is_a_ladder(measures in measures()) {
        let total = |format| Measures { format, ..measures }.total(&Weights::default());
        let slack = 1e-12;
        prop_assert!(total(Format::Complete) >= 0.1 - slack);
        prop_assert!((0.05 - slack..=0.35 + slack).contains(&total(Format::Unanswered)));
        prop_assert!(ORDER.map(total).is_sorted());
    }

    #[test]
    fn the_total_never_falls_when_a_part_rises(low in measures(), rise in 0.0..1.0_f64, part in 0..4) {
        let mut high = low;
        let number = match part {
            0 => &mut high.answer,
            1 => &mut high.ranking,
            2 => &mut high.selection,
            _ => &mut high.localisation,
        };
        *number += rise * (1.0 - *number);
        prop_assert!(high.total(&Weights::default()) >= low.total(&Weights::default()));
    }

    #[test]
    fn without_dense_weights_the_total_is_the_outcome(measures in measures()) {
        let outcome = if measures.format == Format::Complete { measures.answer } else { 0.0 };
        prop_assert_eq!(measures.total(&Weights::OUTCOME), outcome);
    }

    #[test]
    fn ndcg_is_one_iff_all_gold_pages_come_first(lists in lists(), gold in golds()) {
        let list = merged(&lists);
        let first = list.len() >= gold.len() && list[..gold.len()].iter().all(|page| gold.contains(page));
        let score = ndcg(&list, &gold);
        prop_assert!((0.0..=1.0).contains(&score));
        prop_assert_eq!(score == 1.0, first);
    }

    #[test]
    fn duplicates_after_the_first_do_not_change_ndcg(
        list in prop::collection::vec(0..12_u32, 1..8), gold in golds(), which in 0..8_usize, at in 0..8_usize,
    ) {
        let source = which % list.len();
        let place = source + 1 + at % (list.len() - source);
        let mut repeated = list.clone();
        repeated.insert(place, list[source]);
        prop_assert_eq!(ndcg(&repeated, &gold), ndcg(&list, &gold));
    }

    #[test]
    fn an_irrelevant_search_never_raises_ndcg(
        lists in lists(), gold in golds(), added in prop::collection::vec(12..20_u32, 0..6), at in 0..5_usize,
    ) {
        let mut more = lists.clone();
        more.insert(at.min(lists.len()), added);
        prop_assert!(ndcg(&merged(&more), &gold) <= ndcg(&merged(&lists), &gold));
    }

    #[test]
    fn merging_keeps_every_page_once(lists in lists()) {
        let list = merged(&lists);
        let mut all: Vec<u32> = lists.concat();
        all.sort_unstable();
        all.dedup();
        let mut kept = list.clone();
        kept.sort_unstable();
        prop_assert_eq!(kept, all);
    }

    #[test]
    fn unclamped_precision_and_recall_count_the_same_hits(
        issued in prop::collection::vec(rects(), 0..4), gold in prop::collection::vec(rects(), 0..4),
    ) {
        let overlap = Overlap::count(&issued, &gold);
        prop_assert!((overlap.recall() * overlap.gold as f64 - overlap.hits as f64).abs() < 1e-12);
        if overlap.hits <= overlap.issued {
            prop_assert!((overlap.precision() * overlap.issued as f64 - overlap.hits as f64).abs() < 1e-12);
        } else {
            prop_assert_eq!(overlap.precision(), 1.0);
        }
        prop_assert!((0.0..=1.0).contains(&overlap.f1()));
        if issued.is_empty() || gold.is_empty() {
            prop_assert_eq!(overlap.f1(), 0.0);
        }
    }
}
