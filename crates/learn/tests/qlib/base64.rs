//! Columns as the generator writes them.

use backstaff_panel::Column;

/// The column of a type's bytes in base 64.
pub(crate) fn column(dtype: &str, text: &str) -> Column {
    let bytes = bytes(text);
    match dtype {
        "float32" => {
            Column::F32(bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
        }
        "float64" => {
            Column::F64(bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect())
        }
        other => panic!("{other} is no type of a column"),
    }
}

fn bytes(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut n_bits) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for letter in text.bytes().filter(|&letter| letter != b'=') {
        let value = ALPHABET.iter().position(|&known| known == letter).unwrap();
        (bits, n_bits) = ((bits << 6 | value as u32) & 0xff_ffff, n_bits + 6);
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push((bits >> n_bits) as u8);
        }
    }
    bytes
}

#[test]
fn bytes_are_read_back() {
    assert_eq!(bytes("YmFja3N0YWZm"), b"backstaff");
    assert_eq!(bytes("YmFja3M="), b"backs");
}
