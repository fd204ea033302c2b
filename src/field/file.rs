use std::collections::BTreeMap;
use std::path::Path;

use super::{Architecture, Field, FieldError, FieldKind, FieldRecord, Layer, SoundChannels, SoundLayout};
use crate::limits;
use crate::storage::{HostTensor, Identity, Precision, TensorFile, tensor_file_bytes, write_atomically};

const FORMAT: &str = "hyperscope.field";
const VERSION: &str = "1";
/// Metadata that has a place of its own in a [`FieldRecord`].
const OWN_KEYS: [&str; 15] = [
    "format",
    "version",
    "kind",
    "arch",
    "source",
    "model",
    "width",
    "height",
    "near",
    "far",
    "sample_rate",
    "length",
    "window",
    "hop",
    "channels",
];

impl FieldRecord {
    /// Whether these bytes say that they are a field file, of any version.
    #[must_use]
    pub fn is_field(bytes: &[u8]) -> bool {
        TensorFile::parse(bytes)
            .is_ok_and(|file| file.metadata().get("format").is_some_and(|format| format == FORMAT))
    }

    /// Read a field file.
    ///
    /// # Errors
    /// [`FieldError`] if it cannot be read, or as [`from_bytes`](Self::from_bytes).
    pub fn read(path: &Path) -> Result<Self, FieldError> {
        let size = std::fs::metadata(path)?.len();
        if size > limits::SAFETENSORS_BYTES {
            return Err(FieldError::Malformed(format!("{size} bytes are more than any field needs")));
        }
        Self::from_bytes(&std::fs::read(path)?)
    }

    /// Read the bytes of a field file.
    ///
    /// # Errors
    /// [`FieldError`] if this is not a field file, its architecture is refused, or a tensor is missing,
    /// misshapen or not finite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FieldError> {
        let file = TensorFile::parse(bytes)?;
        let metadata = file.metadata();
        check_format(metadata)?;
        let architecture = read_architecture(entry(metadata, "arch")?)?;
        let kind = read_kind(metadata, &architecture)?;
        let fields = read_fields(&file, &architecture, &kind)?;
        let identity = |key: &str| -> Result<Option<Identity>, FieldError> {
            let Some(text) = metadata.get(key) else { return Ok(None) };
            let refused = |()| malformed(format!("its {key} is not `NAME sha256:HEX`"));
            text.parse().map(Some).map_err(refused)
        };
        let extra = metadata.iter().filter(|(key, _)| !OWN_KEYS.contains(&key.as_str()));
        let [field, others @ ..] = &*fields else { return Err(malformed("it holds no field")) };
        Ok(Self {
            field: field.clone(),
            others: others.to_vec(),
            kind,
            source: identity("source")?,
            model: identity("model")?,
            extra: extra.map(|(key, value)| (key.clone(), value.clone())).collect(),
        })
    }

    /// The bytes of a field file; the same record gives the same bytes.
    ///
    /// # Errors
    /// [`FieldError`] if a weight does not fit in 16 bits where those are asked for, or a sound has more windows than
    /// a file can hold.
    pub fn to_bytes(&self, precision: Precision) -> Result<Vec<u8>, FieldError> {
        let architecture = self.field.architecture();
        if let Some(layout) = self.sound() {
            layout.check_file(architecture.layers)?;
        }
        let mut metadata = self.extra.clone();
        let arch = serde_json::to_string(architecture).map_err(|err| malformed(err.to_string()))?;
        let own = [("format", FORMAT.to_owned()), ("version", VERSION.to_owned()), ("arch", arch)];
        let own = own.into_iter().chain(kind_entries(&self.kind));
        metadata.extend(own.map(|(key, value)| (key.to_owned(), value)));
        for (key, identity) in [("source", &self.source), ("model", &self.model)] {
            metadata.extend(identity.as_ref().map(|identity| (key.to_owned(), identity.to_string())));
        }
        let mut tensors = BTreeMap::new();
        let shapes = architecture.layer_shapes();
        for (window, field) in self.fields().enumerate() {
            let prefix = prefix(window, 1 + self.others.len());
            for (index, (shape, layer)) in shapes.iter().zip(field.layers()).enumerate() {
                let weight =
                    HostTensor { shape: vec![shape.d_in, shape.d_out], values: layer.weight.clone() };
                let bias = HostTensor { shape: vec![shape.d_out], values: layer.bias.clone() };
                tensors.insert(format!("{prefix}layers.{index}.weight"), weight);
                tensors.insert(format!("{prefix}layers.{index}.bias"), bias);
            }
        }
        Ok(tensor_file_bytes(&tensors, &metadata, |_| precision)?)
    }

    /// Write a field file, whole or not at all.
    ///
    /// # Errors
    /// [`FieldError`] if it cannot be written, or as [`to_bytes`](Self::to_bytes).
    pub fn write(&self, path: &Path, precision: Precision) -> Result<(), FieldError> {
        let bytes = self.to_bytes(precision)?;
        Ok(write_atomically(path, |out| out.write_all(&bytes))?)
    }
}

