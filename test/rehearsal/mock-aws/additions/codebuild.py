"""CodeBuild: projects without a source, changed projects, and builds that do what the rehearsal scripts.

A script is {"status": "FAILED", "polls": 2, "phases": [{"phaseType": "BUILD", "message": "exit status 1"}], "logs": ["line"], "exports": {"NAME": "value"},
"objects": [{"bucket": "b", "key": "k", "body": "text"}]}; every part may be absent. The build is IN_PROGRESS for `polls` calls of BatchGetBuilds and
then ends; `logs` lie in the project's log group from the start, `objects` are written when it succeeds.
"""

import json
import time
from datetime import datetime

from extend import answers, wraps
from faults import FAULTS
from moto.codebuild import responses
from moto.codebuild.models import CodeBuildBackend
from moto.codebuild.responses import CodeBuildResponse
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends


@wraps(responses, "_validate_required_params_source")
def validate_source(original, source):
    """NO_SOURCE has no location."""
    if source.get("type") != "NO_SOURCE":
        original(source)


@answers(CodeBuildResponse)
def update_project(self, parameters):
    """Replaces the given parts of a project."""
    project = self.codebuild_backend.codebuild_projects[parameters["name"]]
    project.project_metadata.update({key: value for key, value in parameters.items() if value is not None})
    return {"project": project.project_metadata}


@wraps(CodeBuildBackend, "delete_project")
def delete_project(original, self, project_name):
    """AWS takes the ARN for the name, and the provider gives it; moto then deletes nothing."""
    return original(self, project_name.split(":project/")[-1])


@wraps(CodeBuildResponse, "start_build")
def start_build(original, self):
    """Starts as moto does; then says of itself what the project and the call say, and writes the first log lines."""
    build = json.loads(original(self))["build"]
    project = self.codebuild_backend.codebuild_projects[build["projectName"]].project_metadata
    stored = find(self.codebuild_backend, build["id"])
    overrides = self._get_param("environmentVariablesOverride") or []
    replaced = {variable["name"] for variable in overrides}
    variables = [one for one in project["environment"].get("environmentVariables") or [] if one["name"] not in replaced] + overrides
    stream = build["id"].split(":")[1]
    group = ((project.get("logsConfig") or {}).get("cloudWatchLogs") or {}).get("groupName") or f"/aws/codebuild/{build['projectName']}"
    stored["source"] = project["source"]
    stored["environment"] = project["environment"] | {"environmentVariables": variables}
    stored["logs"] = {"groupName": group, "streamName": stream, "cloudWatchLogs": {"status": "ENABLED", "groupName": group}}
    stored["polls"] = 0
    write_log(self, group, stream, script_of(stored).get("logs", ["nothing is built here"]))
    return json.dumps({"build": public(stored)})


def write_log(self, group, stream, lines):
    logs = logs_backends[self.current_account][self.region]
    logs.ensure_log_group(group)
    logs.create_log_stream(group, stream)
    logs.put_log_events(group, stream, [{"timestamp": int(time.time() * 1000), "message": line} for line in lines])


@wraps(CodeBuildBackend, "batch_get_builds")
def batch_get_builds(original, self, ids):
    """moto ends every build with success at the first look; here the script decides."""
    return [public(look(self, original, build)) for build in (find(self, build_id) for build_id in ids) if build]


def look(self, original, build):
    if build.get("buildComplete"):
        return build
    script = script_of(build)
    build["polls"] = build.get("polls", 0) + 1
    if build["polls"] <= script.get("polls", 0):
        build["currentPhase"] = "BUILD"
        return build
    original(self, [build["id"]])
    build.update(buildComplete=True, buildStatus=script.get("status", "SUCCEEDED"))
    build["exportedEnvironmentVariables"] = [{"name": name, "value": value} for name, value in script.get("exports", {}).items()]
    for told in script.get("phases", []):
        for phase in build["phases"]:
            if phase["phaseType"] == told["phaseType"]:
                phase["phaseStatus"] = told.get("phaseStatus", build["buildStatus"])
                phase["contexts"] = [{"statusCode": told.get("statusCode", "COMMAND_EXECUTION_ERROR"), "message": told.get("message", "")}]
    if build["buildStatus"] == "SUCCEEDED":
        for item in script.get("objects", []):
            s3_backends[self.account_id]["aws"].put_object(item["bucket"], item["key"], item["body"].encode())
    return build


def script_of(build):
    return FAULTS.match("builds", build["projectName"]) or {}


def find(backend, build_id):
    return next((build for history in backend.build_metadata_history.values() for build in history if build["id"] == build_id), None)


def public(build):
    """A build as the API gives it: moto writes dates as text, where the protocol has seconds since 1970."""
    if isinstance(build, list):
        return [public(one) for one in build]
    if not isinstance(build, dict):
        return build
    told = {key: public(value) for key, value in build.items() if key != "polls"}
    for key in ("startTime", "endTime"):
        if isinstance(told.get(key), str):
            told[key] = datetime.fromisoformat(told[key]).timestamp()
    return told
