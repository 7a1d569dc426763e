//! A saved plan. No input but a copy would have the digest of what it says, so the seeds have
//! none: it is then read as a plan from before there were digests.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rekon::plan::Plan;
use rekon::report::text::{self, Header};
use rekon_fuzz::{assert_drawn, assert_sound};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Plan::parse(text) {
        Ok((plan, _)) => {
            assert_sound(&plan);
            let header = Header {
                stack: plan.stack.clone(),
                against: plan.made.as_ref().map(|made| made.against.clone()),
                made_at: plan.made.as_ref().map(|made| made.at),
                now: "2026-11-24T12:00:00Z".parse().unwrap(),
            };
            assert_drawn(|settings| text::header(&header, settings));
        }
        Err(error) => assert_drawn(|settings| text::error(&error.to_string(), None, settings)),
    }
});
