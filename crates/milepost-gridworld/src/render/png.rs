use png::{BitDepth, ColorType, Compression, Encoder};

use crate::render::image::RgbImage;

impl RgbImage {
    /// The picture as a PNG file. The same picture gives the same bytes. `None` if it has no pixels: PNG has no empty
    /// pictures.
    #[must_use]
    pub fn to_png(&self) -> Option<Vec<u8>> {
        let mut file = Vec::new();
        let mut writer = encoder(&mut file, self).write_header().ok()?;
        writer.write_image_data(self.pixels()).ok()?;
        writer.finish().ok()?;
        Some(file)
    }
}

/// Settings that all our files share.
pub(crate) fn encoder<'a>(file: &'a mut Vec<u8>, image: &RgbImage) -> Encoder<'a, &'a mut Vec<u8>> {
    let mut encoder = Encoder::new(file, image.width() as u32, image.height() as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    encoder
}
