use super::super::SizeError;

/// A picture from which patterns are learnt: black pixels are walls, all others floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub(super) width: usize,
    /// Row by row.
    pub(super) pixels: Vec<[u8; 3]>,
}

const WALL: [u8; 3] = [0; 3];

impl Sample {
    /// A picture of `width` columns, row by row, 1 to 64 each way.
    pub fn new(width: usize, pixels: Vec<[u8; 3]>) -> Result<Self, SizeError> {
        let height = pixels.len().checked_div(width).unwrap_or(0);
        let sides = [("the width of the sample", width), ("the height of the sample", height)];
        if let Some((what, found)) = sides.into_iter().find(|(_, side)| !(1..=64).contains(side)) {
            return Err(SizeError { what, found: found as i64, least: 1, most: 64 });
        }
        let found = pixels.len() as i64;
        if found == (width * height) as i64 {
            Ok(Self { width, pixels })
        } else {
            let most = (width * height) as i64;
            Err(SizeError { what: "the number of pixels", found, least: most, most })
        }
    }

    /// A picture in characters: `#` is black, `,` nearly white (told apart from white, and floor all the
    /// same), anything else white. All rows must be as long as the first.
    pub fn from_text(rows: &[&str]) -> Result<Self, SizeError> {
        let pixel = |character| match character {
            b'#' => WALL,
            b',' => [254; 3],
            _ => [255; 3],
        };
        let pixels = rows.iter().flat_map(|row| row.bytes().map(pixel)).collect();
        Self::new(rows.first().map_or(0, |row| row.len()), pixels)
    }

    /// MiniGrid looks at the red channel only.
    pub(super) const fn is_wall(pixel: [u8; 3]) -> bool {
        pixel[0] == WALL[0]
    }
}
