use std::sync::Arc;

use rayon::prelude::*;

use super::VolumeFrame;
use super::baked::PICTURE;
use super::exact::{ExactKernel, ExactPass, SquaresDrawn, Target};
use super::grid::Grid;
use super::shade::shaded;
use super::tiles::enlarged;
use crate::field::{Bake, Doubt, FieldRecord, Occupancy, Sampling, Traced, Tracer};
use crate::render::RenderError;

/// Voxels along a cell of the occupancy: of a field that changes, and of one that stays.
pub(crate) const FINER_MOVING: usize = 2;
pub(crate) const FINER_AT_REST: usize = 4;

/// A graphics device that evaluates.
#[derive(Debug, Clone)]
pub(super) struct Graphics {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
}

/// What the worker keeps of a field.
pub(super) struct Ready {
    pub(super) record: Arc<FieldRecord>,
    /// For a view in motion, and for one at rest once there was time for it.
    coarse: Arc<Bake>,
    fine: Option<Arc<Bake>>,
    /// For a view at rest.
    pub(super) tracer: Option<Tracer>,
    on_device: Option<OnDevice>,
    /// Why the device does not do what it should.
    pub(super) complaint: Option<RenderError>,
}

/// The same on the graphics device.
struct OnDevice {
    graphics: Graphics,
    /// The finest bake that there is.
    grid: Arc<Grid>,
    exact: Exact,
}

/// What draws a field exactly on the device.
enum Exact {
    /// Compiled for the field that was drawn before, if there was one.
    Asleep(Option<ExactKernel>),
    Awake(Box<ExactPass>),
    /// It was refused: the processor draws.
    Refused,
}

impl Exact {
    /// The pass, compiled where it is not yet; `None` where it was refused.
    ///
    /// # Errors
    /// Why it is refused, once.
    fn awake(
        &mut self,
        device: &wgpu::Device,
        record: &FieldRecord,
    ) -> Result<Option<&mut ExactPass>, RenderError> {
        if let Self::Asleep(kernel) = self {
            let kernel = kernel.take();
            *self = Self::Refused;
            let shape = ExactKernel::shape_for(device, record, PICTURE)?;
            let kernel = match kernel.filter(|kernel| *kernel.shape() == shape) {
                Some(kernel) => kernel,
                None => ExactKernel::build(device, shape)?,
            };
            *self = Self::Awake(Box::new(ExactPass::new(device, kernel, record)?));
        }
        match self {
            Self::Awake(pass) => Ok(Some(pass)),
            Self::Asleep(_) | Self::Refused => Ok(None),
        }
    }

    /// What of it serves another field.
    fn asleep(self) -> Self {
        match self {
            Self::Awake(pass) => Self::Asleep(Some(pass.into_kernel())),
            Self::Asleep(kernel) => Self::Asleep(kernel),
            Self::Refused => Self::Asleep(None),
        }
    }
}

impl OnDevice {
    fn new(graphics: &Graphics, bake: &Bake, doubts: &[Doubt], exact: Exact) -> Result<Self, RenderError> {
        let grid = Arc::new(Grid::upload(&graphics.device, &graphics.queue, bake, doubts)?);
        Ok(Self { graphics: graphics.clone(), grid, exact })
    }
}

impl Ready {
    /// Bake a field, coarsely; of another that was ready `before`, what can be used again is. `None` as soon as `goes_on`
    /// says no.
    pub(super) fn new(
        record: &Arc<FieldRecord>,
        before: &mut Option<Self>,
        graphics: Option<&Graphics>,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let occupancy = Occupancy::of_while(record, &mut |_| goes_on())?;
        let coarse = Arc::new(Bake::of_while(record, occupancy, FINER_MOVING, &mut |_| goes_on())?);
        let before = before.take().and_then(|before| before.on_device);
        let exact = before.map_or(Exact::Asleep(None), |before| before.exact.asleep());
        let on_device = graphics.map(|graphics| OnDevice::new(graphics, &coarse, &[], exact)).transpose();
        let (on_device, complaint) = match on_device {
            Ok(on_device) => (on_device, None),
            Err(err) => (None, Some(err)),
        };
        Some(Self { record: Arc::clone(record), coarse, fine: None, tracer: None, on_device, complaint })
    }

    /// The grid on the device; `None` where the processor draws the bake.
    pub(super) fn grid(&self) -> Option<&Arc<Grid>> {
        self.on_device.as_ref().map(|on_device| &on_device.grid)
    }

    /// Whether the processor draws where the device should.
    pub(super) fn is_refused(&self) -> bool {
        self.on_device.as_ref().is_none_or(|own| matches!(own.exact, Exact::Refused))
    }

