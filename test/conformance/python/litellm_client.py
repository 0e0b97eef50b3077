"""Does what people do with a LiteLLM proxy, against a gateway in its place, and prints what it saw as JSON.

Usage: litellm_client.py BASE_URL MASTER_KEY. The gateway has the models of `src/config/litellm/fixtures/ollama-and-openai.yaml`.
"""

import json
import sys
import time

import openai
import requests
from litellm.proxy.client import Client
from litellm.proxy.client.exceptions import NotFoundError, UnauthorizedError
from litellm.proxy.client.health import HealthManagementClient
from litellm.proxy.client.users import UsersManagementClient

base_url, master_key = sys.argv[1:]
admin = Client(base_url, api_key=master_key)
users = UsersManagementClient(base_url, api_key=master_key)
hello = [{"role": "user", "content": "Hello"}]


def failure(call):
    """How a call fails: class of the error and status, and of the official client code and type too."""
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code, error.type]
    except requests.exceptions.HTTPError as error:
        return [type(error).__name__, error.response.status_code]
    except (NotFoundError, UnauthorizedError) as error:
        return [type(error).__name__]
    return ["nothing"]


def sentence(method, path):
    """What is said of a part of the API that is not served."""
    answer = requests.request(method, base_url + path, headers={"Authorization": f"Bearer {master_key}"}, json={}, timeout=30)
    return [answer.status_code, answer.json()["error"]["message"]]


def keys():
    made = admin.keys.generate(
        models=["llama3.2-3b"],
        aliases={"small": "llama3.2-3b"},
        spend=0,
        duration="1h",
        key_alias="conformance",
        config={},
    )
    key, token = made["key"], made["token"]
    yield "generated", {field: made[field] for field in ["key_alias", "models", "aliases", "spend", "token_id", "user_id"]}
    yield "hash_is_token", token == made["token_id"] and token != key
    yield "alias_twice", failure(lambda: admin.keys.generate(key_alias="conformance"))
    yield "info_by_key", admin.keys.info(key)["info"]["key_alias"]
    yield "info_by_hash", admin.keys.info(token)["info"]["key_name"] == made["key_name"]
    yield "info_of_self", Client(base_url, api_key=key).keys.info(key)["info"]["models"]
    yield "info_of_nobody", failure(lambda: admin.keys.info("0" * 64))
    listed = admin.keys.list(page=1, size=10, key_alias="conformance", return_full_object=True, include_team_keys=True)
    yield "listed", [row["token"] == token for row in listed["keys"]]
    yield "listed_hashes", token in admin.keys.list(size=100)["keys"]
    yield "pages", [listed["total_count"], listed["current_page"], listed["total_pages"]]
    yield "updated", admin.keys.update(key, models=["llama3.2-3b", "gpt-4o-mini"], duration="2h")["models"]
    yield "generated_as_nobody", failure(lambda: Client(base_url, api_key=key).keys.generate())
    yield "spend_before", admin.keys.info(key)["info"]["spend"]
    yield from inference(key)
    yield "spend_after", spend_when_whole(key, 3)
    yield "deleted", admin.keys.delete(keys=[key])["deleted_keys"] in ([key], [token])
    yield "deleted_again", failure(lambda: admin.keys.delete(keys=[key]))
    yield "deleted_key", failure(lambda: Client(base_url, api_key=key).chat.completions("llama3.2-3b", hello))
    other = admin.keys.generate(key_alias="by-alias")
    yield "deleted_by_alias", len(admin.keys.delete(key_aliases=["by-alias"])["deleted_keys"])
    yield "deleted_by_alias_gone", failure(lambda: admin.keys.info(other["token"]))


def spend_when_whole(key, requests_with_a_price):
    """Spend is written once a second."""
    for _ in range(100):
        spend = admin.keys.info(key)["info"]["spend"]
        if spend >= 1.95e-06 * requests_with_a_price:
            break
        time.sleep(0.1)
    return spend


