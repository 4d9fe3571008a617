//! Whether a point lies on one of the curves that ECDSA keys are of (FIPS 186-4, D.1.2).

use rsa::BoxedUint;

/// A curve `y² = x³ - 3x + b` over the integers below a prime.
pub(super) struct Curve {
    /// As OpenSSH calls it.
    pub name: &'static str,
    /// Both in hexadecimal, of the length of a coordinate.
    prime: &'static str,
    b: &'static str,
}

pub(super) const P256: Curve = Curve {
    name: "nistp256",
    prime: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    b: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
};

pub(super) const P384: Curve = Curve {
    name: "nistp384",
    prime: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    b: "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
};

pub(super) const P521: Curve = Curve {
    name: "nistp521",
    prime: "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
            ffffffffffffffffffffffff",
    b: "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df88\
        3d2c34f1ef451fd46b503f00",
};

impl Curve {
    /// An uncompressed point (SEC 1, 2.3.4) that lies on it.
    pub fn has(&self, point: &[u8]) -> Option<()> {
        let (4, coordinates) = point.split_first()? else { return None };
        let length = self.prime.len() / 2;
        if coordinates.len() != 2 * length {
            return None;
        }
        let (x, y) = coordinates.split_at(length);
        let (x, y) = (BoxedUint::from_be_slice_vartime(x), BoxedUint::from_be_slice_vartime(y));
        let (prime, b) = (number(self.prime)?, number(self.b)?);
        if x >= prime || y >= prime {
            return None;
        }
        let prime = prime.to_nz().into_option()?;
        let cube = x.mul_mod(&x, &prime).mul_mod(&x, &prime);
        let thrice = x.add_mod(&x, &prime).add_mod(&x, &prime);
        (cube.add_mod(&b, &prime) == y.mul_mod(&y, &prime).add_mod(&thrice, &prime)).then_some(())
    }
}

fn number(hex: &str) -> Option<BoxedUint> {
    let digits = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok());
    Some(BoxedUint::from_be_slice_vartime(&digits.collect::<Option<Vec<u8>>>()?))
}
