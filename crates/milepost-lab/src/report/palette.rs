//! Colours that survive colour blindness, greyscale print and both themes. No series relies on colour
//! alone: arms also differ in dash and marker, channels in order and label.

use std::fmt::Write as _;

/// One colour in the light and the dark theme, as `#rrggbb`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hue {
    /// On the light paper.
    pub light: &'static str,
    /// On the dark paper.
    pub dark: &'static str,
}

const fn hue(light: &'static str, dark: &'static str) -> Hue {
    Hue { light, dark }
}

/// Arms. The first is the neutral colour of the reference arm.
pub(super) const ARMS: [Hue; 10] = [
    hue("#5d6470", "#b3bac5"), // slate: the reference
    hue("#0063b1", "#6cb6ff"), // blue
    hue("#b84300", "#ff9c5e"), // vermilion
    hue("#00755a", "#46d3a5"), // bluish green
    hue("#9a2f86", "#ef94dc"), // purple
    hue("#7d6100", "#e3c54b"), // ochre
    hue("#4a3fb8", "#aeaaff"), // indigo
    hue("#ad0f3c", "#ff8aa0"), // crimson
    hue("#00707f", "#5bd4e4"), // teal
    hue("#6a4326", "#d8ab84"), // brown
];

/// Reward channels. Chosen to differ in lightness from their neighbours in a stack.
pub(super) const CHANNELS: [Hue; 8] = [
    hue("#274c77", "#5b86ba"),
    hue("#e3a83b", "#d9a441"),
    hue("#3f9a92", "#3c8f88"),
    hue("#a63d57", "#cf7389"),
    hue("#a99ad6", "#b9adde"),
    hue("#5f7332", "#8ba352"),
    hue("#d99a70", "#b87a52"),
    hue("#7f858f", "#9299a3"),
];

/// Text on a channel's fill.
pub(super) const CHANNEL_INK: [Hue; 8] = [
    hue("#ffffff", "#000000"),
    hue("#000000", "#000000"),
    hue("#000000", "#000000"),
    hue("#ffffff", "#000000"),
    hue("#000000", "#000000"),
    hue("#ffffff", "#000000"),
    hue("#000000", "#000000"),
    hue("#000000", "#000000"),
];

/// Background of figures.
pub(super) const PAPER: Hue = hue("#ffffff", "#171a20");

/// Dash patterns; the first is solid.
pub(super) const DASHES: [&str; 5] = ["none", "7 4", "2 3", "10 3 2 3", "14 4"];

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// Index into [`ARMS`].
    pub color: usize,
    /// Index into [`DASHES`].
    pub dash: usize,
    /// Which marker shape.
    pub marker: usize,
}

/// Style of the reference arm.
pub(super) const REFERENCE: Style = Style { color: 0, dash: 1, marker: 1 };

/// Style of the `k`-th other arm. Colours repeat after nine arms, combinations only after many more.
pub(super) fn style(k: usize) -> Style {
    let lap = k / (ARMS.len() - 1);
    let markers = [0, 2, 3, 4, 5, 6];
    Style {
        color: 1 + k % (ARMS.len() - 1),
        dash: [0, 2, 3, 4][(k + lap) % 4],
        marker: markers[(k + lap) % markers.len()],
    }
}

/// The palette as CSS custom properties and classes, for both themes.
pub(super) fn css() -> String {
    let rules = |pick: fn(&Hue) -> &'static str| {
        let arms = ARMS.iter().enumerate().map(|(i, h)| format!("--a{i}:{};", pick(h)));
        let channels = CHANNELS.iter().enumerate().map(|(i, h)| format!("--c{i}:{};", pick(h)));
        let inks = CHANNEL_INK.iter().enumerate().map(|(i, h)| format!("--n{i}:{};", pick(h)));
        let paper = format!("--paper:{};", pick(&PAPER));
        arms.chain(channels).chain(inks).chain([paper]).collect::<String>()
    };
    let mut css = format!(":root{{{}}}\n", rules(|h| h.light));
    let _ = writeln!(css, "@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}", rules(|h| h.dark));
    for i in 0..ARMS.len() {
        let _ = write!(css, ".a{i}{{--k:var(--a{i})}}");
    }
    for i in 0..CHANNELS.len() {
        let _ = write!(css, ".c{i}{{--k:var(--c{i});--n:var(--n{i})}}");
    }
    for (i, dash) in DASHES.iter().enumerate().skip(1) {
        let _ = write!(css, ".d{i} .ln{{stroke-dasharray:{dash}}}");
    }
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(color: &str) -> f64 {
        let channel = |at: usize| {
            let v = f64::from(u8::from_str_radix(&color[at..at + 2], 16).expect("two hex digits")) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn arm_colours_can_be_read_as_text_in_both_themes() {
        for arm in &ARMS {
            assert!(contrast(arm.light, PAPER.light) >= 4.5, "{} on light", arm.light);
            assert!(contrast(arm.dark, PAPER.dark) >= 4.5, "{} on dark", arm.dark);
        }
    }

    #[test]
    fn text_inside_a_channel_can_be_read_in_both_themes() {
        for (fill, ink) in CHANNELS.iter().zip(&CHANNEL_INK) {
            assert!(contrast(fill.light, ink.light) >= 4.5, "{fill:?}");
            assert!(contrast(fill.dark, ink.dark) >= 4.5, "{fill:?}");
        }
    }

    #[test]
    fn neighbouring_channels_differ_in_lightness() {
        for pair in CHANNELS.windows(2) {
            assert!(contrast(pair[0].light, pair[1].light) >= 1.4, "{pair:?}");
            assert!(contrast(pair[0].dark, pair[1].dark) >= 1.15, "{pair:?}");
        }
    }

    #[test]
    fn the_first_thirty_six_arms_look_different() {
        let styles: Vec<Style> = (0..36).map(style).chain([REFERENCE]).collect();
        for (i, a) in styles.iter().enumerate() {
            assert!(!styles[i + 1..].contains(a), "{a:?} appears twice");
        }
    }
}
