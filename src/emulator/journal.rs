//! The journal: every call that reached an operation, and what became of it.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::clock::Time;
use super::error::ServiceError;
use super::faults::Fault;
use super::operation::Operation;
use super::validate::Object;

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// When it arrived.
    pub time: Time,
    /// What it asked for.
    pub operation: Operation,
    /// The request as it was sent.
    pub request: Object,
    /// The id that its answer has.
    pub request_id: String,
    /// Who signed it and with what program it was sent, as far as the request says.
    #[serde(flatten)]
    pub caller: Caller,
    /// The processor that the request names.
    pub processor: Option<String>,
    /// The service's answer: nothing for a success, and the error otherwise. With some faults it never arrives.
    #[serde(skip)]
    pub outcome: Result<(), ServiceError>,
    /// What went wrong on purpose.
    #[serde(skip)]
    pub fault: Option<Fault>,
    /// Whether the call changed something in the service.
    pub took_effect: bool,
}

/// What a request says about its sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Caller {
    /// The access key that signed it.
    pub access_key_id: Option<String>,
    /// The region that it was signed for.
    pub region: Option<String>,
    /// The program that sent it, in its own words.
    pub user_agent: Option<String>,
}

impl Call {
    /// The call as a line of the journal file.
    pub fn to_json(&self) -> Value {
        let mut line = json!(self);
        line["time"] = json!(self.time.iso());
        line["outcome"] = json!(self.outcome.as_ref().map_or_else(|error| &*error.code, |()| "ok"));
        line["message"] = json!(self.outcome.as_ref().err().map(|error| &error.message));
        line["fault"] = json!(self.fault.as_ref().map(Fault::to_string));
        line
    }
}

/// The latest calls, if anybody in this process asks for them, and the file that gets a line for each.
pub(crate) struct Journal {
    calls: VecDeque<Call>,
    capacity: usize,
    file: Option<(File, Lost)>,
}

/// Is told why the file cannot be written any more.
pub(crate) type Lost = Box<dyn FnOnce(io::Error) + Send>;

impl Journal {
    pub(crate) fn new(capacity: usize) -> Journal {
        Journal { calls: VecDeque::new(), capacity, file: None }
    }

    /// Also writes the calls that follow to this file.
    pub(crate) fn write_to(&mut self, file: File, lost: Lost) {
        self.file = Some((file, lost));
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(crate) fn record(&mut self, call: Call) {
        if let Some((mut file, lost)) = self.file.take() {
            // One write for a whole line, so that lines stay whole. A journal that cannot be written (a full disk)
            // must not bring down the service it only watches: it ends there.
            match file.write_all(format!("{}\n", call.to_json()).as_bytes()) {
                Ok(()) => self.file = Some((file, lost)),
                Err(error) => lost(error),
            }
        }
        if self.capacity > 0 {
            if self.calls.len() == self.capacity {
                self.calls.pop_front();
            }
            self.calls.push_back(call);
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Journal { calls, capacity, file } = self;
        let mut shown = f.debug_struct("Journal");
        shown.field("calls", calls).field("capacity", capacity);
        shown.field("file", &file.as_ref().map(|(file, _)| file)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek};

    fn call(operation: Operation) -> Call {
        Call {
            time: Time::default(),
            operation,
            request: Object::from_iter([("Name".to_owned(), json!("a"))]),
            request_id: "1".to_owned(),
            caller: Caller::default(),
            processor: Some("a".to_owned()),
            outcome: Err(ServiceError::in_use("Specified resource is in use.")),
            fault: Some(Fault::ResetAfter),
            took_effect: false,
        }
    }

    #[test]
    fn the_latest_calls_are_kept_and_all_are_written() {
        let mut file = tempfile::tempfile().unwrap();
        let mut journal = Journal::new(2);
        journal.write_to(file.try_clone().unwrap(), Box::new(|error| panic!("{error}")));
        for operation in [
            Operation::DescribeStreamProcessor,
            Operation::TagResource,
            Operation::DeleteStreamProcessor,
        ] {
            journal.record(call(operation));
        }
        let kept: Vec<Operation> = journal.calls().map(|call| call.operation).collect();
        assert_eq!(kept, [Operation::TagResource, Operation::DeleteStreamProcessor]);
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2]["operation"], "DeleteStreamProcessor");
        assert_eq!(lines[2]["outcome"], "ResourceInUseException");
        assert_eq!(lines[2]["fault"], "reset-after");
        assert_eq!(lines[2]["request"], json!({"Name": "a"}));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_journal_that_cannot_be_written_is_told_once() {
        let full = File::options().append(true).open("/dev/full").unwrap();
        let (told, heard) = std::sync::mpsc::channel();
        let mut journal = Journal::new(0);
        journal.write_to(full, Box::new(move |error| told.send(error.kind()).unwrap()));
        journal.record(call(Operation::TagResource));
        journal.record(call(Operation::TagResource));
        assert_eq!(heard.iter().collect::<Vec<_>>(), [io::ErrorKind::StorageFull]);
        assert_eq!(journal.calls().count(), 0);
    }
}
