/// A picture: 8 bits each of red, green and blue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RgbImage {
    width: usize,
    height: usize,
    /// `height * width * 3` bytes, row by row from the top; channel `c` of the pixel in column `x` and row `y` is at
    /// `(y * width + x) * 3 + c`.
    pixels: Vec<u8>,
}

impl RgbImage {
    /// A black picture.
    #[must_use]
    pub fn black(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0; width * height * 3] }
    }

    /// Columns of pixels.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows of pixels.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// `height * width * 3` bytes, row by row from the top: red, green and blue of each pixel.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Red, green and blue of a pixel; `None` outside the picture.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        let (cells, _) = self.pixels.as_chunks::<3>();
        (x < self.width).then(|| cells.get(y * self.width + x).copied()).flatten()
    }

    /// The same buffer for a picture of another size. What it shows is left undefined.
    pub(crate) fn resize(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.pixels.resize(width * height * 3, 0);
    }

    /// Puts a square `tile` with sides of `side` pixels into column `column` and row `row` of such squares.
    pub(crate) fn place(&mut self, column: usize, row: usize, side: usize, tile: &[u8]) {
        let stride = self.width * 3;
        let first = row * side * stride + column * side * 3;
        for (line, tile_line) in tile.chunks_exact(side * 3).enumerate() {
            let start = first + line * stride;
            self.pixels[start..start + side * 3].copy_from_slice(tile_line);
        }
    }
}
