"""Budgets: tags, and who is told."""

from extend import answers, wraps
from moto.budgets.responses import BudgetsResponse


@wraps(BudgetsResponse, "create_budget")
def create_budget(original, self):
    """Keeps the tags that a budget is made with, which moto drops."""
    answer = original(self)
    arn = f"arn:aws:budgets::{self._get_param('AccountId')}:budget/{self._get_param('Budget')['BudgetName']}"
    tags_of(self)[arn] = self._get_param("ResourceTags") or []
    return answer


@answers(BudgetsResponse)
def list_tags_for_resource(self, parameters):
    """The tags of a budget, which are kept on the backend by ARN."""
    return {"ResourceTags": tags_of(self).get(parameters["ResourceARN"], [])}


@answers(BudgetsResponse)
def tag_resource(self, parameters):
    """Adds tags and overwrites those of the same key."""
    new = {tag["Key"]: tag for tag in parameters["ResourceTags"]}
    old = [tag for tag in tags_of(self).get(parameters["ResourceARN"], []) if tag["Key"] not in new]
    tags_of(self)[parameters["ResourceARN"]] = old + list(new.values())


@answers(BudgetsResponse)
def untag_resource(self, parameters):
    """Takes tags away by key."""
    arn = parameters["ResourceARN"]
    tags_of(self)[arn] = [tag for tag in tags_of(self).get(arn, []) if tag["Key"] not in parameters["ResourceTagKeys"]]


@answers(BudgetsResponse)
def describe_subscribers_for_notification(self, parameters):
    """Who is told when this threshold is passed."""
    asked = parameters["Notification"]
    for notification in self.backend.budgets[parameters["AccountId"]][parameters["BudgetName"]].notifications:
        details = notification.details
        if details["NotificationType"] == asked["NotificationType"] and float(details["Threshold"]) == float(asked["Threshold"]):
            return {"Subscribers": notification.subscribers}
    return {"Subscribers": []}


def tags_of(self):
    if not hasattr(self.backend, "resource_tags"):
        self.backend.resource_tags = {}
    return self.backend.resource_tags
