/// What a file is, by its content alone: see [`Content::of`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content {
    /// PNG, animated or not.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP, animated or not.
    WebP,
    /// GIF.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// TIFF.
    Tiff,
    /// Truevision TGA.
    Tga,
    /// Quite OK image.
    Qoi,
    /// OpenEXR.
    Exr,
    /// Radiance.
    Hdr,
    /// HEIC and HEIF photos.
    Heic,
    /// AVIF.
    Avif,
    /// JPEG XL.
    JpegXl,
    /// JPEG 2000.
    Jpeg2000,
    /// A Photoshop document.
    Photoshop,
    /// A Windows icon or cursor.
    Icon,
    /// A camera's raw data in a container of its own.
    CameraRaw,
    /// SVG.
    Svg,
    /// PDF.
    Pdf,
    /// MP4, MOV, MKV, WebM, AVI and their like.
    Video,
    /// MP3, WAV, FLAC, Ogg Vorbis, M4A, AAC, AIFF, CAF.
    Sound,
    /// Opus, in an Ogg file.
    Opus,
    /// Sounds of other kinds: WMA has its container in common with films and is one of them.
    OtherSound,
    /// Notes, not sounds.
    Midi,
    /// ZIP, and what is kept in it: office documents.
    Zip,
    /// Every other archive or compressed file.
    Archive,
    /// Tensors: a field, a model, or another program's.
    Safetensors,
    /// Tensors as `torch.save` writes them.
    PyTorch,
    /// HTML.
    Html,
    /// Text of any other kind.
    Text,
    /// A program or library.
    Program,
    /// No bytes at all.
    Empty,
    /// None of these.
    Unknown,
}

impl Content {
    /// Whether [`decode`](super::decode) reads it.
    #[must_use]
    pub fn is_supported(self) -> bool {
        matches!(
            self,
            Self::Png
                | Self::Jpeg
                | Self::WebP
                | Self::Gif
                | Self::Bmp
                | Self::Tiff
                | Self::Tga
                | Self::Qoi
                | Self::Exr
                | Self::Hdr
        )
    }

    /// Whether people would call it a picture, read here or not.
    #[must_use]
    pub fn is_picture(self) -> bool {
        self.is_supported()
            || matches!(
                self,
                Self::Heic
                    | Self::Avif
                    | Self::JpegXl
                    | Self::Jpeg2000
                    | Self::Photoshop
                    | Self::Icon
                    | Self::CameraRaw
                    | Self::Svg
            )
    }

    /// Whether it holds tensors, as files of weights do.
    #[must_use]
    pub fn is_tensors(self) -> bool {
        matches!(self, Self::Safetensors | Self::PyTorch)
    }

    /// What to save it as if it cannot be read as it is.
    #[must_use]
    pub fn plain_format(self) -> &'static str {
        if self == Self::Sound { "WAV" } else { "PNG" }
    }

    /// What people call it: `PNG picture`, `text file`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG picture",
            Self::Jpeg => "JPEG picture",
            Self::WebP => "WebP picture",
            Self::Gif => "GIF picture",
            Self::Bmp => "BMP picture",
            Self::Tiff => "TIFF picture",
            Self::Tga => "TGA picture",
            Self::Qoi => "QOI picture",
            Self::Exr => "EXR picture",
            Self::Hdr => "Radiance HDR picture",
            Self::Heic => "HEIC photo",
            Self::Avif => "AVIF picture",
            Self::JpegXl => "JPEG XL picture",
            Self::Jpeg2000 => "JPEG 2000 picture",
            Self::Photoshop => "Photoshop document",
            Self::Icon => "Windows icon",
            Self::CameraRaw => "camera raw photo",
            Self::Svg => "SVG drawing",
            Self::Pdf => "PDF document",
            Self::Video => "video",
            Self::Sound => "sound file",
            Self::Opus => "Opus sound",
            Self::OtherSound => "sound file of another kind",
            Self::Midi => "MIDI file",
            Self::Zip => "ZIP archive",
            Self::Archive => "compressed archive",
            Self::Safetensors => "safetensors file",
            Self::PyTorch => "PyTorch file",
            Self::Html => "web page",
            Self::Text => "text file",
            Self::Program => "program",
            Self::Empty => "empty file",
            Self::Unknown => "file of an unknown kind",
        }
    }

    /// The name after its article: `a PNG picture`, `an AVIF picture`.
    #[must_use]
    pub fn described(self) -> String {
        let article = match self {
            Self::Exr | Self::Avif | Self::Svg | Self::Opus | Self::Empty => "an",
            _ => "a",
        };
        format!("{article} {}", self.name())
    }

    /// What to do with a file that is not read.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Svg | Self::Photoshop => "export it as PNG",
            Self::Pdf => "export a page of it as PNG",
            Self::Video => "take a frame of it as PNG or JPEG",
            Self::Zip | Self::Archive => "unpack it and open a picture from it",
            Self::Html => "save the picture itself, not the page that shows it",
            Self::Safetensors | Self::PyTorch => "only fields and models that Hyperscope wrote can be opened",
            Self::Empty => "copy or download it again",
            Self::Opus | Self::OtherSound => "convert it to WAV, FLAC, MP3, Ogg Vorbis or M4A",
            Self::Midi => "it holds notes and no sound: render it to WAV",
            Self::Text | Self::Program | Self::Unknown => {
                "open a PNG, JPEG, WebP, GIF, BMP, TIFF, TGA, QOI, EXR or HDR picture, or a WAV, FLAC, MP3, Ogg, M4A \
                 or AIFF sound"
            }
            Self::Sound => "a picture is wanted",
            picture if picture.is_supported() => "a sound is wanted",
            _ => "export it as JPEG or PNG",
        }
    }
}
