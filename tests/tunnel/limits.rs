//! Limits of the session that the user told.

use std::time::{Duration, SystemTime};

use vpnc_cli::engine::limits::SessionLimits;
use vpnc_cli::secret::Secret;

use crate::bench::{Bench, run, script, until};

#[test]
fn the_end_of_a_session_is_told_before_by_the_age_in_its_cookies() {
    run(async {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        // a second more than five minutes are left of the hour
        let begun = now.as_secs() + 301 - 3600;
        let mut bench = Bench::with(script(""), |settings| {
            let cookie = format!("{}; DSFirst={begun}", settings.cookie.expose());
            settings.cookie = Secret::new(cookie);
            settings.limits.session = Some(Duration::from_secs(3600));
        })
        .await;
        bench.client.connected().await;
        let text = "the session ends in 5 minutes (--session-limit)";
        until("the message", || bench.client.log().contains(text)).await;
        let statistics = bench.client.statistics().await;
        assert!(statistics.contains("the session ends at 20"), "{statistics}");
        bench.end().await;
    });
}

#[test]
fn silence_is_told_before_the_gateway_ends_the_session() {
    run(async {
        let mut bench = Bench::with(script(""), |settings| {
            settings.limits = SessionLimits {
                session: None,
                idle: Some(Duration::from_secs(1)),
            };
        })
        .await;
        bench.client.connected().await;
        let text = "without traffic the session ends in 1 minute (--idle-limit)";
        until("the message", || bench.client.log().contains(text)).await;
        let before = bench.client.log().matches(text).count();
        bench.exchange(1).await;
        let told = || bench.client.log().matches(text).count() > before;
        until("the message after more traffic", told).await;
        bench.end().await;
    });
}