/// What the names of a window's tensors begin with.
fn prefix(window: usize, num_windows: usize) -> String {
    if num_windows == 1 { String::new() } else { format!("windows.{window}.") }
}

/// What the metadata says of a kind.
fn kind_entries(kind: &FieldKind) -> Vec<(&'static str, String)> {
    match kind {
        FieldKind::Image { width, height } => {
            vec![("kind", "image".into()), ("width", width.to_string()), ("height", height.to_string())]
        }
        FieldKind::Object { near, far } => {
            vec![("kind", "object".into()), ("near", near.to_string()), ("far", far.to_string())]
        }
        FieldKind::Sound(SoundLayout { sample_rate_hz, length, window, hop, channels }) => vec![
            ("kind", "sound".into()),
            ("sample_rate", sample_rate_hz.to_string()),
            ("length", length.to_string()),
            ("window", window.to_string()),
            ("hop", hop.to_string()),
            ("channels", channels.name().into()),
        ],
    }
}

fn malformed(what: impl Into<String>) -> FieldError {
    FieldError::Malformed(what.into())
}

fn entry<'a>(metadata: &'a BTreeMap<String, String>, key: &str) -> Result<&'a str, FieldError> {
    metadata.get(key).map(String::as_str).ok_or_else(|| malformed(format!("its metadata has no {key}")))
}

fn check_format(metadata: &BTreeMap<String, String>) -> Result<(), FieldError> {
    match metadata.get("format").map(String::as_str) {
        Some(FORMAT) => {}
        Some(other) => return Err(malformed(format!("its format is {other}"))),
        None => return Err(malformed("its metadata has no format")),
    }
    match entry(metadata, "version")? {
        VERSION => Ok(()),
        version => {
            Err(malformed(format!("its version is {version}, and this program reads version {VERSION}")))
        }
    }
}

fn read_architecture(text: &str) -> Result<Architecture, FieldError> {
    if text.len() as u64 > limits::JSON_BYTES {
        return Err(malformed(format!("its architecture is longer than {} bytes", limits::JSON_BYTES)));
    }
    let architecture: Architecture =
        serde_json::from_str(text).map_err(|err| FieldError::Architecture(err.to_string()))?;
    architecture.validate()?;
    Ok(architecture)
}

fn read_kind(
    metadata: &BTreeMap<String, String>,
    architecture: &Architecture,
) -> Result<FieldKind, FieldError> {
    match entry(metadata, "kind")? {
        "image" => {}
        "object" => return read_object(metadata, architecture),
        "sound" => return read_sound(metadata, architecture),
        kind => return Err(malformed(format!("its kind is {kind}, expected image, object or sound"))),
    }
    if architecture.inputs != 2 || architecture.outputs != 3 {
        return Err(malformed(format!(
            "an image field has 2 inputs and 3 outputs, and this one {} and {}",
            architecture.inputs, architecture.outputs
        )));
    }
    let side = |key: &str| {
        let text = entry(metadata, key)?;
        let number = text.parse::<u32>().ok().filter(|side| (1..=limits::IMAGE_SIDE_PX).contains(side));
        number.ok_or_else(|| {
            malformed(format!("its {key} is {text:?}, expected 1 to {}", limits::IMAGE_SIDE_PX))
        })
    };
    Ok(FieldKind::Image { width: side("width")?, height: side("height")? })
}

