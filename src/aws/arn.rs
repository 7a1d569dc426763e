//! ARNs, as far as they say whose something is.

/// The parts of an ARN that tell one resource from another. Its partition
/// follows from the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    service: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Arn<'a>> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, service, region, account, resource] = parts[..] else { return None };
        Some(Arn { region, account, service, resource })
    }

    /// The name, if it is a stream processor's.
    pub(super) fn stream_processor(self) -> Option<&'a str> {
        self.resource.strip_prefix("streamprocessor/").filter(|_| self.service == "rekognition")
    }
}
