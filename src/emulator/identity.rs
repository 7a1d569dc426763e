//! Who is calling, as GetCallerIdentity answers it and CloudTrail writes it down.
//!
//! The emulator checks no signatures, so a caller is whoever the settings say, by the access key at most.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::options::Options;
use super::random;
use super::validate::Object;

/// A caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    arn: String,
    account_id: String,
    /// The member `userIdentity` of a CloudTrail record, but for the access key: it is in every one.
    user_identity: Object,
}

/// The identities that the settings name.
#[derive(Debug)]
pub(crate) struct Identities {
    everybody: Arc<Identity>,
    /// By access key.
    some: BTreeMap<String, Arc<Identity>>,
}

impl Identities {
    pub(crate) fn new(options: &Options, account_id: &str) -> Identities {
        let identity = |identity: &String| Arc::new(Identity::new(identity, account_id));
        let some = options.identities.iter();
        Identities {
            everybody: identity(&options.identity),
            some: some.map(|(key, somebody)| (key.clone(), identity(somebody))).collect(),
        }
    }

    /// Whoever calls with this access key.
    pub(crate) fn of(&self, access_key_id: Option<&str>) -> Arc<Identity> {
        access_key_id.and_then(|key| self.some.get(key)).unwrap_or(&self.everybody).clone()
    }
}

/// What an ARN is of.
enum Principal<'a> {
    Root,
    User { name: &'a str },
    AssumedRole { role: &'a str, session: &'a str },
    FederatedUser { name: &'a str },
}

impl Identity {
    /// The identity that an ARN describes; any other text is the name of a user of the account.
    pub(crate) fn new(identity: &str, account_id: &str) -> Identity {
        let arn = if identity.starts_with("arn:") {
            identity.to_owned()
        } else {
            format!("arn:aws:iam::{account_id}:user/{identity}")
        };
        let mut identity =
            Identity { arn, account_id: account_id.to_owned(), user_identity: Object::new() };
        identity.user_identity = identity.recorded();
        identity
    }

    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    pub(crate) fn account_id(&self) -> &str {
        &self.account_id
    }

    fn principal(&self) -> Principal<'_> {
        let resource = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        match resource.split('/').collect::<Vec<_>>()[..] {
            ["root"] => Principal::Root,
            ["assumed-role", role, session] => Principal::AssumedRole { role, session },
            ["federated-user", name] => Principal::FederatedUser { name },
            // A user may have a path before the name.
            [.., name] => Principal::User { name },
            [] => Principal::User { name: "" },
        }
    }

    /// The answer of GetCallerIdentity.
    pub(crate) fn caller_identity(&self) -> Value {
        json!({"Account": self.account_id, "Arn": self.arn, "UserId": self.user_id()})
    }

    /// The member `userIdentity` of a CloudTrail record, but for the access key.
    pub(crate) fn user_identity(&self) -> &Object {
        &self.user_identity
    }

    fn recorded(&self) -> Object {
        let mut identity = Object::new();
        let mut tell = |member: &str, value: Value| identity.insert(member.to_owned(), value);
        tell("principalId", json!(self.user_id()));
        tell("arn", json!(self.arn));
        tell("accountId", json!(self.account_id));
        let kind = match self.principal() {
            Principal::Root => "Root",
            Principal::FederatedUser { .. } => "FederatedUser",
            Principal::User { name } => {
                tell("userName", json!(name));
                "IAMUser"
            }
            Principal::AssumedRole { role, .. } => {
                let issuer = json!({
                    "type": "Role",
                    "principalId": self.unique_id("AROA", role),
                    "arn": format!("arn:aws:iam::{}:role/{role}", self.account_id),
                    "accountId": self.account_id,
                    "userName": role,
                });
                tell("sessionContext", json!({ "sessionIssuer": issuer }));
                "AssumedRole"
            }
        };
        tell("type", json!(kind));
        identity
    }

    fn user_id(&self) -> String {
        match self.principal() {
            Principal::Root => self.account_id.clone(),
            Principal::User { .. } => self.unique_id("AIDA", &self.arn),
            Principal::AssumedRole { role, session } => {
                format!("{}:{session}", self.unique_id("AROA", role))
            }
            Principal::FederatedUser { name } => format!("{}:{name}", self.account_id),
        }
    }

    /// An identifier of the form that AWS gives to a principal that exists.
    fn unique_id(&self, prefix: &str, principal: &str) -> String {
        let bits = random::mix(&[random::hash(&self.account_id), random::hash(principal)]);
        format!("{prefix}{bits:016X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";

    #[test]
    fn a_name_is_a_user_of_the_account() {
        let identity = Identity::new("ci", ACCOUNT);
        assert_eq!(identity.arn(), "arn:aws:iam::111122223333:user/ci");
        let recorded = identity.user_identity();
        assert_eq!((&recorded["type"], &recorded["userName"]), (&json!("IAMUser"), &json!("ci")));
        assert_eq!(recorded["principalId"], identity.caller_identity()["UserId"]);
        let with_path = Identity::new("arn:aws:iam::111122223333:user/cameras/ci", ACCOUNT);
        assert_eq!(with_path.user_identity()["userName"], "ci");
    }

    #[test]
    fn roles_root_and_federated_users_are_told_apart() {
        let kind = |arn: &str| Identity::new(arn, ACCOUNT).user_identity().clone();
        let role = kind("arn:aws:sts::111122223333:assumed-role/Admin/jorge");
        assert_eq!(role["type"], "AssumedRole");
        assert!(role["principalId"].as_str().unwrap().ends_with(":jorge"));
        let issuer = &role["sessionContext"]["sessionIssuer"];
        assert_eq!(issuer["arn"], "arn:aws:iam::111122223333:role/Admin");
        assert_eq!(role.get("userName"), None);
        assert_eq!(kind("arn:aws:iam::111122223333:root")["type"], "Root");
        let federated = kind("arn:aws:sts::111122223333:federated-user/jorge");
        assert_eq!(federated["principalId"], "111122223333:jorge");
    }
}
