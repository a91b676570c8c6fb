//! How secrets begin, and a search for these beginnings that costs next to nothing where there are none.

/// What must follow a prefix for it to be a secret.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Behind `sk-`, where the vendor shows in what follows.
    SecretKey,
    /// At least so many letters and digits, of an alphabet.
    Word(&'static str, usize, Alphabet),
    /// Sixteen capitals and digits.
    AwsAccessKey,
    /// Forty letters and more, behind the name that says what they are.
    AwsSecretKey,
    /// Three parts with dots between them.
    Jwt,
    /// Everything up to the line that ends it.
    PrivateKey,
    /// What follows the scheme of an `Authorization` header.
    Bearer,
    /// The same, where without the header's name it may be anything.
    Basic,
    /// Between the colon and the `@` of an address.
    UrlPassword,
}

/// The letters that a secret may have.
#[derive(Clone, Copy)]
pub(super) enum Alphabet {
    /// Letters and digits.
    Plain,
    /// And `_`, `-`.
    Dashed,
    /// And `_`, `-`, `.`, `/`.
    Path,
}

impl Alphabet {
    pub(super) fn has(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || match self {
                Self::Plain => false,
                Self::Dashed => matches!(byte, b'_' | b'-'),
                Self::Path => matches!(byte, b'_' | b'-' | b'.' | b'/'),
            }
    }
}

use Alphabet::{Dashed, Path, Plain};
use Shape::Word;

/// How secrets begin. Each beginning has three letters at least, and there are at most 64.
pub(super) const PREFIXES: [(&str, Shape); 47] = [
    ("sk-", Shape::SecretKey),
    ("ghp_", Word("github", 30, Plain)),
    ("gho_", Word("github", 30, Plain)),
    ("ghu_", Word("github", 30, Plain)),
    ("ghs_", Word("github", 30, Plain)),
    ("ghr_", Word("github", 30, Plain)),
    ("github_pat_", Word("github", 22, Dashed)),
    ("glpat-", Word("gitlab", 16, Dashed)),
    ("gldt-", Word("gitlab", 16, Dashed)),
    ("glrt-", Word("gitlab", 16, Dashed)),
    ("glptt-", Word("gitlab", 16, Dashed)),
    ("AKIA", Shape::AwsAccessKey),
    ("ASIA", Shape::AwsAccessKey),
    ("aws_secret_access_key", Shape::AwsSecretKey),
    ("AWS_SECRET_ACCESS_KEY", Shape::AwsSecretKey),
    ("aws_secret_key", Shape::AwsSecretKey),
    ("AWS_SECRET_KEY", Shape::AwsSecretKey),
    ("SecretAccessKey", Shape::AwsSecretKey),
    ("secretAccessKey", Shape::AwsSecretKey),
    ("AIza", Word("google", 35, Dashed)),
    ("ya29.", Word("google", 20, Dashed)),
    ("GOCSPX-", Word("google", 20, Dashed)),
    ("xoxb-", Word("slack", 16, Dashed)),
    ("xoxp-", Word("slack", 16, Dashed)),
    ("xoxa-", Word("slack", 16, Dashed)),
    ("xoxr-", Word("slack", 16, Dashed)),
    ("xoxs-", Word("slack", 16, Dashed)),
    ("xoxe-", Word("slack", 16, Dashed)),
    ("xapp-", Word("slack", 16, Dashed)),
    ("hooks.slack.com/services/", Word("slack", 20, Path)),
    ("sk_live_", Word("stripe", 16, Plain)),
    ("sk_test_", Word("stripe", 16, Plain)),
    ("rk_live_", Word("stripe", 16, Plain)),
    ("rk_test_", Word("stripe", 16, Plain)),
    ("whsec_", Word("stripe", 16, Plain)),
    ("npm_", Word("npm", 36, Plain)),
    ("pypi-AgE", Word("pypi", 32, Dashed)),
    ("hf_", Word("hugging-face", 30, Plain)),
    ("eyJ", Shape::Jwt),
    ("-----BEGIN ", Shape::PrivateKey),
    ("Bearer ", Shape::Bearer),
    ("bearer ", Shape::Bearer),
    ("BEARER ", Shape::Bearer),
    ("Basic ", Shape::Basic),
    ("basic ", Shape::Basic),
    ("://", Shape::UrlPassword),
    (":\\/\\/", Shape::UrlPassword),
];

/// For each byte, the prefixes that have it in the first, second and third place.
static PLACES: [[u64; 256]; 3] = [prefixes_with_byte_at(0), prefixes_with_byte_at(1), prefixes_with_byte_at(2)];

const fn prefixes_with_byte_at(place: usize) -> [u64; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < PREFIXES.len() {
        table[PREFIXES[index].0.as_bytes()[place] as usize] |= 1 << index;
        index += 1;
    }
    table
}

/// The next place from `from` on where a prefix may stand, and which: a bit for each.
pub(super) fn next(bytes: &[u8], from: usize) -> Option<(usize, u64)> {
    let [first, second, third] = &PLACES;
    let windows = bytes.get(from..)?.windows(3).enumerate();
    let mut candidates = windows.map(|(index, window)| {
        let [a, b, c] = [window[0], window[1], window[2]].map(usize::from);
        (from + index, first[a] & second[b] & third[c])
    });
    candidates.find(|(_, prefixes)| *prefixes != 0)
}
