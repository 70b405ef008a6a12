//! What can be read, from the pixels and from the tokens.

use proptest::prelude::*;

use super::stream;
use crate::pages::{CELLS, Page, Print, Rect, Shown, VIEW_LEN, title};

fn page(seed: u64, print: Print, facts: [(u32, u32); CELLS]) -> Page {
    Page::new(5, print, facts, 0.1, &mut stream(seed))
}

fn seen(shown: Shown, page: &Page) -> Vec<f32> {
    let mut view = vec![0.0; VIEW_LEN];
    shown.render(page, &mut view);
    view
}

fn boxes() -> impl Strategy<Value = Rect> {
    (0..16, 0..16, 1..17, 1..17).prop_map(|(x0, y0, x1, y1)| Rect::new(x0, y0, x1, y1))
}

#[test]
fn titles_of_different_entities_differ() {
    let mut titles: Vec<Vec<u8>> =
        (0..128).map(|entity| title(entity).iter().map(|dot| *dot as u8).collect()).collect();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 128);
}

#[test]
fn the_full_view_tells_relations_and_in_large_print_values() {
    for (print, value) in [(Print::Small, None), (Print::Large, Some(7))] {
        let page = page(1, print, [(0, 7), (1, 7), (2, 7)]);
        let readings: Vec<_> = Shown::FULL.read(&page).collect();
        assert_eq!(readings.len(), CELLS);
        assert!(readings.iter().all(|reading| reading.value == value && reading.relation.is_some()));
    }
}

#[test]
fn a_box_that_is_exactly_the_cell_shows_its_value() {
    let page = page(3, Print::Small, [(0, 1), (1, 2), (2, 3)]);
    for cell in &page.cells {
        let readings: Vec<_> = Shown::of_box(page.cell_box(cell), 4, 0).read(&page).collect();
        assert_eq!(readings.len(), 1);
        assert_eq!((readings[0].relation, readings[0].value), (Some(cell.relation), Some(cell.value)));
    }
}

#[test]
fn a_degenerate_box_shows_nothing() {
    let page = page(3, Print::Large, [(0, 1), (1, 2), (2, 3)]);
    for flat in [Rect::new(9, 2, 9, 7), Rect::new(9, 2, 4, 7), Rect::new(2, 9, 4, 9)] {
        let shown = Shown::of_box(flat, 4, 2);
        assert_eq!(shown.read(&page).count(), 0);
        assert!(seen(shown, &page).iter().all(|dot| *dot == 0.0));
    }
}

proptest! {
    #[test]
    fn pixels_change_with_a_value_iff_it_can_be_read(
        seed: u64, large: bool, raw in boxes(), (one, other) in (0..12_u32, 0..12_u32), which in 0..CELLS,
        whole: bool,
    ) {
        prop_assume!(one != other);
        let print = if large { Print::Large } else { Print::Small };
        let mut facts = [(0, 4), (1, 5), (2, 6)];
        facts[which].1 = one;
        let first = page(seed, print, facts);
        facts[which].1 = other;
        let second = page(seed, print, facts);
        let shown = if whole { Shown::FULL } else { Shown::of_box(raw, 4, 0) };
        let read = |page: &Page| {
            shown.read(page).find(|reading| reading.relation == Some(which as u32) || reading.value.is_some())
                .map(|reading| reading.value)
        };
        let cell = &first.cells[which];
        let (_, glyph) = first.glyph_boxes(cell);
        let legible = shown.read(&first).any(|reading| {
            reading.place == first.cell_box(cell) && reading.value == Some(one)
        });
        let same = seen(shown, &first) == seen(shown, &second);
        if legible {
            prop_assert!(!same, "legible, but the pixels are the same");
        } else if !(shown.sharp || large) || shown.region.intersection(glyph).is_degenerate() {
            // Blurred small print, or not in the picture: nothing whatever can be told.
            prop_assert!(same, "illegible, but the pixels differ");
            prop_assert_eq!(read(&first).is_some(), read(&second).is_some());
        }
    }

    #[test]
    fn cells_never_overlap_and_stay_on_the_page(seed: u64, large: bool) {
        let print = if large { Print::Large } else { Print::Small };
        let page = page(seed, print, [(0, 4), (1, 5), (2, 6)]);
        let boxes = page.cells.each_ref().map(|cell| page.cell_box(cell));
        for (index, cell) in boxes.iter().enumerate() {
            prop_assert!(Rect::new(0, 4, 16, 16).covers(*cell));
            for other in &boxes[..index] {
                prop_assert!(cell.intersection(*other).is_degenerate());
            }
        }
    }

    #[test]
    fn a_box_in_small_print_that_shows_the_whole_cell_overlaps_it_by_half(seed: u64, raw in boxes()) {
        let page = page(seed, Print::Small, [(0, 4), (1, 5), (2, 6)]);
        for reading in Shown::of_box(raw, 4, 0).read(&page) {
            if reading.value.is_some() && reading.relation.is_some() {
                prop_assert!(crate::pages::iou(raw, reading.place) >= 0.5);
            }
        }
    }

    #[test]
    fn brightness_is_between_zero_and_one(seed: u64, large: bool, raw in boxes(), padding in 0..3_u32) {
        let print = if large { Print::Large } else { Print::Small };
        let page = page(seed, print, [(0, 15), (6, 5), (2, 6)]);
        let bright = |view: &[f32]| view.iter().all(|dot| (0.0..=1.0).contains(dot));
        prop_assert!(bright(&page.pixels));
        prop_assert!(bright(&seen(Shown::of_box(raw, 4, padding), &page)));
    }
}
