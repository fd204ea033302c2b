//! Pictures of one object, as a model that reads objects was shown them: on nothing, in the middle of a square.

use std::collections::VecDeque;

use super::picture::eight_bits;
use super::{Cutout, Picture};

/// Part of the border that must be of one colour for it to be a background.
const PLAIN_PART: f64 = 0.9;
/// Largest difference of a channel from the background's, of 255: what is nearer is background, and what is farther
/// than the second is object.
const NEAR: u32 = 12;
const FAR: u32 = 40;
/// The object's longer side, as a part of the square: what it is in pictures of things that fill a ball which touches
/// the picture's edges, in the mean.
const PART: f64 = 0.79;
/// A square picture whose object takes a part between these, this near to the middle, stays as it is.
const GOOD_PARTS: (f64, f64) = (0.5, 0.97);
const GOOD_OFFSET: f64 = 0.15;

/// Side of the largest square that is made.
const LARGEST_PX: i64 = 4_096;

/// How an object was told from what is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreground {
    /// By its alpha.
    Alpha,
    /// From a background of one colour, seen at the border.
    Plain,
    /// Not at all: all of the picture is taken for the object.
    Whole,
}

impl Foreground {
    /// In a few words, for people.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Alpha => "cut out by its alpha",
            Self::Plain => "cut out from a plain background",
            Self::Whole => "taken as it is: it has neither alpha nor a plain background",
        }
    }
}

/// The object of a picture on nothing, in a square: where it already stands well in a square, that is kept, else it is
/// moved to the middle and its longer side made four fifths. A plain background is taken away if `cuts_background`.
#[must_use]
pub fn object_of(picture: &Cutout, cuts_background: bool) -> (Cutout, Foreground) {
    let (cut, foreground) = cut_out(picture, cuts_background);
    let whole = [0, 0, i64::from(picture.width()), i64::from(picture.height())];
    let square = match bounds(&cut).filter(|_| foreground != Foreground::Whole) {
        Some(bounds) => squared(&cut, bounds),
        None => centred(&cut, whole, 1.0),
    };
    (square, foreground)
}

/// Told from what is behind it.
fn cut_out(picture: &Cutout, cuts_background: bool) -> (Cutout, Foreground) {
    if picture.is_transparent() {
        return (picture.clone(), Foreground::Alpha);
    }
    match background(picture).filter(|_| cuts_background) {
        Some(color) => (without(picture, color), Foreground::Plain),
        None => (picture.clone(), Foreground::Whole),
    }
}

/// Pixels of the border, from every side.
fn border(width: usize, height: usize) -> impl Iterator<Item = usize> {
    let across = (0..width).flat_map(move |x| [x, (height - 1) * width + x]);
    across.chain((0..height).flat_map(move |y| [y * width, y * width + width - 1]))
}

fn difference(pixel: &[u8], color: [u8; 3]) -> u32 {
    let channels = pixel.iter().zip(color);
    channels.map(|(value, own)| u32::from(value.abs_diff(own))).max().unwrap_or(0)
}

/// Whether a picture's border is of one colour: then it is more likely to be of an object than a picture in itself.
/// What has alpha should be laid on a colour that is rare.
#[must_use]
pub fn has_plain_border(picture: &Picture) -> bool {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixel = |index: usize| [0, 1, 2].map(|channel| eight_bits(picture.rgb()[3 * index + channel]));
    plain_color(&border(width, height).map(pixel).collect::<Vec<_>>()).is_some()
}

/// The colour of the border, if it has one.
fn background(picture: &Cutout) -> Option<[u8; 3]> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixel = |index: usize| [0, 1, 2].map(|channel| picture.rgba()[4 * index + channel]);
    plain_color(&border(width, height).map(pixel).collect::<Vec<_>>())
}

/// The median of each channel, if nearly all pixels are near it.
fn plain_color(pixels: &[[u8; 3]]) -> Option<[u8; 3]> {
    let median = |channel: usize| {
        let mut values: Vec<u8> = pixels.iter().map(|pixel| pixel[channel]).collect();
        values.sort_unstable();
        values[values.len() / 2]
    };
    let color = [median(0), median(1), median(2)];
    let plain = pixels.iter().filter(|pixel| difference(&pixel[..], color) <= NEAR).count();
    (plain as f64 >= PLAIN_PART * pixels.len() as f64).then_some(color)
}

