"""Service Quotas: EC2's running on-demand instances, with values that the rehearsal sets."""

import json

from extend import answers, wraps
from faults import FAULTS
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.responses import ServiceQuotasResponse

NAMES = {
    "L-DB2E81BA": "Running On-Demand G and VT instances",
    "L-3819A6DF": "All G and VT Spot Instance Requests",
    "L-1216C47A": "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
}


def quota(self, code):
    """One quota of EC2, as the API shapes it."""
    arn = f"arn:aws:servicequotas:{self.region}:{self.current_account}:ec2/{code}"
    described = {"ServiceCode": "ec2", "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)", "QuotaArn": arn, "QuotaCode": code}
    value = float(FAULTS.get("quotas").get(code, 32.0))
    return described | {"QuotaName": NAMES.get(code, code), "Value": value, "Unit": "None", "Adjustable": True, "GlobalQuota": False}


def codes():
    return sorted(set(NAMES) | set(FAULTS.get("quotas")))


@wraps(ServiceQuotasResponse, "get_service_quota")
def get_service_quota(original, self):
    """EC2's, where moto has none."""
    try:
        return original(self)
    except NoSuchResource:
        asked = json.loads(self.body)
        if asked.get("ServiceCode") != "ec2" or asked.get("QuotaCode") not in codes():
            raise
        return json.dumps({"Quota": quota(self, asked["QuotaCode"])})


@answers(ServiceQuotasResponse)
def get_aws_default_service_quota(self, parameters):
    """The value of a new account: no GPU at all, and some of everything else."""
    code = parameters["QuotaCode"]
    return {"Quota": quota(self, code) | {"Value": 0.0 if code in NAMES else 20.0}}


@answers(ServiceQuotasResponse)
def list_service_quotas(self, parameters):
    """EC2's quotas that are known here."""
    return {"Quotas": [quota(self, code) for code in codes()] if parameters["ServiceCode"] == "ec2" else []}


@answers(ServiceQuotasResponse)
def list_requested_service_quota_change_history_by_quota(self, parameters):
    """Nobody has asked for more."""
    return {"RequestedQuotas": []}
