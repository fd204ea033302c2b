use hyperscope::media::{Cutout, Foreground, object_of};

/// A picture of one colour with a rectangle of another in it: left, top, right, bottom.
fn picture(width: u32, height: u32, behind: [u8; 4], rect: [u32; 4], own: [u8; 4]) -> Cutout {
    let [left, top, right, bottom] = rect;
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgba =
        pixels.flat_map(
            |(x, y)| {
                if (left..right).contains(&x) && (top..bottom).contains(&y) { own } else { behind }
            },
        );
    Cutout::new(width, height, rgba.collect()).unwrap()
}

fn covered(picture: &Cutout) -> u32 {
    picture.rgba().chunks_exact(4).map(|pixel| u32::from(pixel[3] == 255)).sum()
}

/// By alpha or from a plain background, the same object comes out, in the middle of a square of its size.
#[test]
fn an_object_is_cut_out_and_moved_to_the_middle() {
    let rect = [10, 20, 50, 50];
    let red = [200, 30, 20, 255];
    let by_alpha = picture(200, 90, [0; 4], rect, red);
    let on_grey = picture(200, 90, [120, 125, 130, 255], rect, red);
    for (given, expected) in [(by_alpha, Foreground::Alpha), (on_grey, Foreground::Plain)] {
        let (object, foreground) = object_of(&given, true);
        assert_eq!(foreground, expected);
        // 40 px are 79 % of 51.
        assert_eq!((object.width(), object.height()), (51, 51));
        assert_eq!(covered(&object), 40 * 30);
        let middle = &object.rgba()[4 * (25 * 51 + 25)..][..4];
        assert_eq!(middle, red);
    }
}

/// A hole of the background's colour inside the object stays: it is not joined with the border.
#[test]
fn what_the_border_does_not_reach_stays() {
    let mut ring = picture(40, 40, [255; 4], [8, 8, 32, 32], [0, 0, 0, 255]).rgba().to_vec();
    for y in 16..24 {
        ring[4 * (40 * y + 16)..4 * (40 * y + 24)].fill(255);
    }
    let (object, _) = object_of(&Cutout::new(40, 40, ring).unwrap(), true);
    assert_eq!((object.width(), covered(&object)), (40, 24 * 24));
}

/// What stands well stays as it is, byte for byte; a scene has no background; nothing at all is no trouble.
#[test]
fn pictures_that_need_nothing_are_kept() {
    let good = picture(100, 100, [0; 4], [14, 20, 90, 80], [1, 2, 3, 255]);
    assert_eq!(object_of(&good, true), (good, Foreground::Alpha));
    let rgba =
        (0..100 * 60).flat_map(|index: u32| [(index * 37 % 256) as u8, (index * 91 % 256) as u8, 7, 255]);
    let scene = Cutout::new(100, 60, rgba.collect()).unwrap();
    let (object, foreground) = object_of(&scene, true);
    assert_eq!((object.width(), foreground, covered(&object)), (100, Foreground::Whole, 6_000));
    let nothing = picture(30, 20, [0; 4], [0; 4], [0; 4]);
    let (object, _) = object_of(&nothing, true);
    assert_eq!((object.width(), covered(&object)), (30, 0));
    let plain = picture(1, 1, [9, 9, 9, 255], [0; 4], [0; 4]);
    assert_eq!(covered(&object_of(&plain, true).0), 0);
}