/// What is of the background's colour and joined with the border becomes clear; at the object's edge, partly so. An
/// edge pixel is a mixture, and the background's share is taken out of it.
fn without(picture: &Cutout, color: [u8; 3]) -> Cutout {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut rgba = picture.rgba().to_vec();
    let mut is_reached = vec![false; width * height];
    // From the border inwards, what was reached first goes on first: never much more than a border is waiting.
    let mut waiting = VecDeque::new();
    let mut reach = |index: usize, waiting: &mut VecDeque<usize>| {
        if !std::mem::replace(&mut is_reached[index], true) {
            waiting.push_back(index);
        }
    };
    border(width, height).for_each(|index| reach(index, &mut waiting));
    while let Some(index) = waiting.pop_front() {
        let found = difference(&picture.rgba()[4 * index..][..4], color);
        let alpha = (found.saturating_sub(NEAR) * 255 / (FAR - NEAR)).min(255);
        let pixel = &mut rgba[4 * index..][..4];
        for (value, behind) in pixel.iter_mut().zip(color) {
            let share = (255 - alpha) * u32::from(behind) / 255;
            *value = u32::from(*value).saturating_sub(share).min(alpha) as u8;
        }
        pixel[3] = alpha as u8;
        if alpha == 255 {
            continue;
        }
        let (x, y) = (index % width, index / width);
        let beside = [
            (x > 0).then(|| index - 1),
            (x + 1 < width).then_some(index + 1),
            (y > 0).then(|| index - width),
            (y + 1 < height).then_some(index + width),
        ];
        beside.into_iter().flatten().for_each(|index| reach(index, &mut waiting));
    }
    Cutout::new(picture.width(), picture.height(), rgba).unwrap_or_else(|| picture.clone())
}

/// In a square, of the picture's own pixels.
fn squared(picture: &Cutout, bounds: [i64; 4]) -> Cutout {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let [left, top, right, bottom] = bounds;
    let part = (right - left).max(bottom - top) as f64 / width as f64;
    let offset = |low: i64, high: i64, side: i64| ((low + high) as f64 / 2.0 / side as f64 - 0.5).abs();
    let is_good = width == height
        && (GOOD_PARTS.0..=GOOD_PARTS.1).contains(&part)
        && offset(left, right, width).max(offset(top, bottom, height)) <= GOOD_OFFSET;
    if is_good { picture.clone() } else { centred(picture, bounds, PART) }
}

/// Left, top, right and bottom of what is not clear.
fn bounds(picture: &Cutout) -> Option<[i64; 4]> {
    let width = i64::from(picture.width());
    let seen = picture.rgba().chunks_exact(4).zip(0i64..).filter(|(pixel, _)| pixel[3] > 0);
    seen.map(|(_, index)| (index % width, index / width)).fold(None, |found, (x, y)| {
        let [left, top, right, bottom] = found.unwrap_or([x, y, x + 1, y + 1]);
        Some([left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)])
    })
}

/// A square around the middle of a rectangle, whose longer side becomes this part of it; clear beyond the picture.
pub(super) fn centred(picture: &Cutout, [left, top, right, bottom]: [i64; 4], part: f64) -> Cutout {
    let side = (((right - left).max(bottom - top) as f64 / part).round() as i64).max(1);
    let (x0, y0) = ((left + right - side) / 2, (top + bottom - side) / 2);
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    // Of a very large square every so many pixels will do: no model reads a hundredth of them.
    let step = (side + LARGEST_PX - 1) / LARGEST_PX;
    let out_side = side / step;
    let mut rgba = vec![0; (4 * out_side * out_side) as usize];
    for (to, (row, column)) in
        (0..out_side).flat_map(|row| (0..out_side).map(move |column| (row, column))).enumerate()
    {
        let (x, y) = (x0 + column * step, y0 + row * step);
        if (0..width).contains(&x) && (0..height).contains(&y) {
            let from = 4 * (y * width + x) as usize;
            rgba[4 * to..4 * to + 4].copy_from_slice(&picture.rgba()[from..from + 4]);
        }
    }
    Cutout::new(out_side as u32, out_side as u32, rgba).unwrap_or_else(|| picture.clone())
}
