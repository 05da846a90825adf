//! One use of each method that clippy.toml bans. Nothing here is ever run or shipped.

/// Calls every banned method once.
pub fn every_banned_method() {
    let _ = std::env::var("NAME");
    let _ = std::time::SystemTime::now();
    let _ = std::time::Instant::now();
    let _ = jiff::Timestamp::now();
    let _ = jiff::Zoned::now();
    let _ = rand::rng();
    std::thread::sleep(std::time::Duration::ZERO);
}