    /// Whether the device draws the field exactly, as far as is known.
    pub(super) fn is_exact_on_device(&self) -> bool {
        // An empty grid is nothing to the processor.
        !self.is_refused() && self.grid().is_some_and(|grid| grid.doubts().is_some())
    }

    /// Draw the next squares of a picture on the device: see [`ExactPass::advance`]. `None`, and a
    /// [`complaint`](Self::complaint), where it cannot.
    pub(super) fn advance_on_device(
        &mut self,
        (id, picture): (u64, &wgpu::TextureView),
        frame: &VolumeFrame,
        sampling: &Sampling,
        submit: impl FnOnce(&wgpu::Queue, wgpu::CommandBuffer) -> bool,
    ) -> Option<SquaresDrawn> {
        let OnDevice { graphics: Graphics { device, queue }, grid, exact } = self.on_device.as_mut()?;
        let target = Target { id, grid, frame, sampling, picture };
        let drawn = exact.awake(device, &self.record).and_then(|pass| {
            pass.map(|pass| pass.advance(device, queue, &target, |commands| submit(queue, commands)))
                .transpose()
        });
        drawn.unwrap_or_else(|err| {
            *exact = Exact::Refused;
            self.complaint = Some(err);
            None
        })
    }

    /// Whether the bake for a view at rest is there.
    pub(super) fn is_fine(&self) -> bool {
        self.fine.is_some()
    }

    /// Bake the field for a view at rest; whether that was finished before `goes_on` said no.
    pub(super) fn bake_finer(&mut self, goes_on: &dyn Fn() -> bool) -> bool {
        let finer = Bake::finest(self.coarse.occupancy(), FINER_AT_REST);
        // Where there is no room for more voxels, the coarse one is the finest.
        let fine = if finer > self.coarse.finer() {
            let occupancy = self.coarse.occupancy().clone();
            let Some(fine) = Bake::of_while(&self.record, occupancy, finer, &mut |_| goes_on()) else {
                return false;
            };
            Arc::new(fine)
        } else {
            Arc::clone(&self.coarse)
        };
        let tracer = Tracer::new(&self.record, Arc::clone(&fine));
        if let Some(OnDevice { graphics, exact, .. }) = self.on_device.take() {
            match OnDevice::new(&graphics, &fine, tracer.doubts(), exact) {
                Ok(on_device) => self.on_device = Some(on_device),
                Err(err) => self.complaint = Some(err),
            }
        }
        (self.fine, self.tracer) = (Some(fine), Some(tracer));
        true
    }

    /// Voxels along the unit cube of what a frame is drawn from.
    pub(super) fn voxels(&self, frame: &VolumeFrame) -> u32 {
        // The device has the finest alone.
        let finest = self.fine.as_ref().filter(|_| self.on_device.is_some());
        (2.0 / finest.unwrap_or(self.bake(frame)).voxel()).round() as u32
    }

    fn bake(&self, frame: &VolumeFrame) -> &Arc<Bake> {
        self.fine.as_ref().filter(|_| !frame.is_moving).unwrap_or(&self.coarse)
    }

    /// The baked picture, of the viewport's size.
    pub(super) fn draw(&self, frame: &VolumeFrame, sampling: &Sampling, coarser: u32) -> Vec<[u8; 4]> {
        let (width, height) = frame.viewport_px;
        let (columns, rows) = (width.div_ceil(coarser), height.div_ceil(coarser));
        let rays = frame.place.camera(width, height).ray_grid();
        let size = [columns as usize, rows as usize];
        let step = coarser as f32;
        let ray = |x: usize, y: usize| rays.ray((x as f32 + 0.5) * step, (y as f32 + 0.5) * step);
        let seen = self.bake(frame).draw_picture(&ray, size, sampling, &frame.crop);
        let small: Vec<[u8; 4]> = seen
            .par_chunks(size[0].max(1))
            .enumerate()
            .flat_map_iter(|(y, seen)| {
                let own: Vec<[f32; 6]> = (0..size[0]).map(|x| ray(x, y)).collect();
                let traced: Vec<Traced> =
                    seen.iter().map(|seen| Traced { seen: *seen, evaluated: 0 }).collect();
                self.shade(frame, sampling, &own, &traced)
            })
            .collect();
        enlarged(&small, coarser, (width, height))
    }

    /// The pixels of what was seen.
    pub(super) fn shade(
        &self,
        frame: &VolumeFrame,
        sampling: &Sampling,
        rays: &[[f32; 6]],
        traced: &[Traced],
    ) -> Vec<[u8; 4]> {
        let pixel = |(traced, ray)| shaded(frame.mode, traced, ray, &frame.place, sampling, self.bake(frame));
        traced.iter().zip(rays).map(pixel).collect()
    }
}
