use milepost_core::Version;
use milepost_microworlds::arena::PIXELS;
use milepost_policies::{Autoencoder, RowEncoding};
use milepost_population::{Description, Descriptor, PartError, Refit, Signature};
use serde::{Deserialize, Serialize};

use super::tasks::Pictures;

/// Values of one picture.
pub(super) const PICTURE: usize = PIXELS * PIXELS;
/// Pictures in memory as numbers at a time.
const AT_ONCE: usize = 2048;

/// Which part of an agent's pictures its description is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// The true end point: no pictures.
    #[default]
    Position,
    /// The code of the last picture.
    LastPicture,
    /// The signature of depth two of the path of codes.
    Signature,
}

impl Look {
    /// Pictures that are taken of an agent.
    pub(super) const fn frames(self) -> u32 {
        match self {
            Self::Position | Self::LastPicture => 1,
            Self::Signature => 20,
        }
    }
}

/// An autoencoder that describes agents by their pictures. Its surprise is the reconstruction error, averaged over
/// the pictures.
pub(super) struct PictureDescriptor {
    autoencoder: Autoencoder,
    look: Look,
    version: Version,
    /// Pictures that a training uses at most.
    most: usize,
}

impl PictureDescriptor {
    pub(super) const fn new(autoencoder: Autoencoder, look: Look, most: usize) -> Self {
        Self { autoencoder, look, version: Version(0), most }
    }

    fn description(&self, codes: &[RowEncoding]) -> Description {
        let error = codes.iter().map(|code| f64::from(code.error)).sum::<f64>() / codes.len().max(1) as f64;
        let wide: Vec<Vec<f64>> =
            codes.iter().map(|one| one.code.iter().map(|x| f64::from(*x)).collect()).collect();
        let code = match self.look {
            Look::Signature => {
                let width = self.autoencoder.config().code;
                Signature::of_path(width, wide.iter().map(Vec::as_slice)).to_code()
            }
            Look::Position | Look::LastPicture => wide.into_iter().next_back().unwrap_or_default(),
        };
        Description { code, surprise: Some(error) }
    }
}

/// Grey values as shares of white.
fn shares(pictures: &[u8]) -> impl Iterator<Item = f32> {
    pictures.iter().map(|grey| f32::from(*grey) / 255.0)
}

impl Descriptor<Pictures> for PictureDescriptor {
    fn version(&self) -> Version {
        self.version
    }

    fn describe(&self, observations: &[&Pictures]) -> Result<Vec<Description>, PartError> {
        let frames = self.look.frames() as usize;
        let mut descriptions = Vec::with_capacity(observations.len());
        for group in observations.chunks(AT_ONCE / frames) {
            let rows: Vec<f32> = group.iter().flat_map(|pictures| shares(pictures)).collect();
            let codes = self.autoencoder.encode(&rows)?;
            descriptions.extend(codes.chunks(frames).map(|of_one| self.description(of_one)));
        }
        Ok(descriptions)
    }

    /// Trains on the pictures, evenly thinned out if there are too many.
    fn refit(&mut self, observations: &[&Pictures]) -> Result<Refit, PartError> {
        let all: Vec<&[u8]> =
            observations.iter().flat_map(|pictures| pictures.chunks_exact(PICTURE)).collect();
        let used = all.len().min(self.most);
        let rows: Vec<f32> = (0..used).flat_map(|index| shares(all[index * all.len() / used])).collect();
        let report = self.autoencoder.fit(&rows)?;
        if report.changed {
            self.version = self.version.next();
        }
        let (changed, network_calls) = (report.changed, report.rows);
        Ok(Refit { changed, network_calls, validation_loss: report.validation_loss })
    }

    fn network_calls(&self, _: &Pictures) -> u64 {
        u64::from(self.look.frames())
    }
}