def inference(key):
    """A virtual key with LiteLLM's client, then with the official one as its documentation shows it."""
    mine = Client(base_url, api_key=key)
    answer = mine.chat.completions("gpt-4o-mini", hello, temperature=0.5, max_tokens=20, user="somebody")
    yield "chat", [answer["model"], answer["choices"][0]["message"]["content"], answer["usage"]["total_tokens"]]
    chunks = list(mine.chat.completions_stream("llama3.2-3b", hello))
    yield "chat_stream", "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
    yield "chat_alias", mine.chat.completions("small", hello)["model"]
    yield "my_models", sorted(model["id"] for model in mine.models.list())

    client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0)
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-4o-mini", messages=hello, extra_body={"metadata": {"tags": ["conformance"]}}
    )
    yield "openai_chat", raw.parse().choices[0].message.content
    yield "cost_header", float(raw.headers["x-litellm-response-cost"])
    stream = client.chat.completions.create(
        model="gpt-4o-mini", messages=hello, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    yield "openai_stream", "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    yield "openai_stream_usage", chunks[-1].usage.total_tokens
    yield "openai_embeddings", failure(lambda: client.embeddings.create(model="text-embedding", input="Hello"))
    yield "openai_unknown", failure(lambda: client.chat.completions.create(model="nobody", messages=hello))
    admin.keys.update(key, models=["llama3.2-3b"])
    yield "openai_refused", failure(lambda: client.chat.completions.create(model="gpt-4o-mini", messages=hello))
    wrong = openai.OpenAI(base_url=base_url, api_key="sk-not-a-key-of-this-one", max_retries=0)
    yield "openai_wrong_key", failure(lambda: wrong.chat.completions.create(model="gpt-4o-mini", messages=hello))


def models():
    yield "models", sorted(model["id"] for model in admin.models.list())
    rows = admin.models.info()
    yield "model_info", sorted(row["model_name"] for row in rows)
    yield "model_info_secrets", "sk-openai" in json.dumps(rows)
    row = admin.models.get(model_name="gpt-4o-mini")
    yield "model_by_id", admin.models.get(model_id=row["model_info"]["id"])["model_name"]
    yield "model_prices", [row["model_info"]["input_cost_per_token"], row["model_info"]["output_cost_per_token"]]
    yield "model_groups", sorted(group["model_group"] for group in admin.model_groups.info())


def holders():
    user = users.create_user({"user_id": "ada", "user_email": "ada@example.com", "user_role": "internal_user"})
    yield "user", [user["user_id"], user["key"].startswith("sk-")]
    yield "user_info", users.get_user("ada")["user_info"]["user_email"]
    yield "users", [row["user_id"] for row in users.list_users()]
    team = admin.http.request("POST", "/team/new", json={"team_alias": "research", "max_budget": 5})
    yield "teams", [row["team_alias"] for row in admin.teams.list()]
    yield "teams_v2", [row["team_alias"] for row in admin.teams.list_v2(team_alias="research")["teams"]]
    member = {"team_id": team["team_id"], "member": {"role": "user", "user_id": "ada"}}
    admin.http.request("POST", "/team/member_add", json=member)
    yield "teams_of_user", [row["team_alias"] for row in admin.teams.list(user_id="ada")]
    yield "team_key", admin.keys.generate(team_id=team["team_id"], user_id="ada")["team_id"] == team["team_id"]
    yield "user_deleted", users.delete_user(["ada"])
    yield "user_gone", failure(lambda: users.get_user("ada"))


def seen():
    yield "ready", HealthManagementClient(base_url).get_readiness()["status"]
    yield "version", HealthManagementClient(base_url).get_server_version()
    yield "no_key", failure(lambda: Client(base_url, api_key="sk-wrong-0123456789").keys.list())
    yield from models()
    yield from keys()
    yield from holders()
    yield "credentials", sentence("GET", "/credentials")


print(json.dumps(dict(seen())))