fn read_object(
    metadata: &BTreeMap<String, String>,
    architecture: &Architecture,
) -> Result<FieldKind, FieldError> {
    if architecture.inputs != 3 || architecture.outputs != 4 {
        return Err(malformed(format!(
            "an object field has 3 inputs and 4 outputs, and this one {} and {}",
            architecture.inputs, architecture.outputs
        )));
    }
    let depth = |key: &str| {
        let text = entry(metadata, key)?;
        let number = text.parse::<f32>().ok().filter(|depth| *depth > 0.0 && depth.is_finite());
        number.ok_or_else(|| malformed(format!("its {key} is {text:?}, expected a number above 0")))
    };
    let (near, far) = (depth("near")?, depth("far")?);
    if near >= far {
        return Err(malformed(format!("its near is {near} and its far {far}")));
    }
    Ok(FieldKind::Object { near, far })
}

/// A sound without windows, hop or channels is one window, in mono.
fn read_sound(
    metadata: &BTreeMap<String, String>,
    architecture: &Architecture,
) -> Result<FieldKind, FieldError> {
    if architecture.inputs != 1 || architecture.outputs != 1 {
        return Err(malformed(format!(
            "a sound field has 1 input and 1 output, and this one {} and {}",
            architecture.inputs, architecture.outputs
        )));
    }
    let number = |key: &str, most: u64| {
        let text = entry(metadata, key)?;
        let number = text.parse::<u64>().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| malformed(format!("its {key} is {text:?}, expected 1 to {most}")))
    };
    let longest = limits::SOUND_SECS * u64::from(*limits::SOUND_RATES_HZ.end());
    let length = number("length", longest)? as usize;
    let or_length =
        |key: &str| if metadata.contains_key(key) { number(key, longest) } else { Ok(length as u64) };
    let channels = metadata.get("channels").map_or("mono", String::as_str);
    let layout = SoundLayout {
        sample_rate_hz: number("sample_rate", u64::from(*limits::SOUND_RATES_HZ.end()))? as u32,
        length,
        window: or_length("window")? as usize,
        hop: if metadata.contains_key("hop") { number("hop", longest)? } else { or_length("window")? }
            as usize,
        channels: SoundChannels::from_name(channels)
            .ok_or_else(|| malformed(format!("its channels are {channels:?}, expected mono or mid-side")))?,
    };
    if let Some(what) = layout.fault() {
        return Err(malformed(what));
    }
    layout.check_file(architecture.layers)?;
    Ok(FieldKind::Sound(layout))
}

/// The fields of all windows; of any other kind than a sound there is one.
fn read_fields(
    file: &TensorFile,
    architecture: &Architecture,
    kind: &FieldKind,
) -> Result<Vec<Field>, FieldError> {
    let num_windows = match kind {
        FieldKind::Sound(layout) => layout.num_fields(),
        FieldKind::Image { .. } | FieldKind::Object { .. } => 1,
    };
    let expected = 2 * architecture.layers * num_windows;
    let found = file.names().count();
    if found < expected && num_windows > 1 {
        return Err(malformed(format!("it has {found} tensors and its windows need {expected}")));
    }
    let tensor = |name: String, shape: &[usize]| {
        let tensor = file.read(&name)?.ok_or_else(|| malformed(format!("the tensor {name} is missing")))?;
        if tensor.shape != shape {
            return Err(malformed(format!("{name} is {:?} and should be {shape:?}", tensor.shape)));
        }
        Ok(tensor.values)
    };
    let field = |window: usize| {
        let prefix = prefix(window, num_windows);
        let layers = architecture.layer_shapes().into_iter().enumerate().map(|(index, shape)| {
            let weight = tensor(format!("{prefix}layers.{index}.weight"), &[shape.d_in, shape.d_out])?;
            let bias = tensor(format!("{prefix}layers.{index}.bias"), &[shape.d_out])?;
            Ok(Layer { weight, bias })
        });
        Field::new(architecture.clone(), layers.collect::<Result<Vec<_>, FieldError>>()?)
    };
    let fields = (0..num_windows).map(field).collect::<Result<Vec<_>, FieldError>>()?;
    match found {
        count if count == expected => Ok(fields),
        count => Err(malformed(format!("it has {count} tensors and its architecture needs {expected}"))),
    }
}
