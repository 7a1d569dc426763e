"""Requests that are right, to start from."""

from emulator import ACCOUNT_ID, REGION


def arn(name):
    return f"arn:aws:rekognition:{REGION}:{ACCOUNT_ID}:streamprocessor/{name}"


def label_detection(name="front-door", **members):
    return {
        "Name": name,
        "Input": {"KinesisVideoStream": {"Arn": f"arn:aws:kinesisvideo:{REGION}:{ACCOUNT_ID}:stream/{name}/1574421418636"}},
        "Output": {"S3Destination": {"Bucket": "doorbell-results", "KeyPrefix": f"{name}/"}},
        "RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/RekognitionStreams",
        "NotificationChannel": {"SNSTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:AmazonRekognitionDoorbells"},
        "Settings": {"ConnectedHome": {"Labels": ["PERSON", "PACKAGE"]}},
        **members,
    }


def face_search(name="lobby", **members):
    return {
        "Name": name,
        "Input": {"KinesisVideoStream": {"Arn": f"arn:aws:kinesisvideo:{REGION}:{ACCOUNT_ID}:stream/{name}/1590000000000"}},
        "Output": {"KinesisDataStream": {"Arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/AmazonRekognition{name}"}},
        "RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/RekognitionFaces",
        "Settings": {"FaceSearch": {"CollectionId": "staff"}},
        **members,
    }


def full_label_detection(name="front-door"):
    """Every member that a label detection processor can have."""
    request = label_detection(
        name,
        KmsKeyId="alias/doorbells",
        RegionsOfInterest=[BOX, POLYGON],
        DataSharingPreference={"OptIn": True},
        Tags={"site": "north"},
    )
    request["Settings"]["ConnectedHome"]["MinConfidence"] = 80
    return request


def full_face_search(name="lobby"):
    """Every member that a face search processor can have."""
    request = face_search(name, Tags={"site": "north"})
    request["Settings"]["FaceSearch"]["FaceMatchThreshold"] = 92.5
    return request


BOX = {"BoundingBox": {"Left": 0.25, "Top": 0.0, "Width": 0.5, "Height": 0.5}}
POLYGON = {"Polygon": [{"X": 0.0, "Y": 0.5}, {"X": 1.0, "Y": 0.5}, {"X": 0.5, "Y": 1.0}]}

SESSION = {
    "StartSelector": {"KVSStreamStartSelector": {"ProducerTimestamp": 1700000000000}},
    "StopSelector": {"MaxDurationInSeconds": 1},
}
