//! Time as the emulator knows it: points in time, and the clock they are read from.
//!
//! Everything that happens by itself (a status that settles, a name that becomes free, a quota that refills) hangs on a
//! [`Time`] that the caller passes in, so the core needs no clock. The edges read it from one [`Clock`], which follows
//! tokio's time: a test that pauses and advances tokio's clock moves the whole service.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

/// A point in time, as the time since the Unix epoch; in JSON, epoch seconds with milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "Value")]
pub struct Time(Duration);

impl Time {
    /// The point that lies this long after the epoch.
    pub const fn since_epoch(elapsed: Duration) -> Time {
        Time(elapsed)
    }

    /// The point that lies this much later.
    pub fn after(self, wait: Duration) -> Time {
        Time(self.0.saturating_add(wait))
    }

    /// How long ago `earlier` was; zero if it is still to come.
    pub fn elapsed_since(self, earlier: Time) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Seconds since the epoch with milliseconds, as the JSON protocol writes a timestamp.
    pub fn epoch_seconds(self) -> f64 {
        // Whole milliseconds are exact in a double for longer than anyone will care.
        self.0.as_millis() as f64 / 1000.0
    }

    /// Reads a timestamp as AWS clients print it: epoch seconds as a number, or an ISO 8601 string with its offset.
    ///
    /// `None` for any other value, before the epoch and beyond all reason.
    pub fn from_json(value: &Value) -> Option<Time> {
        let elapsed = match value {
            Value::Number(seconds) => Duration::try_from_secs_f64(seconds.as_f64()?).ok()?,
            Value::String(text) => {
                let parsed: jiff::Timestamp = text.parse().ok()?;
                parsed.duration_since(jiff::Timestamp::UNIX_EPOCH).try_into().ok()?
            }
            _ => return None,
        };
        Some(Time::rounded(elapsed))
    }

    /// ISO 8601 in UTC with milliseconds, for people; the last of all dates if it lies beyond that.
    pub fn iso(self) -> String {
        let milliseconds = i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX);
        let timestamp = jiff::Timestamp::from_millisecond(milliseconds);
        format!("{:.3}", timestamp.unwrap_or(jiff::Timestamp::MAX))
    }

    /// The second that it lies in, which is as precise as CloudTrail's times are.
    pub(crate) fn whole_seconds(self) -> Time {
        Time(Duration::from_secs(self.0.as_secs()))
    }

    /// ISO 8601 in UTC with whole seconds.
    pub(crate) fn iso_seconds(self) -> String {
        let iso = self.whole_seconds().iso();
        iso.replace(".000Z", "Z")
    }

    /// Drops what lies below a millisecond, which a double cannot carry back and forth unchanged.
    fn rounded(elapsed: Duration) -> Time {
        let milliseconds = (elapsed.as_nanos() + 500_000) / 1_000_000;
        Time(Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX)))
    }
}

impl From<Time> for f64 {
    fn from(time: Time) -> f64 {
        time.epoch_seconds()
    }
}

impl TryFrom<Value> for Time {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Time, &'static str> {
        Time::from_json(&value).ok_or("a time must be epoch seconds or ISO 8601")
    }
}

/// The wall clock at the start, moved on by tokio's clock from then on.
#[derive(Debug)]
pub(crate) struct Clock(Mutex<Reading>);

#[derive(Debug)]
struct Reading {
    time: Time,
    at: Instant,
}

impl Clock {
    /// A clock that shows the wall clock's time, or `earliest` if that is later: a state that was kept under a clock
    /// that ran ahead goes on from there.
    pub(crate) fn start(earliest: Time) -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock(Mutex::new(Reading { time: Time::rounded(wall).max(earliest), at: Instant::now() }))
    }

    /// The present, never earlier than the present of a call before.
    ///
    /// Only the distance between two readings counts, so that an emulator that outlives a runtime with a paused clock
    /// keeps going in the next runtime, whose clock may stand earlier.
    pub(crate) fn now(&self) -> Time {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Instant::now();
        reading.time = reading.time.after(at.saturating_duration_since(reading.at));
        reading.at = at;
        reading.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn timestamps_are_read_in_both_forms_and_written_with_milliseconds() {
        let number = Time::from_json(&json!(1532449292.712)).unwrap();
        let text = Time::from_json(&json!("2018-07-24T09:21:32.712000-07:00")).unwrap();
        assert_eq!(number, text);
        assert_eq!(number.epoch_seconds().to_string(), "1532449292.712");
        assert_eq!(number.iso(), "2018-07-24T16:21:32.712Z");
        for nonsense in [json!("yesterday"), json!(-1), json!(true), json!(null)] {
            assert_eq!(Time::from_json(&nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_time_beyond_all_dates_is_written_as_one_that_can_be_read() {
        let beyond = Time::from_json(&json!(1e19)).unwrap();
        assert_eq!(beyond.iso(), "9999-12-30T22:00:00.999Z");
        assert!(Time::from_json(&json!(beyond.iso())).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_follows_tokio() {
        let clock = Clock::start(Time::default());
        let before = clock.now();
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.now().elapsed_since(before), Duration::from_secs(5));
    }

    #[test]
    fn the_clock_goes_on_in_another_runtime() {
        let run = |clock: &Clock| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                let before = clock.now();
                tokio::time::advance(Duration::from_secs(3600)).await;
                assert!(clock.now().elapsed_since(before) >= Duration::from_secs(3600));
            });
        };
        let clock = Clock::start(Time::default());
        run(&clock);
        run(&clock);
    }
}
