//! A window without a screen, and hands to use it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{DroppedFile, Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, wgpu::WgpuTestRenderer};
use hyperscope::app::{Item, Opening, Settings, State, Window};
use hyperscope::media::png_bytes;
use hyperscope::render::adapters;
use hyperscope::train::RefineConfig;

use crate::common::{self, put, waves};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// The window under test, and a folder of its own.
pub(crate) struct Stage {
    pub(crate) harness: Harness<'static, Window>,
    folder: tempfile::TempDir,
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|err| err.to_string())
    }
}

impl Stage {
    /// A window with a small model, so that nothing but the golden files is needed, that shows `a.png`; `None`,
    /// with the reason printed, where there is no graphics adapter.
    pub(crate) fn with_picture() -> Option<Self> {
        let settings = Settings {
            model: Some(common::golden("model_residual.safetensors")),
            // More steps than anyone waits for: however slow the frames are, one falls in the middle of refining.
            refine: RefineConfig { steps: 100_000, ..RefineConfig::default() },
            ..Settings::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("a.png");
        put(&picture, &png_bytes(&waves(96, 80, 0.0)).unwrap());
        let mut stage = Self::open(folder, settings, vec![picture])?;
        stage.until("a.png has a field", |state| state.items.len() == 1 && is_written(&state.items[0]));
        Some(stage)
    }

    /// A window under these settings that was given these files.
    pub(crate) fn open(folder: tempfile::TempDir, settings: Settings, files: Vec<PathBuf>) -> Option<Self> {
        if adapters().is_empty() {
            println!("skipped: there is no graphics adapter on this machine");
            return None;
        }
        let opening = Opening {
            files,
            settings,
            notice: None,
            config_folder: Some(folder.path().join("config")),
            began: Instant::now(),
        };
        let harness = Harness::builder()
            .with_size(vec2(1_280.0, 800.0))
            .renderer(WgpuTestRenderer::new())
            .build_eframe(move |creation| Window::new(creation, opening));
        Some(Self { harness, folder })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn state(&self) -> &State {
        self.harness.state().state()
    }

    /// The item that is looked at.
    pub(crate) fn item(&self) -> &Item {
        self.state().current().unwrap()
    }

    pub(crate) fn item_named(&self, name: &str) -> &Item {
        self.state().items.iter().find(|item| item.name == name).unwrap()
    }

    /// Frames, until this holds and what it did is drawn.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&State) -> bool) {
        let begun = Instant::now();
        while !holds(self.state()) {
            assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}: {:#?}", self.state().notices);
            self.harness.step();
            std::thread::sleep(Duration::from_millis(2));
        }
        self.harness.run_steps(2);
    }

    /// Frames, until the view is exact.
    pub(crate) fn until_exact(&mut self) {
        let begun = Instant::now();
        while !self.harness.state().is_exact() {
            assert!(begun.elapsed() < PATIENCE, "the view does not become exact");
            self.harness.step();
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn drop_files(&mut self, paths: &[PathBuf]) {
        let files = paths.iter().map(|path| Arc::new(Dropped(path.clone())) as _);
        self.harness.input_mut().dropped_files = files.collect();
        self.harness.step();
        self.harness.input_mut().dropped_files.clear();
    }

    /// Click the button of this name.
    pub(crate) fn click(&mut self, name: &str) {
        self.harness.get_by_role_and_label(Role::Button, name).click();
        self.harness.run_steps(3);
    }

    pub(crate) fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    /// What the label that begins so says after it: `PSNR 21.40 dB`.
    pub(crate) fn figure(&self, name: &str) -> String {
        let label = self.harness.get_all_by_label_contains(name).find_map(|node| {
            let node = node.accesskit_node();
            let label = node.label().or_else(|| node.value())?;
            label.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned)
        });
        label.unwrap_or_else(|| panic!("nothing is called {name}"))
    }

    /// Type a path into the open form.
    pub(crate) fn type_path(&mut self, path: &Path) {
        let field = self.harness.get_by_role_and_label(Role::TextInput, "Path");
        field.set_text_value_accesskit(&path.display().to_string());
        self.harness.run_steps(3);
    }
}

/// Its field is there and compared with its picture.
pub(crate) fn is_written(item: &Item) -> bool {
    item.opening.is_none() && item.psnr_db().is_some()
}
