//! TensorBoard's event files: protocol buffers in the framing of a TFRecord. Sources: `core/util/event.proto`,
//! `core/framework/summary.proto` and `core/lib/io/record_writer.h` of TensorFlow.

/// Castagnoli's polynomial, its bits reversed: RFC 3720, appendix B.4.
const CASTAGNOLI: u32 = 0x82F6_3B78;
/// What a record adds to a rotated checksum, so that a checksum of checksums is none by chance.
const MASK: u32 = 0xA282_EAD8;
/// Wire types of protocol buffers.
const VARINT: u64 = 0;
const EIGHT_BYTES: u64 = 1;
const LENGTH: u64 = 2;
const FOUR_BYTES: u64 = 5;

/// Gathers the bytes of an event file.
pub(super) struct EventFile {
    bytes: Vec<u8>,
    table: [u32; 256],
}

impl EventFile {
    /// A file that says its version, as of this time in seconds since 1970.
    pub(super) fn new(wall_secs: f64) -> Self {
        let mut file = Self { bytes: Vec::new(), table: table() };
        let mut event = Vec::new();
        fixed64(&mut event, 1, wall_secs.to_bits());
        bytes(&mut event, 3, b"brain.Event:2");
        file.record(&event);
        file
    }

    /// A number at a step.
    pub(super) fn scalar(&mut self, wall_secs: f64, step: u32, tag: &str, value: f64) {
        let mut of_value = Vec::new();
        bytes(&mut of_value, 1, tag.as_bytes());
        key(&mut of_value, 2, FOUR_BYTES);
        of_value.extend((value as f32).to_le_bytes());
        let mut summary = Vec::new();
        bytes(&mut summary, 1, &of_value);
        let mut event = Vec::new();
        fixed64(&mut event, 1, wall_secs.to_bits());
        key(&mut event, 2, VARINT);
        varint(&mut event, step.into());
        bytes(&mut event, 5, &summary);
        self.record(&event);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The length and its checksum, the data and its checksum.
    fn record(&mut self, data: &[u8]) {
        let length = (data.len() as u64).to_le_bytes();
        self.bytes.extend(length);
        self.bytes.extend(self.masked(&length).to_le_bytes());
        self.bytes.extend(data);
        self.bytes.extend(self.masked(data).to_le_bytes());
    }

    fn masked(&self, data: &[u8]) -> u32 {
        crc32c(&self.table, data).rotate_right(15).wrapping_add(MASK)
    }
}

fn table() -> [u32; 256] {
    std::array::from_fn(|index| {
        (0..8).fold(index as u32, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ CASTAGNOLI } else { crc >> 1 })
    })
}

fn crc32c(table: &[u32; 256], data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc: u32, byte| (crc >> 8) ^ table[usize::from(crc as u8 ^ byte)])
}

fn key(out: &mut Vec<u8>, field: u64, wire_type: u64) {
    varint(out, (field << 3) | wire_type);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn fixed64(out: &mut Vec<u8>, field: u64, bits: u64) {
    key(out, field, EIGHT_BYTES);
    out.extend(bits.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u64, data: &[u8]) {
    key(out, field, LENGTH);
    varint(out, data.len() as u64);
    out.extend(data);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 3720, appendix B.4.
    #[test]
    fn the_checksum_is_castagnolis() {
        let rising: Vec<u8> = (0..32).collect();
        for (data, expected) in
            [(vec![0; 32], 0x8A91_36AA), (vec![0xFF; 32], 0x62A8_AB43), (rising, 0x46DD_794E)]
        {
            assert_eq!(crc32c(&table(), &data), expected);
        }
    }
}
