use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds { depth: 64, nodes: 200_000, bits: 16_384 };

fn big(negative: bool, magnitude: &[u8]) -> Value {
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    Value::Int(BigInt::from_bytes_le(sign, magnitude).into())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::int),
        (any::<bool>(), prop::collection::vec(1_u8.., 9..40))
            .prop_map(|(negative, magnitude)| big(negative, &magnitude)),
        (-1e300..1e300).prop_map(Value::Float),
        any::<String>().prop_map(|text| Value::str(&text)),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Value::Bytes(bytes.into())),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            items.clone().prop_map(Value::List),
            items.clone().prop_map(Value::Tuple),
            items.clone().prop_map(Value::Set),
            items.prop_map(Value::FrozenSet),
            prop::collection::vec((inner.clone(), inner), 0..4).prop_map(Value::Dict),
        ]
    })
}

proptest! {
    #[test]
    fn reading_is_the_inverse_of_writing(value in value()) {
        let mut bytes = Vec::new();
        put(&value, &mut bytes);
        prop_assert_eq!(get(&bytes, BOUNDS), Ok(value));
    }

    #[test]
    fn every_proper_prefix_and_every_longer_text_is_malformed(value in value(), cut in any::<prop::sample::Index>()) {
        let mut bytes = Vec::new();
        put(&value, &mut bytes);
        prop_assert!(get(&bytes[..cut.index(bytes.len())], BOUNDS).is_err());
        bytes.push(b'N');
        prop_assert_eq!(get(&bytes, BOUNDS), Err(Malformed::Trailing));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = get(&bytes, BOUNDS);
    }
}

fn nested(levels: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = b"l\x01\0\0\0".repeat(levels);
    bytes.push(b'N');
    bytes
}

#[test]
fn bounds_hold_for_bytes_that_nobody_honest_wrote() {
    assert!(get(&nested(64), BOUNDS).is_ok());
    assert_eq!(get(&nested(65), BOUNDS), Err(Malformed::Depth));
    assert_eq!(get(&nested(100_000), BOUNDS), Err(Malformed::Depth));
    assert_eq!(get(b"l\xff\xff\xff\xff", BOUNDS), Err(Malformed::Short));
    assert_eq!(get(b"l\x03\0\0\0NNN", Bounds { nodes: 3, ..BOUNDS }), Err(Malformed::Nodes));
    assert_eq!(get(b"s\x01\0\0\0\xff", BOUNDS), Err(Malformed::Text));
    assert_eq!(get(b"?", BOUNDS), Err(Malformed::Tag));
}

#[test]
fn a_number_has_one_reading() {
    let small = |magnitude: &[u8], negative| {
        let mut bytes = vec![b'I', u8::from(negative)];
        put_bytes(magnitude, &mut bytes);
        get(&bytes, BOUNDS)
    };
    assert_eq!(small(&[5, 0, 0, 0, 0, 0, 0, 0, 0, 0], true), Ok(Value::int(-5)));
    assert_eq!(small(&[0, 0, 0, 0, 0, 0, 0, 0x80], true), Ok(Value::int(i64::MIN)));
    let beyond = big(false, &[0, 0, 0, 0, 0, 0, 0, 0x80]);
    assert_eq!(small(&[0, 0, 0, 0, 0, 0, 0, 0x80], false), Ok(beyond));
    assert!(small(&vec![1; 2048], false).is_ok());
    assert_eq!(small(&vec![1; 2049], false), Err(Malformed::Bits));
}
