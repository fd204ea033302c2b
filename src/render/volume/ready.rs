use std::sync::Arc;

use rayon::prelude::*;

use super::VolumeFrame;
use super::shade::shaded;
use super::tiles::enlarged;
use crate::field::{Bake, FieldRecord, Occupancy, Sampling, Traced, Tracer};

/// Voxels along a cell of the occupancy: of a field that changes, and of one that stays.
const FINER_MOVING: usize = 2;
const FINER_AT_REST: usize = 4;

/// What the thread keeps of a field.
pub(super) struct Ready {
    pub(super) record: Arc<FieldRecord>,
    /// For a view in motion, and for one at rest once there was time for it.
    pub(super) coarse: Arc<Bake>,
    pub(super) fine: Option<Arc<Bake>>,
    pub(super) tracer: Tracer,
}

impl Ready {
    /// For a view in motion; `None` as soon as `goes_on` says no.
    pub(super) fn new(record: &Arc<FieldRecord>, goes_on: &dyn Fn() -> bool) -> Option<Self> {
        let occupancy = Occupancy::of_while(record, goes_on)?;
        let coarse = Arc::new(Bake::of_while(record, occupancy, FINER_MOVING, goes_on)?);
        let tracer = Tracer::new(record, Arc::clone(&coarse));
        Some(Self { record: Arc::clone(record), coarse, fine: None, tracer })
    }

    /// For a view at rest; whether that was finished before `goes_on` said no.
    pub(super) fn bake_finer(&mut self, goes_on: &dyn Fn() -> bool) -> bool {
        let occupancy = self.coarse.occupancy().clone();
        // Where there is no room for more voxels, the coarse one is the finest.
        let finer = Bake::finest(&occupancy, FINER_AT_REST);
        if finer <= self.coarse.finer() {
            self.fine = Some(Arc::clone(&self.coarse));
            return true;
        }
        let Some(fine) = Bake::of_while(&self.record, occupancy, finer, goes_on) else { return false };
        let fine = Arc::new(fine);
        self.tracer = Tracer::new(&self.record, Arc::clone(&fine));
        self.fine = Some(fine);
        true
    }

    /// Voxels along the unit cube of what is drawn in such a frame.
    pub(super) fn voxels(&self, frame: &VolumeFrame) -> u32 {
        (2.0 / self.bake(frame).voxel()).round() as u32
    }

    fn bake(&self, frame: &VolumeFrame) -> &Arc<Bake> {
        self.fine.as_ref().filter(|_| !frame.is_moving).unwrap_or(&self.coarse)
    }

    /// The baked picture, of the viewport's size.
    pub(super) fn draw(&self, frame: &VolumeFrame, sampling: &Sampling, coarser: u32) -> Vec<[u8; 4]> {
        let (width, height) = frame.viewport_px;
        let (columns, rows) = (width.div_ceil(coarser), height.div_ceil(coarser));
        let rays = frame.place.camera(width, height).ray_grid();
        let small: Vec<[u8; 4]> = (0..rows)
            .into_par_iter()
            .flat_map_iter(|y| {
                let step = coarser as f32;
                let own: Vec<[f32; 6]> = (0..columns)
                    .map(|x| rays.ray((x as f32 + 0.5) * step, (y as f32 + 0.5) * step))
                    .collect();
                let traced: Vec<Traced> = self
                    .bake(frame)
                    .draw(&own, sampling, &frame.crop)
                    .into_iter()
                    .map(|seen| Traced { seen, evaluated: 0 })
                    .collect();
                self.shade(frame, sampling, &own, &traced)
            })
            .collect();
        enlarged(&small, coarser, (width, height))
    }

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
