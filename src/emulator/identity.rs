//! Who is calling, as GetCallerIdentity answers it and CloudTrail writes it down.
//!
//! The emulator checks no signatures, so a caller is whoever the settings say, by the access key at most.

use serde_json::{Value, json};

use super::random;

/// A caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    arn: String,
    account_id: String,
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
        Identity { arn, account_id: account_id.to_owned() }
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

    /// The member `userIdentity` of a CloudTrail record.
    pub(crate) fn user_identity(&self, access_key_id: Option<&str>) -> Value {
        let mut identity = json!({
            "principalId": self.user_id(),
            "arn": self.arn,
            "accountId": self.account_id,
        });
        if let Some(access_key_id) = access_key_id {
            identity["accessKeyId"] = json!(access_key_id);
        }
        identity["type"] = json!(match self.principal() {
            Principal::Root => "Root",
            Principal::FederatedUser { .. } => "FederatedUser",
            Principal::User { name } => {
                identity["userName"] = json!(name);
                "IAMUser"
            }
            Principal::AssumedRole { role, .. } => {
                identity["sessionContext"] = json!({"sessionIssuer": {
                    "type": "Role",
                    "principalId": self.unique_id("AROA", role),
                    "arn": format!("arn:aws:iam::{}:role/{role}", self.account_id),
                    "accountId": self.account_id,
                    "userName": role,
                }});
                "AssumedRole"
            }
        });
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
        let recorded = identity.user_identity(Some("AKIAEXAMPLE"));
        assert_eq!((&recorded["type"], &recorded["userName"]), (&json!("IAMUser"), &json!("ci")));
        assert_eq!(recorded["accessKeyId"], "AKIAEXAMPLE");
        assert_eq!(recorded["principalId"], identity.caller_identity()["UserId"]);
        let with_path = Identity::new("arn:aws:iam::111122223333:user/cameras/ci", ACCOUNT);
        assert_eq!(with_path.user_identity(None)["userName"], "ci");
    }

    #[test]
    fn roles_root_and_federated_users_are_told_apart() {
        let kind = |arn: &str| Identity::new(arn, ACCOUNT).user_identity(None);
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
