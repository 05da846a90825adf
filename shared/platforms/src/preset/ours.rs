//! The presets that come with Vigie, each parsed when it is first asked for: a function that
//! serves one source does not read thirty files.

use std::sync::{LazyLock, OnceLock};

use super::Preset;

/// A file that is compiled in.
struct Ours {
    id: &'static str,
    text: &'static str,
    parsed: OnceLock<Option<Preset>>,
}

macro_rules! ours {
    ($($id:literal),* $(,)?) => {
        [$(Ours {
            id: $id,
            text: include_str!(concat!("../../presets/", $id, ".toml")),
            parsed: OnceLock::new(),
        }),*]
    };
}

/// In the order of `vigie platforms`: what anyone can send, then who sends whole reviews, who sends
/// ids, who asks people for scores, and who sends nothing.
static OURS: [Ours; COUNT] = ours![
    "standard-webhooks",
    "generic-hmac",
    "generic-stripe",
    "generic-slack",
    "generic-github",
    "judgeme",
    "okendo",
    "podium",
    "stamped",
    "trustpilot",
    "shopify-product-review",
    "yotpo",
    "lipscore",
    "reviewsio",
    "webwinkelkeur",
    "trustoo",
    "fera",
    "yext",
    "zernio",
    "wix-reviews",
    "ebay-feedback",
    "meta-ratings",
    "google-business",
    "yelp",
    "feefo",
    "woocommerce",
    "zendesk",
    "typeform",
    "delighted",
    "surveymonkey",
    "medallia",
    "apple-app-store",
    "apple-business",
    "google-play",
    "birdeye",
];
const COUNT: usize = 35;

impl Ours {
    fn parsed(&'static self) -> Option<&'static Preset> {
        // A file that does not parse would be missing; a test holds that none is.
        let parse = || Preset::parse(self.text, &format!("{}.toml", self.id)).ok();
        self.parsed.get_or_init(parse).as_ref()
    }
}

/// The text of a preset that comes with Vigie.
pub(super) fn text_of(id: &str) -> Option<&'static str> {
    OURS.iter().find(|ours| ours.id == id).map(|ours| ours.text)
}

/// Every preset compiled in, parsed once.
///
/// ```
/// assert!(vigie_platforms::presets().iter().any(|preset| preset.id() == "judgeme"));
/// ```
pub fn presets() -> &'static [&'static Preset] {
    static ALL: LazyLock<Vec<&'static Preset>> =
        LazyLock::new(|| OURS.iter().filter_map(Ours::parsed).collect());
    &ALL
}

impl Preset {
    /// The file of a preset compiled in, to be copied and changed.
    ///
    /// ```
    /// let text = vigie_platforms::Preset::text_of("yext").unwrap();
    /// assert!(text.contains("id = \"yext\""));
    /// ```
    pub fn text_of(id: &str) -> Option<&'static str> {
        text_of(id)
    }

    /// The preset of an id, of those compiled in.
    ///
    /// ```
    /// use vigie_platforms::Preset;
    /// assert_eq!(Preset::by_id("podium").unwrap().scheme().name(), "hmac-sha256-hex-timestamp");
    /// assert!(Preset::by_id("nobody").is_none());
    /// ```
    pub fn by_id(id: &str) -> Option<&'static Self> {
        OURS.iter().find(|ours| ours.id == id)?.parsed()
    }
}
